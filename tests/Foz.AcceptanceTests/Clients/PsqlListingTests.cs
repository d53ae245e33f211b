using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>psql's commands that list objects, against PostgreSQL and Foz.</summary>
public sealed class PsqlListingTests(ServedProject project, PostgreSqlServer server)
{
    const string Mark = "@@@";

    /// <summary>
    /// Gets commands whose rows naturally differ: owners, sizes, objects that only PostgreSQL has. Titles and columns
    /// do not.
    /// </summary>
    static List<string> Commands { get; } =
    [
        @"\d", @"\d+", @"\dt", @"\dt+", @"\dt silver.*", @"\dt+ silver.*", @"\dv", @"\dv+ silver.*", @"\dm", @"\di",
        @"\di+", @"\ds", @"\dE", @"\dn", @"\dn+",
        @"\du", @"\du+", @"\dg", @"\df", @"\df silver.*", @"\dfn+ silver.*", @"\da silver.*", @"\dT silver.*", @"\dD",
        @"\db", @"\db+", @"\dc silver.*", @"\dC text", @"\dd silver.*",
        @"\ddp", @"\dF", @"\dFd", @"\dFp", @"\dFt", @"\dL", @"\do silver.*", @"\dO silver.*", @"\dp silver.*", @"\dP",
        // Of the roles of other tests there may be settings.
        @"\drds postgres", @"\dRp", @"\dRs", @"\dx", @"\dX", @"\dy", @"\dA", @"\dAc", @"\des", @"\det", @"\deu",
        @"\dew",
        @"\l", @"\l+", @"\z silver.*", @"\dconfig search_path", @"\d silver.listed", @"\d+ silver.listed",
        @"\d silver.listed_view", @"\d+ silver.listed_view", @"\sv silver.listed_view",
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_command_lists_under_the_headings_of_PostgreSQL()
    {
        await project.StartAsync();
        const string things =
            "create table silver.listed (id bigint not null, name text, amount numeric(10,2)); create view "
                + "silver.listed_view as select id, name from silver.listed;";
        await project.ShellAsync($"psql -c \"{things}\"");
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("create schema silver; " + things);
        var script = Path.Combine(project.Folder, "listings.sql");
        await File.WriteAllTextAsync(
            script, string.Concat(Commands.Select(command => $"\\echo {Mark}\n{command}\n")), Cancel);

        var expected = await RunAsync(
            script, $"PGHOST={server.SocketFolder} PGPORT={server.Port} PGUSER=postgres PGDATABASE={database.Name}");
        var actual = await RunAsync(script, "");

        var wrong = Commands.Index()
            .Where(c =>
                Headings(expected[c.Index]) != Headings(actual[c.Index])
                    || actual[c.Index].Contains("ERROR", StringComparison.Ordinal))
            .Select(c => $"{c.Item}\n-- PostgreSQL\n{expected[c.Index]}\n-- Foz\n{actual[c.Index]}").ToList();
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    /// <summary>What psql shows for each command, errors included.</summary>
    async Task<string[]> RunAsync(string script, string server)
    {
        var parts = (await project.ShellAsync($"{server} psql -X -f {script}")).Split(Mark + "\n");
        Assert.Equal("", parts[0]);
        Assert.Equal(Commands.Count, parts.Length - 1);
        return parts[1..];
    }

    /// <summary>
    /// The title and the names of the columns, however wide they are; nothing where nothing is listed.
    /// </summary>
    static string Headings(string output)
    {
        var lines = output.Split('\n');
        var rule = Array.FindIndex(
            lines,
            line => line.StartsWith("--", StringComparison.Ordinal) || line.StartsWith("-+", StringComparison.Ordinal));
        return rule < 1
            ? ""
            : string.Join(
                '|',
                string.Concat(lines[..rule].Select(line => line + "|")).Split('|', StringSplitOptions.TrimEntries));
    }
}
