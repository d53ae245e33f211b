using System.Collections.Concurrent;
using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Tests.DuckDB.Connections;

public sealed class FunctionTests : IDisposable
{
    readonly Database database = Database.OpenInMemory(new Dictionary<string, string> { ["threads"] = "4" });
    readonly Connection connection;

    public FunctionTests() => connection = database.Connect();

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    /// <summary>Rows (i, i as text) from 0 on, counted out to as many threads as come.</summary>
    sealed class Numbers(long rows, int threads, IReadOnlyList<int> projection) : TableScan
    {
        long next;

        public int Producers;
        public int Disposed;
        public long Chunks;

        public override int ThreadsMax => threads;

        public override ChunkProducer CreateProducer()
        {
            Interlocked.Increment(ref Producers);
            return new Producer(this, projection);
        }

        protected override void Dispose(bool disposing)
        {
            Disposed++;
            base.Dispose(disposing);
        }

        sealed class Producer(Numbers scan, IReadOnlyList<int> projection) : ChunkProducer
        {
            public override void Produce(DataChunk output)
            {
                Interlocked.Increment(ref scan.Chunks);
                var start = Interlocked.Add(ref scan.next, DataChunk.RowsMax) - DataChunk.RowsMax;
                var count = (int)Math.Clamp(scan.Rows - start, 0, DataChunk.RowsMax);
                for (var column = 0; column < projection.Count; column++)
                {
                    var writer = output.Writer(column);
                    for (var row = 0; row < count; row++)
                    {
                        if (projection[column] == 0) writer.Values<long>()[row] = start + row;
                        else if ((start + row) % 10 == 0) writer.SetNull(row);
                        else writer.SetText(row, $"number {start + row}");
                    }
                }
                output.RowCount = count;
            }
        }

        long Rows => rows;
    }

    readonly ConcurrentQueue<(Numbers Scan, IReadOnlyList<int> Projection)> scans = [];

    void RegisterNumbers(int threads = 1) => connection.Register(new TableFunction
    {
        Name = "numbers",
        Parameters = [LogicalType.BigInt],
        NamedParameters = new Dictionary<string, LogicalType> { ["tags"] = LogicalType.List(LogicalType.Varchar) },
        Bind = arguments => new TableFunctionBinding
        {
            Columns =
            [
                new("i", LogicalType.BigInt), new("text", LogicalType.Varchar),
                .. arguments.Named.Keys.Select(k => new Column(k, LogicalType.Integer)),
            ],
            RowCount = (long)arguments.Positional[0]!,
            IsRowCountExact = true,
            Open = projection =>
            {
                var scan = new Numbers((long)arguments.Positional[0]!, threads, projection);
                scans.Enqueue((scan, projection));
                return scan;
            },
        },
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2048)]
    [InlineData(100_001)]
    public void A_table_function_gives_its_rows(long rows)
    {
        RegisterNumbers();
        using var result = connection.Query(
            "SELECT count(*), sum(i), count(text), max(text) FROM numbers($1)", [rows]);
        var row = result.Rows(TestContext.Current.CancellationToken).Single();
        Assert.Equal(rows, row[0]);
        Assert.Equal(rows == 0 ? null : (Int128)(rows * (rows - 1) / 2), row[1]);
        Assert.Equal(rows - ((rows + 9) / 10), row[2]);
        Assert.All(scans, s => Assert.Equal(1, s.Scan.Disposed));
    }

    [Fact]
    public void Only_the_columns_that_are_needed_are_asked_for()
    {
        RegisterNumbers();
        connection.Execute("SELECT max(text) FROM numbers(10)");
        connection.Execute("SELECT text, i FROM numbers(10)");
        Assert.Equal(1_000_000, connection.QueryScalar<long>("SELECT count(*) FROM numbers(1000000)"));
        Assert.Equal([1], scans.ElementAt(0).Projection);
        Assert.Equal([0, 1], scans.ElementAt(1).Projection.Order());
        Assert.Single(scans.ElementAt(2).Projection);
    }

    [Fact]
    public void Several_threads_read_at_once_and_give_each_row_once()
    {
        RegisterNumbers(threads: 4);
        const long rows = 3_000_000;
        using var result = connection.Query($"SELECT count(*), count(DISTINCT i), sum(i) FROM numbers({rows})");
        Assert.Equal(
            [rows, rows, (Int128)rows * (rows - 1) / 2], result.Rows(TestContext.Current.CancellationToken).Single());
        Assert.InRange(scans.Single().Scan.Producers, 2, 4);
    }

    [Fact]
    public void A_limit_ends_the_scan_early_and_disposes_it()
    {
        RegisterNumbers();
        using (var result = connection.Query("SELECT i FROM numbers(100000000) LIMIT 5"))
            Assert.Equal(5, result.Rows(TestContext.Current.CancellationToken).Count());
        Assert.Equal(1, scans.Single().Scan.Disposed);
        Assert.InRange(scans.Single().Scan.Chunks, 1, 1000);
    }

    [Fact]
    public void Arguments_by_name_reach_the_binding()
    {
        RegisterNumbers();
        using var statement = connection.Prepare("FROM numbers(1, tags := ['a', 'b'])");
        Assert.Equal(["i", "text", "tags"], statement.Columns.Select(c => c.Name));
    }

    [Fact]
    public void An_error_in_the_binding_or_the_producer_fails_the_statement_and_not_the_process()
    {
        connection.Register(new TableFunction
        {
            Name = "broken",
            Parameters = [LogicalType.Integer],
            Bind = arguments => arguments.Positional[0] is 0
                ? throw new InvalidOperationException("no binding é")
                : new TableFunctionBinding
                {
                    Columns = [new("i", LogicalType.Integer)],
                    Open = _ => arguments.Positional[0] is 1
                        ? throw new InvalidOperationException("no opening")
                        : TableScan.From(_ => throw new InvalidOperationException("no rows")),
                },
        });
        Assert.Contains(
            "no binding é", Assert.Throws<DuckDBException>(() => connection.Execute("FROM broken(0)")).Message);
        Assert.Contains(
            "no opening", Assert.Throws<DuckDBException>(() => connection.Execute("FROM broken(1)")).Message);
        Assert.Contains("no rows", Assert.Throws<DuckDBException>(() => connection.Execute("FROM broken(2)")).Message);
        Assert.Equal(1, connection.QueryScalar<int>("SELECT 1"));
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Rows), MemberType = typeof(TypeSamples))]
    public void A_table_function_gives_and_a_scalar_function_takes_any_type(string type, string sql)
    {
        var value = TypeSamples.ValueOf(type, sql);
        var logicalType = LogicalType.Parse(type);
        connection.Register(new TableFunction
        {
            Name = "source",
            Bind = _ =>
            {
                var left = 3;
                return new TableFunctionBinding
                {
                    Columns = [new("v", logicalType)],
                    Open = _ => TableScan.From(output =>
                    {
                        if (left-- == 0) return;
                        var writer = output.Writer(0);
                        for (var row = 0; row < 2000; row++) writer.SetValue(row, row % 2 == 0 ? value : null);
                        output.RowCount = 2000;
                    }),
                };
            },
        });
        connection.Register(new ScalarFunction
        {
            Name = "pass",
            Parameters = [logicalType],
            ReturnType = logicalType,
            TakesNulls = true,
            IsVolatile = true,
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++) result.SetValue(row, arguments[0].GetValue(row));
            },
        });
        using var rows = connection.Query($"SELECT pass(v), v FROM source() LIMIT 5000");
        var i = 0;
        foreach (var row in rows.Rows(TestContext.Current.CancellationToken))
        {
            Assert.Equal(i++ % 2 == 0 ? value : null, row[0]);
            Assert.Equal(row[1], row[0]);
        }
        Assert.Equal(5000, i);
        if (type.StartsWith("UNION", StringComparison.Ordinal) && value is null) return;
        Assert.Equal(
            3000, connection.QueryScalar<long>($"SELECT count(*) FROM source() WHERE pass(v) = CAST({sql} AS {type})"));
    }

    [Fact]
    public void A_scalar_function_runs_on_many_threads_over_every_row()
    {
        var threads = new ConcurrentDictionary<int, bool>();
        long rows = 0;
        connection.Register(new ScalarFunction
        {
            Name = "is_live",
            Parameters = [LogicalType.Varchar, LogicalType.BigInt],
            ReturnType = LogicalType.Boolean,
            IsVolatile = true,
            Body = (arguments, result) =>
            {
                threads[Environment.CurrentManagedThreadId] = true;
                Interlocked.Add(ref rows, arguments.RowCount);
                var numbers = arguments[1].Values<long>();
                var live = result.Values<bool>();
                for (var row = 0; row < arguments.RowCount; row++)
                    live[row] = arguments[0].Bytes(row).SequenceEqual("constant"u8) && numbers[row] % 3 != 0;
            },
        });
        connection.Execute("CREATE TABLE t AS SELECT range AS i FROM range(1000000)");
        Assert.Equal(666_666, connection.QueryScalar<long>("SELECT count(*) FROM t WHERE is_live('constant', i)"));
        Assert.Equal(1_000_000, rows);
        Assert.InRange(threads.Count, 2, 16);
    }

    [Fact]
    public void A_null_argument_gives_null_unless_the_function_takes_nulls()
    {
        foreach (var takesNulls in (bool[])[false, true])
            connection.Register(new ScalarFunction
            {
                Name = takesNulls ? "with_nulls" : "without_nulls",
                Parameters = [LogicalType.Integer],
                ReturnType = LogicalType.Boolean,
                TakesNulls = takesNulls,
                Body = (arguments, result) =>
                {
                    for (var row = 0; row < arguments.RowCount; row++)
                        result.Values<bool>()[row] = arguments[0].IsNull(row);
                },
            });
        using var result = connection.Query(
            "SELECT without_nulls(v), with_nulls(v) FROM (VALUES (1), (NULL)) t(v) ORDER BY v");
        Assert.Equal([[false, false], [null, true]], result.Rows(TestContext.Current.CancellationToken).ToArray());
    }

    [Fact]
    public void A_scalar_function_takes_any_number_of_arguments_of_any_type()
    {
        connection.Register(new ScalarFunction
        {
            Name = "describe_all",
            VariableParameters = LogicalType.Any,
            ReturnType = LogicalType.Varchar,
            TakesNulls = true,
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++)
                    result.SetText(row, string.Join(';', arguments.GetRow(row)));
            },
        });
        Assert.Equal("1;a;2.50;", connection.QueryScalar<string>("SELECT describe_all(1, 'a', 2.50, NULL)"));
    }

    /// <summary>
    /// DuckDB throws an exception of C++ where its memory is used up, which would end the process here.
    /// </summary>
    [Fact]
    public void Texts_and_lists_are_set_where_the_engines_memory_is_used_up()
    {
        const int Length = 100_000;
        var text = new string('x', Length);
        connection.Register(new ScalarFunction
        {
            Name = "long_text", Parameters = [LogicalType.BigInt], ReturnType = LogicalType.Varchar,
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++) result.SetText(row, text);
            },
        });
        connection.Register(new ScalarFunction
        {
            Name = "long_list", Parameters = [LogicalType.BigInt], ReturnType = LogicalType.List(LogicalType.BigInt),
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++) result.AppendList(row, Length / sizeof(long));
            },
        });
        connection.Execute("SET memory_limit = '20MB'");

        Assert.Equal(
            2000L * Length,
            connection.QueryScalar<long>("SELECT sum(length(long_text(range)))::BIGINT FROM range(2000)"));
        Assert.Equal(
            2000L * (Length / sizeof(long)),
            connection.QueryScalar<long>("SELECT sum(len(long_list(range)))::BIGINT FROM range(2000)"));
    }

    [Fact]
    public void An_error_in_a_scalar_function_fails_the_statement_and_not_the_process()
    {
        connection.Register(new ScalarFunction
        {
            Name = "broken",
            Parameters = [LogicalType.Integer],
            ReturnType = LogicalType.Integer,
            Body = (_, _) => throw new InvalidOperationException("no result"),
        });
        var failure =
            Assert.Throws<DuckDBException>(() => connection.Execute("SELECT broken(i::INT) FROM range(10000) t(i)"));
        Assert.Contains("no result", failure.Message, StringComparison.Ordinal);
        Assert.Equal(DuckDBErrorKind.InvalidInput, failure.Kind);
        Assert.Equal(1, connection.QueryScalar<int>("SELECT 1"));
    }
}
