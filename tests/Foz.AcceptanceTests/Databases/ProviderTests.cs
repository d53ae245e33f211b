using Foz.AcceptanceTests.PostgreSql;
using Foz.Connectors.Databases;
using Foz.Connectors.Databases.Providers;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Databases;

/// <summary>A database that is read by a provider from the project's folder, in a load context of its own.</summary>
public sealed class ProviderTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Every_type_arrives_as_the_database_has_it()
    {
        var database = await OpenAsync("{t: }");
        await database.ExecuteAsync("""
            CREATE TABLE t (id int PRIMARY KEY, b boolean, s smallint, l bigint, r real, d double precision, n numeric(12,2),
                w numeric(38,10), u numeric, day date, at timestamp, tz timestamptz, bin bytea, txt text, g uuid, tm time);
            INSERT INTO t VALUES
                (1, true, -5, 9223372036854775807, 1.5, 0.1, -10.50, 1234567890123456789012345678.0123456789, 1.10, '2024-02-29',
                 '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05+02', '\x00ff', E'é\'n', '01234567-89ab-cdef-0123-456789abcdef', '23:59:59.5'),
                (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
            """);
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "1|True|-5|9223372036854775807|1.5|0.1|-10.50|1234567890123456789012345678.0123456789|1.10|2024-02-29|2024-01-02 03:04:05.678901|2024-01-02 01:04:05|2|é'n|01234567-89ab-cdef-0123-456789abcdef|23:59:59.5", "2|||||||||||||||",
            ],
            (await lake.QueryAsync("""
                SELECT id, b, s, l, r, d, n::varchar, w::varchar, u, day::varchar, "at"::varchar, (tz AT TIME ZONE 'UTC')::varchar, octet_length(bin), txt, g, tm
                FROM bronze.t ORDER BY id
                """)).Select(row => row.TrimEnd()));
    }

    [Fact]
    public async Task A_snapshot_of_ranges_holds_every_row_once()
    {
        var database = await OpenAsync(
            "{t: {keys: [id]}, q: {query: 'SELECT id % 7 AS k, count(*) AS n FROM t GROUP BY 1'}}");
        await database.ExecuteAsync(
            "CREATE TABLE t (id bigint, v text); INSERT INTO t SELECT i * 3 - 5000, repeat('x', (i % 50)::int) FROM "
                + "generate_series(1, 20000) i; INSERT INTO t VALUES (NULL, 'none')");
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(
            ["20001|20001|1"],
            await lake.QueryAsync(
                "SELECT count(*), count(DISTINCT coalesce(id, -9)), count(*) FILTER (id IS NULL) FROM bronze.t"));
        Assert.Equal(["20001"], await lake.QueryAsync("SELECT sum(n)::bigint FROM bronze.q"));
    }

    [Theory]
    [InlineData("int", "3", "7")]
    [InlineData("timestamptz", "'2024-01-02 03:04:05.678901+00'", "'2024-01-02 03:04:05.678902+00'")]
    [InlineData("timestamp", "'2024-01-02 03:04:05.678901'", "'2024-01-02 03:04:05.678902'")]
    [InlineData("numeric(20,4)", "1.0001", "1.0002")]
    [InlineData("text", "'a'", "'b'")]
    public async Task Incremental_streams_go_on_behind_the_last_cursor(string type, string first, string next)
    {
        var database = await OpenAsync("{t: {mode: incremental, cursor: c}}");
        await database.ExecuteAsync($"CREATE TABLE t (id int, c {type}); INSERT INTO t VALUES (1, {first}), (2, NULL)");
        await database.GrantAsync();
        await lake.RunWellAsync();
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync($"INSERT INTO t VALUES (3, {next})");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await lake.QueryAsync("SELECT id FROM bronze.t ORDER BY id"));
    }

    [Fact]
    public async Task Rows_that_come_later_with_the_last_cursor_arrive_once()
    {
        var database = await OpenAsync("{t: {mode: incremental, cursor: c}}");
        await Arrivals.CheckAsync(lake, database);
    }

    [Fact]
    public async Task Another_cursor_or_table_begins_again_with_a_warning()
    {
        var database = await OpenAsync("{t: }");
        await Arrivals.CheckOtherCursorsAsync(
            lake, database, stream => lake.Write("sources/db.yml", $"connection: db\nstreams: {{t: {stream}}}\n"));
    }

    [Fact]
    public async Task What_the_database_refuses_is_told_without_the_password()
    {
        var database = await OpenAsync("{t: {cursor: c, mode: incremental}, gone: }");
        await database.ExecuteAsync("CREATE TABLE t (id int)");
        await database.GrantAsync();
        var errors = (await lake.RunAsync()).Steps.Select(s => s.Error!.Describe()).Order(StringComparer.Ordinal)
            .ToList();
        Assert.Contains(
            "Npgsql: reading the columns of stream 'gone': 42P01: relation \"gone\" does not exist", errors[0],
            StringComparison.Ordinal);
        Assert.Contains(
            "stream 't': cursor names the column 'c', which does not exist", errors[1], StringComparison.Ordinal);
        Assert.All(errors, e => Assert.DoesNotContain(PostgreSqlServer.Password, e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tables_are_discovered_with_their_keys_by_an_assembly_that_is_not_ours()
    {
        var database = await OpenAsync("all");
        await database.ExecuteAsync(
            "CREATE SCHEMA s; CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE s.\"Two Words\" (k int)");
        await database.GrantAsync();
        await database.GrantAsync("s");
        await lake.RunWellAsync();
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.t"));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.s_Two_Words"));
        var factory = ProviderFolder.Load(Path.Combine(lake.Folder, "providers"), "Npgsql", null, null);
        Assert.NotSame(Npgsql.NpgsqlFactory.Instance.GetType(), factory.GetType());
        Assert.StartsWith(lake.Folder, factory.GetType().Assembly.Location, StringComparison.Ordinal);
    }

    /// <summary>A database, a provider that was added from the packages of this build, and a source of both.</summary>
    async Task<PostgreSqlDatabase> OpenAsync(string streams)
    {
        var database = await server.CreateDatabaseAsync();
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        await new ProviderPackages(Path.Combine(lake.Folder, "providers")).AddAsync(
            "Npgsql", null, packages, TimeProvider.System, Cancel);
        lake.Write("foz.yml", $"""
            name: t
            connections:
              db:
                type: database
                provider: Npgsql
                connection_string: Host=localhost;Port={server.Port};Database={database.Name};Username=foz;Password=$PASSWORD_
            """.Replace("$PASSWORD_", "${DB_PASSWORD}", StringComparison.Ordinal));
        lake.Write(".env", $"DB_PASSWORD={PostgreSqlServer.Password}\n");
        lake.Write("sources/db.yml", $"connection: db\nstreams: {streams}\n");
        return database;
    }
}
