using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Tests.DuckDB.Connections;

public sealed class ConnectionTests : IDisposable
{
    readonly Database database = Database.OpenInMemory();
    readonly Connection connection;

    public ConnectionTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_library_is_the_pinned_one() => Assert.Equal("v1.5.6", Database.LibraryVersion);

    [Fact]
    public void All_statements_of_a_text_run_and_the_last_tells_its_rows()
    {
        Assert.Equal(
            2, connection.Execute(
                "CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2), (3); DELETE FROM t WHERE i > 1"));
        Assert.Equal(1, connection.QueryScalar<int>("SELECT i FROM t"));
        Assert.Equal(1, connection.Execute("UPDATE t SET i = $1 WHERE i = $2", [5, 1]));
        Assert.Equal(0, connection.Execute(""));
    }

    [Fact]
    public void A_file_keeps_its_tables()
    {
        var path = Path.Combine(Path.GetTempPath(), $"foz-{Guid.NewGuid():N}.duckdb");
        try
        {
            using (var file = Database.OpenFile(path))
            using (var writer = file.Connect())
                writer.Execute("CREATE TABLE t AS SELECT 42 AS i");
            using (var file = Database.OpenFile(path, new Dictionary<string, string> { ["access_mode"] = "READ_ONLY" }))
            using (var reader = file.Connect())
                Assert.Equal(42, reader.QueryScalar<int>("SELECT i FROM t"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_wrong_setting_is_refused_by_name()
    {
        var failure = Assert.Throws<DuckDBException>(() =>
            Database.OpenInMemory(new Dictionary<string, string> { ["memry_limit"] = "1GB" }));
        Assert.Contains("memry_limit", failure.Message, StringComparison.Ordinal);
        failure = Assert.Throws<DuckDBException>(() => Database.OpenFile("/no/such/folder/x.duckdb"));
        Assert.Equal(DuckDBErrorKind.IO, failure.Kind);
    }

    [Theory]
    [InlineData("SELEC 1", DuckDBErrorKind.Parser)]
    [InlineData("SELECT x FROM no_such_table", DuckDBErrorKind.Catalog)]
    [InlineData("SELECT no_such_column", DuckDBErrorKind.Binder)]
    [InlineData("SELECT 'x'::INT", DuckDBErrorKind.Conversion)]
    [InlineData("SELECT 9223372036854775807::BIGINT + i FROM range(1, 2) t(i)", DuckDBErrorKind.OutOfRange)]
    [InlineData("FROM read_parquet('/no/such/file.parquet')", DuckDBErrorKind.IO)]
    [InlineData("SELECT error('mine')", DuckDBErrorKind.InvalidInput)]
    [InlineData("SELECT 1; SELECT 2", DuckDBErrorKind.InvalidInput)]
    [InlineData("SELECT '\0'", DuckDBErrorKind.Parser)]
    public void A_failure_tells_its_kind_and_the_connection_lives_on(string sql, DuckDBErrorKind kind)
    {
        var failure = Assert.Throws<DuckDBException>(() => connection.Query(sql).Rows(Token).Count());
        Assert.Equal(kind, failure.Kind);
        Assert.Equal(1, connection.QueryScalar<int>("SELECT 1"));
    }

    [Theory]
    [InlineData("SELEC 1", DuckDBErrorKind.Parser, 0)]
    [InlineData("SELECT 'é', nope FROM range(3)", DuckDBErrorKind.Binder, 13)]
    [InlineData("SELECT 1 FROM no_such_table", DuckDBErrorKind.Catalog, 14)]
    [InlineData("SELECT 'x'::INT", DuckDBErrorKind.Conversion, 10)]
    public void A_failure_tells_its_place_where_errors_come_as_json(string sql, DuckDBErrorKind kind, int position)
    {
        using var other = Database.OpenInMemory(new Dictionary<string, string> { ["errors_as_json"] = "true" });
        using var session = other.Connect();
        var failure = Assert.Throws<DuckDBException>(() => session.Query(sql).Rows(Token).Count());
        Assert.Equal((kind, position), (failure.Kind, failure.Position));
        Assert.StartsWith($"{kind} Error: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_in_the_middle_of_a_stream_is_no_end()
    {
        using var result = connection.Query(
            "SELECT CASE WHEN i = 3000000 THEN error('late') ELSE i END FROM range(4000000) t(i)");
        long rows = 0;
        var failure = Assert.Throws<DuckDBException>(() =>
        {
            while (result.Fetch(Token) is { } chunk)
                using (chunk) rows += chunk.RowCount;
        });
        Assert.Contains("late", failure.Message, StringComparison.Ordinal);
        Assert.InRange(rows, 1, 3_000_000);
    }

    [Fact]
    public void A_stream_gives_every_row_in_order_without_holding_all()
    {
        using var result = connection.Query("SELECT i, 'text number ' || i AS t FROM range(1000000) t(i)");
        long expected = 0;
        while (result.Fetch(Token) is { } fetched)
        {
            using var chunk = fetched;
            var numbers = chunk[0].Values<long>();
            Assert.True(chunk[0].Validity.IsAllValid);
            for (var row = 0; row < chunk.RowCount; row++)
                if (numbers[row] != expected++) Assert.Fail($"row {expected - 1} is {numbers[row]}");
            Assert.Equal($"text number {numbers[0]}", chunk[1].Text(0));
        }
        Assert.Equal(1_000_000, expected);
        Assert.Null(result.Fetch(Token));
    }

    [Fact]
    public void The_next_statement_ends_the_stream_before()
    {
        using var result = connection.Query("SELECT i FROM range(10000000) t(i)");
        result.Fetch(Token)!.Dispose();
        connection.Execute("SELECT 1");
        Assert.Throws<DuckDBException>(() => result.Rows(Token).Count());
    }

    [Fact]
    public void A_result_that_is_disposed_early_ends_its_transaction()
    {
        connection.Execute("CREATE TABLE t AS SELECT range AS i FROM range(1000000)");
        using (var result = connection.Query("SELECT i FROM t")) result.Fetch(Token)!.Dispose();
        using var other = database.Connect();
        other.Execute("DROP TABLE t; CREATE TABLE t (s VARCHAR)");
        Assert.Equal(0, connection.QueryScalar<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public void Disposing_a_result_leaves_the_stream_after_it_alone()
    {
        var first = connection.Query("SELECT i FROM range(1000000) t(i)");
        first.Fetch(Token)!.Dispose();
        using var second = connection.Query("SELECT i FROM range(1000000) t(i)");
        first.Dispose();
        Assert.Equal(1_000_000, second.Rows(Token).Count());
    }

    [Fact]
    public void A_function_registered_while_a_stream_is_open_stays()
    {
        using var result = connection.Query("SELECT i FROM range(1000000) t(i)");
        result.Fetch(Token)!.Dispose();
        connection.Register(new ScalarFunction
        {
            Name = "one", ReturnType = LogicalType.Integer, Body = (_, output) => output.Values<int>()[0] = 1,
        });
        Assert.Equal(1, connection.QueryScalar<int>("SELECT one()"));
        Assert.Equal(1, connection.QueryScalar<int>("SELECT one()"));
    }

    [Fact]
    public void Parameters_are_values_and_never_text()
    {
        connection.Execute("CREATE TABLE t (s VARCHAR); INSERT INTO t VALUES ('x')");
        const string text = "'); DROP TABLE t; -- \" \\ $1 ?";
        Assert.Equal(text, connection.QueryScalar<string>("SELECT $1", [text]));
        Assert.Equal(text, connection.QueryScalar<string>("SELECT $1[1]", [new[] { text }]));
        Assert.Equal(0, connection.QueryScalar<long>("SELECT count(*) FROM t WHERE s = ?", [text]));
        Assert.Equal(1, connection.QueryScalar<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public void A_statement_is_prepared_described_and_run_again()
    {
        connection.Execute("CREATE TABLE t (id BIGINT, name VARCHAR); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
        using var statement = connection.Prepare("SELECT name, id + 1 AS next FROM t WHERE id = $id");
        Assert.Equal(StatementType.Select, statement.Type);
        Assert.Equal([new("name", LogicalType.Varchar), new("next", LogicalType.BigInt)], statement.Columns);
        Assert.Equal(1, statement.ParameterCount);
        Assert.Equal("id", statement.ParameterName(1));
        Assert.Equal(LogicalType.BigInt, statement.ParameterType(1));
        for (var id = 1; id <= 2; id++)
        {
            statement.Bind("id", id);
            using var result = statement.Query(Token);
            Assert.Equal([id == 1 ? "one" : "two", id + 1L], result.Rows(Token).Single());
        }
        statement.ClearBindings();
        Assert.Throws<DuckDBException>(() => statement.Query(Token));
        Assert.Throws<DuckDBException>(() => statement.Bind("no", 1));
        Assert.Throws<DuckDBException>(() => statement.Bind(2, 1));
        Assert.Throws<DuckDBException>(() => statement.Bind(1, new object()));
    }

    [Fact]
    public void The_number_of_values_must_be_that_of_the_parameters() =>
        Assert.Contains(
            "2 parameters",
            Assert.Throws<DuckDBException>(() => connection.Query("SELECT ?, ?", [1])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Values_of_dotnet_have_a_type_without_saying_it()
    {
        object?[] values =
        [
            true, 1, 2L, 1.5m, "text", new byte[] { 1 }, new DateOnly(2024, 2, 29), new TimeOnly(1, 2, 3),
            new DateTime(2024, 1, 1), new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(25),
            Guid.Empty, new[] { "a", "b" }, new List<int?> { 1, null }, new object?[] { null, 1.5 }, null,
            Array.Empty<string>(),
        ];
        using var result = connection.Query(
            "SELECT " + string.Join(", ", values.Select((_, i) => $"typeof(${i + 1})")), values);
        Assert.Equal(
            [
                "BOOLEAN", "INTEGER", "BIGINT", "DECIMAL(2,1)", "VARCHAR", "BLOB", "DATE", "TIME", "TIMESTAMP",
                "TIMESTAMP WITH TIME ZONE", "INTERVAL", "UUID", "VARCHAR[]", "INTEGER[]", "DOUBLE[]", "\"NULL\"",
                "VARCHAR[]",
            ],
            result.Rows(Token).Single());
    }

    [Fact]
    public void A_bound_list_is_a_list_of_files()
    {
        var folder = Directory.CreateTempSubdirectory("foz-");
        try
        {
            string[] files =
            [
                .. Enumerable.Range(0, 3).Select(i => Path.Combine(folder.FullName, $"it's {i}.parquet")),
            ];
            foreach (var file in files) connection.Execute($"COPY (SELECT 1 AS i) TO '{file.Replace("'", "''")}'");
            Assert.Equal(3, connection.QueryScalar<long>("SELECT count(*) FROM read_parquet($1)", [files]));
            connection.Execute("SET VARIABLE f = ?", [files]);
            Assert.Equal(3, connection.QueryScalar<long>("SELECT count(*) FROM read_parquet(getvariable('f'))"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_cancelled_token_interrupts_and_the_connection_lives_on()
    {
        const string endless = "SELECT count(*) FROM range(10000000000) a(i), range(1000) b(j) WHERE (i * j) % 7 = 8";
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => connection.Execute(endless, cancellation.Token));
        Assert.Equal(1, connection.QueryScalar<int>("SELECT 1", cancellationToken: Token));

        using var other = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using (var result = connection.Query("SELECT i FROM range(10000000000) t(i)", null, other.Token))
        {
            result.Fetch(other.Token)!.Dispose();
            other.CancelAfter(TimeSpan.FromMilliseconds(50));
            Assert.Throws<OperationCanceledException>(() => result.Rows(other.Token).Count());
        }
        Assert.Equal(1, connection.QueryScalar<int>("SELECT 1", cancellationToken: Token));
        Assert.Throws<OperationCanceledException>(() => connection.Execute("SELECT 1", other.Token));
    }

    [Fact]
    public async Task Interrupt_from_another_thread_stops_the_statement()
    {
        var running = Task.Run(
            () => connection.Execute(
                "SELECT count(*) FROM range(10000000000) a(i), range(1000) b(j) WHERE (i * j) % 7 = 8"), Token);
        while (!running.IsCompleted)
        {
            connection.Interrupt();
            await Task.Yield();
        }
        Assert.Equal(DuckDBErrorKind.Interrupt, (await Assert.ThrowsAsync<DuckDBException>(() => running)).Kind);
    }

    [Fact]
    public async Task Progress_is_told_while_a_statement_runs()
    {
        connection.Execute(
            "SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0;"
            + "CREATE TABLE t AS SELECT i FROM range(3000000) t(i)");
        var running = Task.Run(() => connection.Execute("SELECT max(md5(md5(md5(i::VARCHAR)))) FROM t"), Token);
        var highest = 0.0;
        while (!running.IsCompleted)
        {
            highest = Math.Max(highest, connection.Progress.Percentage);
            await Task.Yield();
        }
        await running;
        Assert.InRange(highest, 0.1, 100);
    }

    [Fact]
    public void A_scalar_is_converted_only_where_nothing_is_lost()
    {
        Assert.Equal(3L, connection.QueryScalar<long>("SELECT 3::TINYINT"));
        Assert.Equal(3, connection.QueryScalar<int>("SELECT sum(i) FROM (VALUES (1), (2)) t(i)"));
        Assert.Equal(2.5, connection.QueryScalar<double>("SELECT 2.5"));
        Assert.Equal(2.5m, connection.QueryScalar<decimal>("SELECT 2.5"));
        Assert.Null(connection.QueryScalar<string?>("SELECT NULL::VARCHAR"));
        Assert.Null(connection.QueryScalar<int?>("SELECT NULL"));
        Assert.Throws<DuckDBException>(() => connection.QueryScalar<int>("SELECT NULL"));
        Assert.Throws<DuckDBException>(() => connection.QueryScalar<int>("SELECT 'x'"));
        Assert.Throws<DuckDBException>(() => connection.QueryScalar<int>("SELECT 3000000000"));
        Assert.Throws<DuckDBException>(() => connection.QueryScalar<int>("SELECT 1 WHERE false"));
    }

    [Fact]
    public void An_appender_that_is_not_closed_leaves_nothing()
    {
        connection.Execute("CREATE SCHEMA s; CREATE TABLE s.t (i INT CHECK (i < 10))");
        using (var appender = connection.OpenAppender("t", "s"))
        {
            using var chunk = appender.CreateChunk();
            chunk.Writer(0).Values<int>()[0] = 1;
            chunk.RowCount = 1;
            appender.Append(chunk);
        }
        Assert.Equal(0, connection.QueryScalar<long>("SELECT count(*) FROM s.t"));
        using (var appender = connection.OpenAppender("t", "s"))
        {
            using var chunk = appender.CreateChunk();
            chunk.Writer(0).Values<int>()[0] = 11;
            chunk.RowCount = 1;
            appender.Append(chunk);
            Assert.Equal(DuckDBErrorKind.Constraint, Assert.Throws<DuckDBException>(appender.Close).Kind);
        }
        Assert.Equal(DuckDBErrorKind.Catalog, Assert.Throws<DuckDBException>(() => connection.OpenAppender("no")).Kind);
    }

    [Fact]
    public void What_is_disposed_says_so()
    {
        var other = database.Connect();
        var result = other.Query("SELECT 1");
        result.Dispose();
        Assert.Throws<ObjectDisposedException>(() => result.Fetch(Token));
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Execute("SELECT 1"));
        Assert.Throws<InvalidOperationException>(() =>
        {
            using var chunk = DataChunk.Create(LogicalType.Integer);
            _ = chunk[0].Values<long>();
        });
    }
}
