using System.Runtime.CompilerServices;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;

namespace Foz.Tests.Lake.Engine;

public sealed class EngineSessionTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 2 });
    readonly EngineSession session;

    public EngineSessionTests() => session = engines.Open(Workload.Query);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
    }

    [Theory]
    [InlineData("SELEC 1", ErrorKind.Sql, "sql:1:1")]
    [InlineData("SELECT 'é 🦆',\n  1 FROM FROM a", ErrorKind.Sql, "sql:2:10")]
    [InlineData("SELECT 'é',\n  nope FROM range(3)", ErrorKind.Sql, "sql:2:3")]
    [InlineData("SELECT 1\nFROM no_such_table", ErrorKind.Sql, "sql:2:6")]
    [InlineData("SELECT 'x'::INT", ErrorKind.Data, "sql:1:11")]
    [InlineData("SELECT error('mine') FROM range(3)", ErrorKind.Data, null)]
    [InlineData("FROM read_parquet('/no/such/file')", ErrorKind.Storage, "sql:1:6")]
    public void A_failure_has_its_kind_and_place(string sql, ErrorKind kind, string? place)
    {
        var failure = Assert.Throws<FozException>(() => session.Query(sql, Token).Rows(Token).Count());
        Assert.Equal((kind, place), (failure.Kind, failure.Place?.ToString()));
        Assert.DoesNotContain("Error:", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(1, session.QueryScalar<int>("SELECT 1", Token));
    }

    // A thread that fails stops the others, and the engine may report that in place of the error.
    [Fact]
    public void A_failure_of_another_thread_is_reported_as_it_is()
    {
        using var crowded = new EnginePool(new() { MemoryBytes = 512 << 20, Threads = 16 });
        using var asking = crowded.Open(Workload.Query);
        for (var i = 0; i < 50; i++)
        {
            var failure = Assert.Throws<FozException>(() =>
                asking.Query(
                    "SELECT CASE WHEN i = 300000 THEN error('mine') ELSE i END FROM range(400000) AS r(i)",
                    Token).CountRest(Token));
            Assert.Equal("mine", failure.Message);
        }
    }

    [Theory]
    [InlineData(Workload.Ingestion, "false")]
    [InlineData(Workload.Models, "false")]
    [InlineData(Workload.Query, "true")]
    [InlineData(Workload.Binding, "true")]
    public void An_instance_has_the_settings_of_its_workload(Workload workload, string keepsOrder)
    {
        using var other = engines.Open(workload);
        Assert.Equal(keepsOrder, Setting("preserve_insertion_order"));
        Assert.Equal("false", Setting("autoload_known_extensions"));
        Assert.Equal("false", Setting("autoinstall_known_extensions"));
        Assert.Equal("true", Setting("parquet_metadata_cache"));
        Assert.Equal("UTC", Setting("TimeZone"));
        Assert.Equal(workload == Workload.Binding ? "1" : "2", Setting("threads"));

        string Setting(string name) => other.QueryScalar<string>($"SELECT current_setting('{name}')::VARCHAR", Token);
    }

    [Fact]
    public void Sessions_share_an_instance_but_no_temporary_objects()
    {
        session.Execute(
            "CREATE TABLE shared AS SELECT 1 AS i; CREATE TEMP TABLE own AS SELECT 1 AS i; SET VARIABLE v = 1", Token);
        using var second = engines.Open(Workload.Query);
        Assert.Equal(1, second.QueryScalar<int>("SELECT i FROM shared", Token));
        Assert.Null(second.QueryScalar<int?>("SELECT getvariable('v')", Token));
        Assert.Throws<FozException>(() => second.Execute("FROM own", Token));
        using var other = engines.Open(Workload.Models);
        Assert.Throws<FozException>(() => other.Execute("FROM shared", Token));
    }

    [Fact]
    public async Task Progress_is_known_while_a_statement_runs()
    {
        session.EnableProgress();
        session.Execute("CREATE TEMP TABLE t AS SELECT i FROM range(3000000) t(i)", Token);
        var running = Task.Run(() => session.Execute("SELECT max(md5(md5(md5(i::VARCHAR)))) FROM t", Token), Token);
        var highest = 0.0;
        while (!running.IsCompleted)
        {
            highest = Math.Max(highest, session.Progress ?? 0);
            await Task.Yield();
        }
        await running;
        Assert.InRange(highest, 0.001, 1);
    }

    [Fact]
    public void What_a_stream_throws_comes_out_as_it_is()
    {
        var failure = new FozException(ErrorKind.Source, "the source died") { IsTransient = true };
        using var stream = session.Register(new ColumnStream([new("n", DataType.Long)], [Numbers(3, failure)]));
        Assert.Same(
            failure,
            Assert.Throws<FozException>(() => session.Execute($"CREATE TEMP TABLE t AS FROM {stream.Sql}", Token)));
        Assert.Throws<FozException>(() => session.Execute("FROM t", Token));
        Assert.Equal(1, session.QueryScalar<int>("SELECT 1", Token));
    }

    [Fact]
    public void Canceling_ends_a_stream_that_gives_nothing()
    {
        using var stream = session.Register(new ColumnStream([new("n", DataType.Long)], [Never(Token)]));
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(30));
        Assert.ThrowsAny<OperationCanceledException>(
            () => session.Execute($"CREATE TEMP TABLE t AS FROM {stream.Sql}", cancellation.Token));
        Assert.Equal(1, session.QueryScalar<int>("SELECT 1", Token));
    }

    [Fact]
    public void A_stream_or_scan_that_is_disposed_is_unknown()
    {
        var stream = session.Register(new ColumnStream([new("n", DataType.Long)], [Numbers(3, null)]));
        stream.Dispose();
        Assert.Contains(
            "not registered", Assert.Throws<FozException>(() => session.Execute($"FROM {stream.Sql}", Token)).Message);
        var token = session.Register(new ScanFiles());
        token.Dispose();
        Assert.Contains("not registered", Assert.Throws<FozException>(
            () => session.Execute(
                $"SELECT {ScanFunctions.Live}({token.Value}, 'f', i) FROM range(3) t(i)", Token)).Message);
    }

    static async IAsyncEnumerable<ColumnBatch> Numbers(int batches, Exception? failure)
    {
        for (var i = 0; i < batches; i++)
        {
            await Task.Yield();
            yield return new(1, [new FixedColumn<long>([i], null)]);
        }
        if (failure is not null) throw failure;
    }

    static async IAsyncEnumerable<ColumnBatch> Never([EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.Delay(Timeout.Infinite, ct);
        yield break;
    }

    [Fact]
    public void What_is_NULL_and_nothing_else_is_told_from_an_integer()
    {
        const string Sql = """
            SELECT NULL AS a, 1 AS b, [] AS c, [1] AS d, {'x': NULL, 'y': 2, 'z': [NULL]} AS e, MAP {'k': NULL} AS f,
                NULL AS a, NULL::INTEGER AS g, 'text' AS h, CASE WHEN false THEN 1 END AS i
            """;
        var told = session.Describe(Sql, Token);
        Assert.DoesNotContain(told, column => column.TypeName.Contains("NULL", StringComparison.Ordinal));

        Assert.Equal(
            [
                "\"NULL\"", "INTEGER", "\"NULL\"[]", "INTEGER[]",
                "STRUCT(\"x\" \"NULL\", \"y\" INTEGER, \"z\" \"NULL\"[])", "MAP(VARCHAR, \"NULL\")",
                "\"NULL\"", "INTEGER", "VARCHAR", "INTEGER",
            ],
            UntypedNulls.Find(session, Sql, told, Token).Select(column => column.TypeName));
    }

    [Theory]
    [InlineData(1, "858.3 MiB")]
    [InlineData(2, "429.1 MiB")]
    public void Workloads_share_nine_tenths_of_the_budget(int workloads, string limit)
    {
        using var sharing = new EnginePool(new EngineOptions
        {
            MemoryBytes = 1_000_000_000, Workloads = [.. new[] { Workload.Ingestion, Workload.Models }.Take(workloads)],
        });
        using var own = sharing.Open(Workload.Ingestion);
        Assert.Equal(
            limit,
            own.QueryScalar<string>("SELECT current_setting('memory_limit')", TestContext.Current.CancellationToken));
    }
}
