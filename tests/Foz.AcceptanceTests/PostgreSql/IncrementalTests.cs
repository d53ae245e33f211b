using Foz.Connectors;
using Foz.Lake;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Batches of rows whose cursor grew.</summary>
public sealed class IncrementalTests(PostgreSqlServer server)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A type of cursor, and three values that grow.</summary>
    public static TheoryData<string, string, string, string> Cursors { get; } = new()
    {
        { "bigint", "1", "20", "300" },
        { "timestamp", "2026-01-01 00:00:00.000001", "2026-01-01 00:00:00.000002", "2026-01-02" },
        { "timestamptz", "2026-01-01 00:00:00-03", "2026-01-01 03:00:00.5+00", "2026-01-02 00:00:00+00" },
        { "date", "2026-01-01", "2026-01-02", "2026-02-01" },
        { "numeric", "1.5", "1.50001", "12345678901234567890.5" },
        { "numeric(10,2)", "1.50", "1.51", "9.99" },
        { "double precision", "0.1", "0.30000000000000004", "1e300" },
        { "text", "a'b\\c", "a'b\\d ☂", "b" },
        { "varchar(5)", "a", "b", "c" },
        { "char(3)", "a", "b", "c" },
        { "uuid", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002", "a0000000-0000-0000-0000-000000000000" },
        { "inet", "1.2.3.4", "1.2.3.5", "2001:db8::1" },
        { "pg_lsn", "0/1", "0/2", "1/0" },
        { "mood", "sad", "ok", "happy" },
        { "\"Odd \"\"type\"", "1", "2", "3" },
    };

    [Theory]
    [MemberData(nameof(Cursors))]
    public async Task Each_row_is_read_once_as_the_cursor_grows(string type, string first, string second, string third)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync($"""
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
            CREATE DOMAIN "Odd ""type" AS int;
            CREATE TABLE t (id int, "The ""cursor" {type});
            INSERT INTO t VALUES (1, {Literal(first)}), (2, {Literal(second)}), (3, NULL);
            """);
        await database.GrantAsync();
        var stream = PostgreSqlDatabase.Stream("t") with
        {
            Mode = StreamMode.Incremental,
            Cursor = "The \"cursor",
            Keys = ["id"],
        };
        await using var source = database.Source();

        var plan = await source.PlanAsync(stream, [], Token);
        var firstInputs = Assert.IsType<StreamInputs.OfCursor>(plan.Inputs);
        Assert.Null(firstInputs.From);
        // Later than the plan: belongs to the next batch.
        await database.ExecuteAsync($"INSERT INTO t VALUES (4, {Literal(third)})");
        Assert.Equal(["1", "2", "3"], (await ReadAsync(firstInputs)).Order());
        Assert.Equal(["1", "2", "3"], (await ReadAsync(firstInputs)).Order());

        plan = await source.PlanAsync(stream, [firstInputs], Token);
        var nextInputs = Assert.IsType<StreamInputs.OfCursor>(plan.Inputs);
        Assert.Equal(firstInputs.To, nextInputs.From);
        Assert.Equal(["4"], await ReadAsync(nextInputs));
        Assert.Empty(plan.Warnings);

        await database.ExecuteAsync($"INSERT INTO t VALUES (5, {Literal(second)})");
        plan = await source.PlanAsync(stream, [firstInputs, nextInputs], Token);
        Assert.Null(plan.Inputs);
        // Another row takes the place of one: their number stays.
        await database.ExecuteAsync($"DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (6, {Literal(third)})");
        var replaced = (StreamInputs.OfCursor)(await source.PlanAsync(stream, [firstInputs, nextInputs], Token)).Inputs!;
        Assert.Equal(["6"], await ReadAsync(replaced));
        await database.ExecuteAsync("INSERT INTO t VALUES (7, NULL)");
        var nulls = (StreamInputs.OfCursor)(
            await source.PlanAsync(stream, [firstInputs, nextInputs, replaced], Token)).Inputs!;
        Assert.Equal(["3", "6", "7"], (await ReadAsync(nulls)).Order());
        Assert.Null((await source.PlanAsync(stream, [firstInputs, nextInputs, replaced, nulls], Token)).Inputs);

        async Task<List<string?>> ReadAsync(StreamInputs inputs) =>
            [.. (await ReadRows.ReadAsync(source, stream, inputs)).Column("id")];
    }

    [Fact]
    public async Task An_empty_table_is_made_and_rows_without_a_cursor_are_read_once()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int, at timestamptz)");
        await database.GrantAsync();
        await using var source = database.Source();
        var plan = await source.PlanAsync(Stream("at"), [], Token);
        var empty = plan.Inputs!;
        Assert.Empty((await ReadRows.ReadAsync(source, Stream("at"), empty)).Column("id"));
        Assert.Null((await source.PlanAsync(Stream("at"), [empty], Token)).Inputs);

        await database.ExecuteAsync("INSERT INTO t VALUES (1, NULL)");
        plan = await source.PlanAsync(Stream("at"), [empty], Token);
        Assert.Equal(["1"], (await ReadRows.ReadAsync(source, Stream("at"), plan.Inputs!)).Column("id"));
        Assert.Null((await source.PlanAsync(Stream("at"), [empty, plan.Inputs!], Token)).Inputs);
    }

    [Theory]
    [InlineData(null, "'cursor' must be set where mode is incremental", null)]
    [InlineData("update_at", "cursor names the column 'update_at', which does not exist", "did you mean 'updated_at'?")]
    [InlineData("place", "could not identify an ordering operator for type point", null)]
    public async Task Wrong_cursor_is_said_so(string? cursor, string message, string? hint)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int, updated_at timestamptz, place point)");
        await database.GrantAsync();
        await using var source = database.Source();
        var error = await Assert.ThrowsAsync<FozException>(() => source.PlanAsync(Stream(cursor), [], Token));
        Assert.Contains(message, error.Message);
        if (hint is not null) Assert.Equal(hint, error.Hint);
    }

    [Theory]
    [InlineData("timestamp", "infinity")]
    [InlineData("date", "infinity")]
    [InlineData("double precision", "NaN")]
    [InlineData("numeric", "NaN")]
    public async Task Cursor_at_its_end_is_refused(string type, string value)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync($"CREATE TABLE t (id int, c {type}); INSERT INTO t VALUES (1, '{value}')");
        await database.GrantAsync();
        await using var source = database.Source();
        var error = await Assert.ThrowsAsync<FozException>(() => source.PlanAsync(Stream("c"), [], Token));
        Assert.Equal(ErrorKind.Data, error.Kind);
        Assert.Contains($"holds '{value}'", error.Message);
    }

    [Fact]
    public async Task First_batch_of_a_large_table_is_read_in_parts()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id int, v text, seq bigint) WITH (fillfactor = 10);
            INSERT INTO t SELECT i, md5(i::text), i FROM generate_series(1, 100000) i;
            """);
        await database.GrantAsync();
        await using var source = database.Source(("connections_max", "2"));
        var plan = await source.PlanAsync(Stream("seq"), [], Token);
        Assert.Equal("100000", Assert.IsType<StreamInputs.OfCursor>(plan.Inputs).To);
        await database.ExecuteAsync("INSERT INTO t VALUES (0, '', 100001)");
        var read = await ReadRows.ReadAsync(source, Stream("seq"), plan.Inputs);
        Assert.Equal(2, read.PartitionCount);
        Assert.Equal(100_000, read.Column("id").Distinct().Count());
        plan = await source.PlanAsync(Stream("seq"), [plan.Inputs], Token);
        Assert.Equal(["0"], (await ReadRows.ReadAsync(source, Stream("seq"), plan.Inputs!)).Column("id"));
    }

    static StreamDefinition Stream(string? cursor) =>
        PostgreSqlDatabase.Stream("t") with { Mode = StreamMode.Incremental, Cursor = cursor };

    static string Literal(string text) => $"'{text.Replace("'", "''")}'";
}
