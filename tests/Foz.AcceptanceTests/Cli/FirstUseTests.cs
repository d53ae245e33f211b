using System.Diagnostics;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>From nothing to a first table of one's own database, as a user at a terminal gets there.</summary>
public sealed class FirstUseTests(PostgreSqlServer server) : IDisposable
{
    static readonly TimeSpan Goal = TimeSpan.FromMinutes(2);
    readonly string folder = Directory.CreateTempSubdirectory("foz-first-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Three_commands_lead_to_a_gold_table_of_chinook()
    {
        var database = await CreateChinookAsync();
        var started = Stopwatch.GetTimestamp();
        await using var terminal = await PseudoTerminal.StartAsync(
            folder,
            """
            foz init shop
            cd shop
            foz query "select * from gold.invoice_by_month order by month limit 2"
            """);
        await terminal.TypeAsync("Number, 1 to 6 [1]: ", "1\n");
        await terminal.TypeAsync("/shop): ", $"postgres://foz@localhost:{server.Port}/{database.Name}\n");
        await terminal.TypeAsync("(empty for none): ", $"{PostgreSqlServer.Password}\n");
        await terminal.TypeAsync("[all]: ", "\n");
        await terminal.TypeAsync("(y/n) [y]: ", "\n");
        var picture = await terminal.EndAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Goal);
        // Steps that run at one time end in any order.
        var steps = picture.Split('\n').Where(line => line.StartsWith('✓')).ToList();
        Assert.Equal(23, steps.Count);
        Expect.File("first_use.txt", StillText.Of(string.Join('\n', picture.Split('\n').Except(steps)))
            .Replace($"{server.Port}", "PORT", StringComparison.Ordinal)
            .Replace(database.Name, "chinook", StringComparison.Ordinal));
        Assert.DoesNotContain("p@ss", terminal.Written, StringComparison.Ordinal);
        var project = Path.Combine(folder, "work", "shop");
        Assert.Equal(
            [Path.Combine(project, ".env")],
            Directory.EnumerateFiles(project, "*", new EnumerationOptions
            {
                RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None,
            }).Where(file => File.ReadAllText(file).Contains("p@ss", StringComparison.Ordinal)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(project, ".env")));
    }

    [Fact]
    public async Task The_demo_fills_an_empty_database_and_no_other()
    {
        var database = await server.CreateDatabaseAsync();
        var address = $"host={server.SocketFolder} port={server.Port} user=postgres dbname={database.Name}";

        (await FozProcess.RunAsync(folder, "demo", "--postgres", address)).Expect(0);
        Assert.Equal(
            "2000|200|20000|50000",
            await database.ScalarAsync(
                """
                select concat_ws('|', (select count(*) from customers), (select count(*) from products),
                    (select count(*) from orders), (select count(*) from order_items))
                """));

        var again = (await FozProcess.RunAsync(folder, "demo", "--postgres", address)).Expect(2);
        Assert.Contains("has 4 tables and views; nothing was written", again.Errors, StringComparison.Ordinal);
    }

    async Task<PostgreSqlDatabase> CreateChinookAsync()
    {
        var script = await File.ReadAllLinesAsync(
            Path.Combine(Repository.SharedFolder("real"), "Chinook_PostgreSql.sql"),
            TestContext.Current.CancellationToken);
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(string.Join('\n', script.Where(line =>
            !line.StartsWith("DROP DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("CREATE DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("\\c ", StringComparison.Ordinal))));
        await database.GrantAsync();
        // Autovacuum may do so at any moment, and then the list of tables shows their rows.
        await database.ExecuteAsync("ANALYZE");
        return database;
    }
}
