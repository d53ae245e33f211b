using System.Text.Json;
using Foz.Connectors;
using Foz.Lake;
using Foz.Tests;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>One consistent read of a table, by several connections.</summary>
public sealed class SnapshotTests(PostgreSqlServer server)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chinook_is_read_completely()
    {
        var folder = Repository.SharedFolder("real");
        var database = await server.CreateDatabaseAsync();
        var script = await File.ReadAllTextAsync(Path.Combine(folder, "Chinook_PostgreSql.sql"), Token);
        var start = script.IndexOf("CREATE TABLE", StringComparison.Ordinal);
        await database.ExecuteAsync(script[start..]);
        await database.GrantAsync();
        using var json = JsonDocument.Parse(
            await File.ReadAllBytesAsync(Path.Combine(folder, "ChinookData.json"), Token));

        await using var source = database.Source();
        var streams = await source.DiscoverAsync(Token);

        Assert.Equal(11, streams.Count);
        foreach (var stream in streams)
        {
            var read = await ReadRows.ReadAsync(source, stream.Definition, new StreamInputs.OfAll());
            var name = stream.Definition.Name.Replace("_", "", StringComparison.Ordinal);
            var rows = json.RootElement.EnumerateObject()
                .Single(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            Assert.Equal(rows.GetArrayLength(), read.Rows.Count);
            var columns = read.Fields.Where(f => f.Name != "_rescued_data").ToList();
            var texts = string.Join(" || '|' || ", columns.Select(f => $"COALESCE(\"{f.Name}\"::text, '-')"));
            var expected = await database.QueryAsync($"SELECT {texts} FROM {stream.Definition.Settings.Text("table")}");
            Assert.Equal(
                expected.Select(r => r[0]).Order(StringComparer.Ordinal),
                read.Rows.Select(r => string.Join('|', r[..columns.Count].Select(v => v ?? "-")))
                    .Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Parallel_read_is_one_moment_while_writers_run()
    {
        const int Rows = 100_000;
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync($"""
            CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, filler text) WITH (fillfactor = 10);
            INSERT INTO accounts SELECT i, 100, repeat('x', 50) FROM generate_series(1, {Rows}) i;
            CREATE PROCEDURE transfer() LANGUAGE plpgsql AS $$
            DECLARE a int; b int;
            BEGIN
                a := 1 + floor(random() * {Rows}); b := 1 + floor(random() * {Rows});
                UPDATE accounts SET balance = balance - 7 WHERE id = a;
                UPDATE accounts SET balance = balance + 7 WHERE id = b;
                DELETE FROM accounts WHERE id = {Rows} + 1;
                INSERT INTO accounts VALUES ({Rows} + 1, 0, 'moved') ON CONFLICT DO NOTHING;
                COMMIT;
            END $$;
            """);
        await database.GrantAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = Task.Run(async () =>
        {
            var count = 0;
            await using var connection = await server.ConnectAsync(database.Name);
            await using var command = new Npgsql.NpgsqlCommand("CALL transfer()", connection);
            for (; !stop.IsCancellationRequested; count++) await command.ExecuteNonQueryAsync(Token);
            return count;
        }, Token);

        var read = await database.ReadAsync(PostgreSqlDatabase.Stream("accounts"), ("connections_max", "4"));
        await stop.CancelAsync();

        Assert.True(await writing > 0);
        Assert.Equal(4, read.PartitionCount);
        Assert.Equal(Rows, read.Rows.Count(r => r[2] != "moved"));
        Assert.Equal(Rows, read.Rows.Where(r => r[2] != "moved").Select(r => r[0]).Distinct().Count());
        Assert.Equal(100L * Rows, read.Rows.Sum(r => long.Parse(r[1]!)));
        Assert.True(read.Stream.Lsn > 0);
        Assert.NotNull(read.Stream.CommittedAt);
    }

    [Fact]
    public async Task Rows_read_in_parts_are_those_of_the_source()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id int, v text, n numeric(12,3)) WITH (fillfactor = 10);
            INSERT INTO t SELECT i, md5(i::text) || repeat('y', i % 30), i * 1.001 FROM generate_series(1, 100000) i;
            DELETE FROM t WHERE id % 7 = 0;
            """);
        await database.GrantAsync();
        foreach (var connections in (int[])[1, 3])
        {
            var read = await database.ReadAsync(
                PostgreSqlDatabase.Stream("t"), ("connections_max", $"{connections}"));
            Assert.Equal(connections, read.PartitionCount);
            await CompareAsync(database, read, "t");
        }
    }

    [Fact]
    public async Task Partitioned_and_inherited_tables_are_read_whole()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE p (id int, v text, n numeric(12,3)) PARTITION BY HASH (id);
            CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 3, REMAINDER 0) WITH (fillfactor = 10);
            CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 3, REMAINDER 1) WITH (fillfactor = 10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES WITH (MODULUS 3, REMAINDER 2) PARTITION BY HASH (id);
            CREATE TABLE p2a (v text, n numeric(12,3), id int);
            ALTER TABLE p2 ATTACH PARTITION p2a FOR VALUES WITH (MODULUS 1, REMAINDER 0);
            INSERT INTO p SELECT i, md5(i::text), i FROM generate_series(1, 100000) i;
            CREATE TABLE parent (id int, v text, n numeric(12,3));
            CREATE TABLE child (more int) INHERITS (parent) WITH (fillfactor = 10);
            INSERT INTO parent SELECT i, 'parent', i FROM generate_series(1, 10) i;
            INSERT INTO child SELECT i, md5(i::text), i, 1 FROM generate_series(1, 80000) i;
            """);
        await database.GrantAsync();
        foreach (var table in (string[])["p", "parent"])
        {
            var read = await database.ReadAsync(PostgreSqlDatabase.Stream(table), ("connections_max", "3"));
            Assert.True(read.PartitionCount > 1);
            await CompareAsync(database, read, table);
        }
    }

    [Fact]
    public async Task Views_and_empty_tables_are_read()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id int, v text, n numeric(12,3));
            CREATE VIEW v AS SELECT i AS id, 'x'::text AS v, 1.5::numeric(12,3) AS n FROM generate_series(1, 50000) i;
            CREATE MATERIALIZED VIEW m AS SELECT * FROM v;
            """);
        await database.GrantAsync();
        Assert.Empty((await database.ReadAsync(PostgreSqlDatabase.Stream("t"))).Rows);
        await CompareAsync(database, await database.ReadAsync(PostgreSqlDatabase.Stream("v")), "v");
        await CompareAsync(database, await database.ReadAsync(PostgreSqlDatabase.Stream("m")), "m");
    }

    [Fact]
    public async Task Enormous_values_make_small_batches()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id int, v text);
            INSERT INTO t SELECT i, repeat(chr(96 + i), 6000000) FROM generate_series(1, 12) i;
            """);
        await database.GrantAsync();
        await using var source = database.Source();
        await using var rows = await source.ReadAsync(
            PostgreSqlDatabase.Stream("t"), new StreamInputs.OfAll(), ReadRows.Context, Token);
        var counts = new List<int>();
        var seen = 0;
        await foreach (var batch in ((StreamRows.Streamed)rows).Stream.Partitions.Single().WithCancellation(Token))
        {
            counts.Add(batch.RowCount);
            for (var row = 0; row < batch.RowCount; row++)
            {
                var value = ((Foz.Lake.Data.BytesColumn)batch.Columns[1])[row];
                Assert.Equal(6_000_000, value.Length);
                Assert.Equal(-1, value.IndexOfAnyExcept((byte)('a' + seen++)));
            }
        }

        Assert.Equal(12, seen);
        Assert.All(counts, count => Assert.InRange(count, 1, 3));
    }

    [Fact]
    public async Task Fewer_connections_do_where_the_server_has_no_more()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync($"""
            CREATE TABLE t (id int, v text, n numeric(12,3)) WITH (fillfactor = 10);
            INSERT INTO t SELECT i, md5(i::text), i FROM generate_series(1, 100000) i;
            CREATE ROLE narrow LOGIN PASSWORD '{PostgreSqlServer.Password.Replace("'", "''")}' CONNECTION LIMIT 3;
            GRANT SELECT ON t TO narrow;
            """);
        var read = await database.ReadAsync(
            PostgreSqlDatabase.Stream("t"), ("user", "narrow"), ("connections_max", "8"), ("host", "127.0.0.1"));
        Assert.InRange(read.PartitionCount, 1, 3);
        await CompareAsync(database, read, "t");
    }

    [Fact]
    public async Task Table_altered_behind_the_plan_is_noticed()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
        await database.GrantAsync();
        // Holds the table while it is read, so that the alteration lies between looking it up and locking it.
        await using var other = await server.ConnectAsync(database.Name);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using var alter = new Npgsql.NpgsqlCommand("ALTER TABLE t ALTER id TYPE real", other, transaction);
        await alter.ExecuteNonQueryAsync(Token);
        var reading = database.ReadAsync(PostgreSqlDatabase.Stream("t"));
        while (await database.ScalarAsync(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 't'::regclass") == "0")
            await Task.Yield();
        await transaction.CommitAsync(Token);
        var error = await Assert.ThrowsAsync<FozException>(() => reading);
        Assert.Contains("its columns changed just now", error.Message);
        Assert.True(error.IsTransient);
    }

    static async Task CompareAsync(PostgreSqlDatabase database, ReadRows read, string table)
    {
        var expected = await database.QueryAsync($"SELECT id, v, n FROM {table}");
        Assert.Equal(
            expected.Select(r => $"{r[0]}|{r[1]}|{r[2]}").Order(StringComparer.Ordinal),
            read.Rows.Select(r => $"{r[0]}|{r[1]}|{r[2]}").Order(StringComparer.Ordinal));
    }
}
