using System.Text.Json;
using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary><c>foz stream compare</c> against a real PostgreSQL.</summary>
public sealed class StreamCompareTests(PostgreSqlServer server, LoggedMariaDbServer mariaDb)
{
    const string Silver = "silver: current\n";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Planted_differences_are_found_and_nothing_else()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text, n numeric(10,2), f float8, b bytea, t timestamptz, c char(4), o boolean, x int);
            INSERT INTO a SELECT i, 'v' || i, i / 4.0, i / 2.0, ('\x' || lpad(to_hex(i), 8, '0'))::bytea,
                TIMESTAMPTZ '2026-01-01 10:00:00.5+02' + i * interval '1 s', 'x', i % 2 = 0
            FROM generate_series(1, 20000) i
            """,
            "a");
        WithSilver(logged);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "UPDATE a SET v = 'w' WHERE id % 100 = 0; DELETE FROM a WHERE id = 5; UPDATE a SET id = 100001 WHERE id = 7");
        // A run reads what is new first.
        var same = (await CompareAsync(logged, "a")).Expect(0).Output;
        Assert.StartsWith("silver.a: 19,999 rows, no difference, at postgresql:", same, StringComparison.Ordinal);
        Assert.EndsWith("0 rows read one by one\n", same, StringComparison.Ordinal);
        Assert.Contains(
            "bronze.a: 19,999 rows, no difference", (await CompareAsync(logged, "bronze.a")).Expect(0).Output,
            StringComparison.Ordinal);

        await ChangeAsync(logged, "UPDATE silver.a SET v = 'planted', n = NULL WHERE id = 300");
        await ChangeAsync(logged, "DELETE FROM silver.a WHERE id = 8");
        await ChangeAsync(logged, "INSERT INTO silver.a (id, v) VALUES (5, 'back')");
        await ChangeAsync(logged, "INSERT INTO silver.a SELECT * FROM silver.a WHERE id = 9");
        var found = await CompareAsync(logged, "shop.a", "-o", "json");
        Assert.Equal(1, found.ExitCode);
        Assert.Equal(
            [
                "5|missing in source|||", "8|missing in lake|||", "9|missing in source|||", "300|changed|v|w|planted",
                "300|changed|n|75.00|",
            ],
            Rows(found.Output));
        Assert.Contains(
            "silver.a: 1 changed, 1 missing in the lake, 2 missing in the source, of 19,999 rows", found.Errors,
            StringComparison.Ordinal);
        var few = await CompareAsync(logged, "silver.a", "--limit", "1", "-o", "json");
        Assert.Equal(["5|missing in source|||"], Rows(few.Output));
        // Bronze has what the source sent.
        (await CompareAsync(logged, "bronze.a")).Expect(0);
    }

    [Fact]
    public async Task Rows_that_are_written_all_the_time_have_no_false_difference()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text, w text); INSERT INTO a SELECT i, 'v', repeat(md5(i::text), 200) "
                + "FROM generate_series(1, 500) i; ALTER TABLE a ALTER w SET STORAGE EXTERNAL",
            "a");
        WithSilver(logged);
        using var host = logged.Serve();
        await logged.WaitAsync(host, "SELECT count(*) FROM silver.a", "500");
        using var ending = new CancellationTokenSource();
        var writing = Task.WhenAll(Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            while (!ending.IsCancellationRequested)
            {
                var (id, other) = (random.Next(1, 500), random.Next(500, 1000) + 1000 * writer);
                await logged.Database.ExecuteAsync(random.Next(5) switch
                {
                    0 => $"UPDATE a SET w = repeat(md5(random()::text), 200) WHERE id = {id}",
                    1 => $"INSERT INTO a VALUES ({other}, 'new', 'x') ON CONFLICT DO NOTHING",
                    2 => $"DELETE FROM a WHERE id = {other}",
                    3 => $"UPDATE a SET id = {other} WHERE id = {id} AND NOT EXISTS (SELECT FROM a WHERE id = {other})",
                    _ => $"UPDATE a SET v = v || 'x' WHERE id = {id}; UPDATE a SET v = left(v, 5) WHERE id = {id}",
                });
            }
        }, Cancel)));
        for (var round = 0; round < 6; round++)
            (await CompareAsync(logged, round % 2 == 0 ? "silver.a" : "bronze.a")).Expect(0);
        await ending.CancelAsync();
        await writing;
        await ChangeAsync(logged, "UPDATE silver.a SET v = 'planted' WHERE id = (SELECT min(id) FROM silver.a)");
        Assert.Single(Rows((await CompareAsync(logged, "silver.a", "-o", "json")).Output));
    }

    [Fact]
    public async Task A_host_on_an_idle_source_keeps_no_comparison_waiting()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE other (id int)", "a");
        WithSilver(logged);
        using var host = logged.Serve();
        await logged.WaitAsync(host, "SELECT count(*) FROM silver.a", "1");
        for (var round = 0; round < 3; round++)
        {
            // The log grows although no table of a stream changes.
            await logged.Database.ExecuteAsync("INSERT INTO other VALUES (1)");
            var startedAt = TimeProvider.System.GetTimestamp();
            var compared = (await CompareAsync(logged, round == 1 ? "bronze.a" : "a", "-o", "json")).Expect(0);
            Assert.Equal("[]", compared.Output.Trim());
            Assert.InRange(TimeProvider.System.GetElapsedTime(startedAt), TimeSpan.Zero, TimeSpan.FromSeconds(12));
        }
        host.Kill();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_table_is_compared_while_another_one_of_its_source_stands_still(bool hasHost)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a VALUES (1)",
            "a", "b");
        logged.Lake.Write(
            "sources/shop.yml", $"connection: shop\n{Silver}streams:\n  a: {{mode: cdc}}\n  b: {{mode: cdc, drift: fail}}\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("ALTER TABLE b ADD v text; INSERT INTO b VALUES (1, 'x'); INSERT INTO a VALUES (2)");
        using var host = hasHost ? logged.Serve() : null;
        if (host is not null) await logged.WaitAsync(host, "SELECT count(*) FROM silver.a", "2");
        var same = (await CompareAsync(logged, "a")).Expect(0).Output;
        Assert.StartsWith("silver.a: 2 rows, no difference", same, StringComparison.Ordinal);
        Assert.StartsWith("bronze.a: 2 rows, no difference", (await CompareAsync(logged, "bronze.a")).Expect(0).Output, StringComparison.Ordinal);
        foreach (var table in new[] { "b", "bronze.b" })
            Assert.Contains("bronze.b stands still", (await CompareAsync(logged, table)).Errors, StringComparison.Ordinal);
        host?.Kill();
    }

    [Fact]
    public async Task A_key_that_no_column_can_hold_is_named_by_the_text_of_the_source()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (t timestamp, d date, v text, PRIMARY KEY (t, d));
            INSERT INTO a VALUES ('infinity', '2024-01-01', 'x'), ('-infinity', '2024-01-01', 'y'),
                ('2024-01-01', '0044-03-15 BC', 'z'), ('2024-01-01', '2024-01-01', 'held')
            """,
            "a");
        WithSilver(logged);
        await logged.Lake.RunAsync();
        var found = await CompareAsync(logged, "a", "-o", "json");
        Assert.Equal(1, found.ExitCode);
        Assert.Equal(
            [
                "-infinity, 2024-01-01|missing in lake|||", "2024-01-01 00:00:00, 0044-03-15 BC|missing in lake|||",
                "infinity, 2024-01-01|missing in lake|||",
            ],
            Rows(found.Output).Order(StringComparer.Ordinal));
        Assert.Contains("3 missing in the lake, 0 missing in the source, of 4 rows", found.Errors, StringComparison.Ordinal);
        var bronze = await CompareAsync(logged, "bronze.a", "-o", "json");
        Assert.Contains(
            "no column can hold the keys of rows such as (-infinity, 2024-01-01), (2024-01-01 00:00:00, 0044-03-15 BC), "
                + "(infinity, 2024-01-01)",
            bronze.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_before_a_new_copy_by_another_key_do_not_count()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int, d int, v text, PRIMARY KEY (id, d)); INSERT INTO a VALUES (1, 1, 'x'), (2, 2, 'y')", "a");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "DROP TABLE a; CREATE TABLE a (k text PRIMARY KEY, v text); INSERT INTO a VALUES ('a', 'one'); ALTER TABLE a OWNER TO foz");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES ('b', 'two'), ('c', 'three'); UPDATE a SET v = 'uno' WHERE k = 'a'");
        Assert.StartsWith(
            "bronze.a: 3 rows, no difference", (await CompareAsync(logged, "bronze.a")).Expect(0).Output, StringComparison.Ordinal);
        await logged.Database.ExecuteAsync("TRUNCATE a; INSERT INTO a VALUES ('d', 'after')");
        Assert.StartsWith(
            "bronze.a: 1 row, no difference", (await CompareAsync(logged, "bronze.a")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_without_a_key_is_counted()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int, v text); ALTER TABLE a REPLICA IDENTITY FULL; INSERT INTO a VALUES (NULL, 'x')", "a");
        logged.WriteStreams("  a: {mode: cdc, keys: [id]}\n");
        await logged.Lake.RunWellAsync();
        await ExpectAsync(logged, "bronze.a", "1 change of bronze.a has NULL in its key");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (NULL, 'y')");
        await ExpectAsync(logged, "bronze.a", "2 changes of bronze.a have NULL in their key");
    }

    [Fact]
    public async Task A_model_that_cannot_be_made_is_an_error_at_once()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            mariaDb.Server, "CREATE TABLE a (id int, d int, v int, PRIMARY KEY (id, d)); INSERT INTO a VALUES (1, 1, 1)", "a");
        logged.WriteStreams($"  a: {{mode: cdc}}\n{Silver}");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "INSERT INTO a VALUES (2, 2, 2); DROP TABLE a; CREATE TABLE a (k varchar(10) PRIMARY KEY, w int); INSERT INTO a VALUES ('a', 1)");
        await logged.Lake.RunAsync();
        for (var round = 0; round < 2; round++)
        {
            var compared = await CompareAsync(logged, "a", "--wait", "45s");
            Assert.NotEqual(0, compared.ExitCode);
            Assert.Contains("foz run silver.a --full-refresh", compared.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("lacks changes", compared.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Masked_values_are_compared_by_their_masks_and_columns_that_cannot_be_are_named()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, cpf text, n int, twice int GENERATED ALWAYS AS (n * 2) STORED); "
                + "INSERT INTO a (id, cpf, n) VALUES (1, '12345678901', 1), (2, NULL, 2)",
            "a");
        logged.WriteStreams("  a: {mode: cdc, columns: {cpf: {mask: hash}}}\nmask_key: '${MASK_KEY}'\nsilver: current\n");
        logged.Lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\nMASK_KEY=secret-of-the-test\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET n = 5 WHERE id = 1");
        var same = (await CompareAsync(logged, "a")).Expect(0).Output;
        Assert.Contains("twice left out: the source's log does not have it", same, StringComparison.Ordinal);
        await ChangeAsync(logged, "UPDATE silver.a SET cpf = 'wrong' WHERE id = 1");
        var found = await CompareAsync(logged, "a");
        Assert.Equal(1, found.ExitCode);
        Assert.Contains("wrong", found.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("12345678901", found.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_compared_says_why()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        logged.Lake.Write(
            "models/silver/few.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: cdc}\n@foz */\nSELECT *, 1 AS one FROM STREAM(bronze.a)\n");
        await ExpectAsync(logged, "a", "the changes of shop were not read yet");
        await logged.Lake.RunWellAsync();
        await ExpectAsync(logged, "silver.few", "silver.few has other rows than its source");
        await ExpectAsync(logged, "bronze.b", "'bronze.b' is no stream of mode cdc");
        (await CompareAsync(logged, "a")).Expect(0);
        // An open transaction that has written is one that the snapshot waits for.
        await using var open = await server.ConnectAsync(logged.Database.Name);
        await using var transaction = await open.BeginTransactionAsync(Cancel);
        await using (var insert = new Npgsql.NpgsqlCommand("INSERT INTO a VALUES (2, 'two')", open))
            await insert.ExecuteNonQueryAsync(Cancel);
        await ExpectAsync(logged, "a", "shop gave no snapshot within 2 s", "--wait", "2s");
        await transaction.CommitAsync(Cancel);
        (await CompareAsync(logged, "a")).Expect(0);
    }

    [Fact]
    public async Task Rows_of_MariaDB_are_compared_while_they_are_written()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            mariaDb.Server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v varchar(20), n decimal(10,2), d datetime(6), t timestamp NULL, f double,
                b varbinary(10), o boolean, z date, p point, g geometry, ti time(3), e enum('x', 'é'), de decimal(50, 20),
                l varchar(9) character set latin1);
            INSERT INTO a SELECT seq, concat('é', seq), seq / 4, TIMESTAMP '2026-01-01 10:00:00.5', FROM_UNIXTIME(seq * 100),
                seq / 2, UNHEX('ff00'), seq % 2, '2026-02-01', POINT(seq / 3, -seq), ST_GeomFromText('LINESTRING(0 0,1 1e-9)', 4326),
                '-00:00:01.5', 'é', seq / 3, 'ñ' FROM seq_1_to_5000;
            """,
            "a");
        logged.WriteStreams($"  a: {{mode: cdc}}\n{Silver}");
        await logged.Lake.RunWellAsync();
        Assert.Contains(
            "silver.a: 5,000 rows, no difference", (await CompareAsync(logged, "a")).Expect(0).Output,
            StringComparison.Ordinal);
        Assert.EndsWith(
            "; 0 rows read one by one\n", (await CompareAsync(logged, "a")).Expect(0).Output, StringComparison.Ordinal);
        using var host = logged.Serve();
        using var ending = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 1; !ending.IsCancellationRequested; i++)
                await logged.Database.ExecuteAsync(
                    $"UPDATE a SET v = 'w{i}' WHERE id = {i % 100}; DELETE FROM a WHERE id = {1000 + i % 500}; "
                        + $"REPLACE INTO a (id, v) VALUES ({1000 + i % 700}, 'r')");
        }, Cancel);
        for (var round = 0; round < 3; round++)
            (await CompareAsync(logged, round % 2 == 0 ? "silver.a" : "bronze.a")).Expect(0);
        await ending.CancelAsync();
        await writing;
        await ChangeAsync(logged, "UPDATE silver.a SET n = 0 WHERE id = 3000");
        await ChangeAsync(logged, "DELETE FROM silver.a WHERE id = 3001");
        Assert.Equal(
            ["3000|changed|n|750.00|0.00", "3001|missing in lake|||"],
            Rows((await CompareAsync(logged, "silver.a", "-o", "json")).Output));
    }

    static async Task ChangeAsync(LoggedLake logged, string sql) =>
        (await FozProcess.RunAsync(logged.Lake.Folder, "query", sql)).Expect(0);

    static void WithSilver(LoggedDatabase logged) => logged.WriteStreams($"  a: {{mode: cdc}}\n{Silver}");

    static Task<FozResult> CompareAsync(LoggedLake logged, params string[] arguments) =>
        FozProcess.RunAsync(logged.Lake.Folder, ["stream", "compare", .. arguments]);

    static async Task ExpectAsync(LoggedDatabase logged, string table, string error, params string[] arguments)
    {
        var result = await CompareAsync(logged, [table, .. arguments]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(error, result.Errors, StringComparison.Ordinal);
    }

    static List<string> Rows(string json)
    {
        using var rows = JsonDocument.Parse(json);
        return
        [
            .. rows.RootElement.EnumerateArray().Select(row =>
                string.Join('|', row.EnumerateObject().Select(value => $"{value.Value}"))),
        ];
    }
}
