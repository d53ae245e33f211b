using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Programs;
using Foz.Pipelines.Projects;

namespace Foz.Tests.Pipelines.Programs;

public sealed class ProgramRunnerTests : IDisposable
{
    const string AllTypes = """
        (SELECT 1::BIGINT AS id, 12345678901234567.89::DECIMAL(20,2) AS amount, 0.1::DOUBLE AS rate, 'ação "x"' AS name,
            true AS ok, DATE '2024-02-29' AS day, TIMESTAMPTZ '2024-02-29 10:00:00.123456+00' AS at, TIMESTAMP '2024-02-29 10:00:00' AS ntz,
            '\x00\xFF'::BLOB AS bytes, ['a', NULL] AS tags, {x: 1, y: 'z'} AS st
        UNION ALL SELECT 2, NULL, 'nan', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        """;

    static readonly Field[] fields =
    [
        new("id", DataType.Long), new("amount", new DataType.Decimal(20, 2)), new("rate", DataType.Double),
        new("name", DataType.String),
        new("ok", DataType.Boolean), new("day", DataType.Date), new("at", DataType.Timestamp),
        new("ntz", DataType.TimestampNtz),
        new("bytes", DataType.Binary), new("tags", new DataType.Array(DataType.String)),
        new("st", new DataType.Struct([new("x", DataType.Integer), new("y", DataType.String)])),
    ];

    readonly string folder = Directory.CreateTempSubdirectory("foz-project-").FullName;
    readonly EnginePool engines = new(new() { MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Models] });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    ProgramRun Python(string code)
    {
        File.WriteAllText(Path.Combine(folder, "m.py"), code);
        return Run(new ModelProgram.Python("m.py"));
    }

    ProgramRun Run(ModelProgram program) => new()
    {
        Model = new("gold", "m"), Program = program, Folder = folder, RunId = "r1",
        LogFile = Path.Combine(folder, "log"),
        Mask = static line => line.Replace("s3cr3t", "***", StringComparison.Ordinal),
        Tables = [new(new("silver", "orders"), AllTypes, fields)],
    };

    /// <summary>The rows, as JSON lines, with types first.</summary>
    async Task<List<string>> RowsAsync(
        ProgramRun run, IReadOnlyDictionary<string, string>? types = null,
        IReadOnlyList<(string, string)>? empty = null)
    {
        using var session = engines.Open(Workload.Models);
        using var files = await new ProgramRunner(engines, session, TimeProvider.System).RunAsync(run, Cancel);
        Assert.Equal(files.Paths.Sum(path => new FileInfo(path).Length), files.SizeBytes);
        var rows = new StagedRows(files, session)
        {
            ColumnTypes = types ?? new Dictionary<string, string>(), EmptyColumns = empty ?? [],
        }.Open(Cancel);
        var columns = session.Describe(rows.Sql, Cancel);
        Assert.Equal(columns, rows.Describe(Cancel));
        using var result = session.Query($"SELECT to_json(t)::VARCHAR FROM ({rows.Sql}) t", Cancel);
        var names = string.Join(", ", columns.Select(c => $"{c.Name} {c.TypeName}"));
        return [names, .. result.Rows(Cancel).Select(row => (string)row[0]!)];
    }

    async Task<FozException> ErrorAsync(ProgramRun run, IReadOnlyDictionary<string, string>? types = null) =>
        await Assert.ThrowsAsync<FozException>(() => RowsAsync(run, types));

    [Fact]
    public async Task Values_of_all_types_come_through_Python_as_they_are()
    {
        var rows = await RowsAsync(Python("""
            import foz, decimal, datetime

            def model():
                rows = foz.table("silver.orders", "rows")
                first = rows[0]
                assert first["amount"] == decimal.Decimal("12345678901234567.89"), first
                assert first["at"] == datetime.datetime(2024, 2, 29, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc), first
                assert first["ntz"] == datetime.datetime(2024, 2, 29, 10), first
                assert first["day"] == datetime.date(2024, 2, 29) and first["bytes"] == b"\x00\xff"
                assert first["tags"] == ["a", None] and first["st"] == {"x": 1, "y": "z"}
                assert rows[1]["rate"] != rows[1]["rate"] and rows[1]["name"] is None
                return rows
            """));
        Assert.Equal(
            "id BIGINT, amount DECIMAL(38,2), rate DOUBLE, name VARCHAR, ok BOOLEAN, day DATE, at TIMESTAMP "
                + "WITH TIME ZONE, ntz TIMESTAMP, "
            + "bytes BLOB, tags JSON, st JSON", rows[0]);
        Assert.StartsWith(
            "{\"id\":1,\"amount\":12345678901234567.89,\"rate\":0.1,\"name\":\"ação "
                + "\\\"x\\\"\",\"ok\":true,\"day\":\"2024-02-29\","
                + "\"at\":\"2024-02-29 10:00:00.123456+00\",\"ntz\":\"2024-02-29 10:00:00\"", rows[1],
                StringComparison.Ordinal);
        Assert.Contains("\"tags\":[\"a\",null],\"st\":{\"x\":1,\"y\":\"z\"}", rows[1], StringComparison.Ordinal);
        Assert.Equal(3, rows.Count);
    }

    [Fact]
    public async Task Values_come_through_pandas()
    {
        const string system = "/usr/bin/python3";
        Assert.SkipUnless(
            File.Exists(system) && Directory.Exists("/usr/lib/python3/dist-packages/pandas"),
            "there is no pandas for /usr/bin/python3: run .ci/install-test-tools");
        var rows = await RowsAsync(Python("""
            import foz, pandas, numpy, decimal

            def model():
                frame = foz.table("silver.orders")
                assert isinstance(frame, pandas.DataFrame), type(frame)
                assert str(frame["at"].dtype) == "datetime64[ns, UTC]", frame.dtypes
                assert frame["amount"][0] == decimal.Decimal("12345678901234567.89"), frame
                frame["twice"] = frame["id"] * 2
                frame["kind"] = pandas.Categorical(["x", "y"])
                frame["list"] = [numpy.array([1, 2]), None]
                foz.write(frame)
                return frame.groupby("kind", as_index=False)["twice"].sum()
            """) with { Python = system });
        Assert.Equal(
            "id BIGINT, amount DECIMAL(38,2), rate DOUBLE, name VARCHAR, ok BOOLEAN, day DATE, at TIMESTAMP "
                + "WITH TIME ZONE, ntz TIMESTAMP, "
            + "bytes BLOB, tags JSON, st JSON, twice BIGINT, kind VARCHAR, list JSON", rows[0]);
        Assert.StartsWith(
            "{\"id\":1,\"amount\":12345678901234567.89,\"rate\":0.1,\"name\":\"ação "
                + "\\\"x\\\"\",\"ok\":true,\"day\":\"2024-02-29\","
                + "\"at\":\"2024-02-29 10:00:00.123456+00\",\"ntz\":\"2024-02-29 10:00:00\"", rows[1],
                StringComparison.Ordinal);
        Assert.EndsWith("\"twice\":2,\"kind\":\"x\",\"list\":[1,2]}", rows[1], StringComparison.Ordinal);
        Assert.Contains(
            "\"amount\":null,\"rate\":null,\"name\":null,\"ok\":null,\"day\":null,\"at\":null", rows[2],
            StringComparison.Ordinal);
        Assert.Equal(5, rows.Count);
    }

    [Fact]
    public async Task Declared_types_hold_and_rows_may_come_bit_by_bit()
    {
        var rows = await RowsAsync(Python("""
            import foz
            for i in range(3):
                foz.write({"id": i, "tags": ["t", i], "amount": 1.5})
            """), new Dictionary<string, string>
        {
            ["id"] = "INTEGER", ["tags"] = "VARCHAR[]", ["amount"] = "DECIMAL(10,2)",
        });
        Assert.Equal(
            ["id INTEGER, tags VARCHAR[], amount DECIMAL(10,2)", "{\"id\":0,\"tags\":[\"t\",\"0\"],\"amount\":1.5}"],
            rows.Take(2));
    }

    [Theory]
    [InlineData("def model(foz): return ({'n': i} for i in range(2))", "n BIGINT")]
    [InlineData("def materialize(): return [{'n': 1}, {'n': 2.5}]", "n DOUBLE")]
    [InlineData("import foz\nfoz.write([{'n': 1}, {'n': 'a'}])", "n VARCHAR")]
    [InlineData("import foz\nfoz.write([{'n': None}, {'n': 2 ** 70}])", "n DECIMAL(38,0)")]
    [InlineData(
        "import foz, datetime\nfoz.write([{'n': datetime.date(2024, 1, 1)}, {'n': datetime.datetime(2024, 1, 1)}])",
        "n TIMESTAMP")]
    public async Task A_model_gives_rows_in_its_own_way(string code, string types)
    {
        var rows = await RowsAsync(Python(code));
        Assert.Equal((types, 3), (rows[0], rows.Count));
    }

    [Fact]
    public async Task A_failure_names_the_line_and_keeps_the_log()
    {
        var error = await ErrorAsync(Python("""
            import foz
            print("before")
            def inner():
                raise ValueError("no such day")
            def model():
                return inner()
            """));
        Assert.Equal("the program of gold.m failed: ValueError: no such day", error.Message);
        Assert.Equal("m.py:4", error.Place.ToString());
        var log = File.ReadAllText(Path.Combine(folder, "log"));
        Assert.Contains("before", log, StringComparison.Ordinal);
        Assert.Contains("in model", log, StringComparison.Ordinal);
        Assert.DoesNotContain("foz_run.py", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("def model(:", "m.py:1", "SyntaxError")]
    [InlineData(
        "import foz\nfoz.table('gold.other')", "m.py:2",
        "gold.other is not among the tables of this model (silver.orders)")]
    [InlineData("import foz\nfoz.write([1])", "m.py:2", "a row must be a dict of columns, not int")]
    [InlineData("import sys\nsys.exit(4)", "m.py:2", "4")]
    [InlineData("x = 1", "m.py", "gave no rows")]
    [InlineData(
        "import foz, os\nfoz.write({'n': i} for i in range(100000))\nos._exit(0)", "m.py", "ended before it was done")]
    [InlineData("import foz, os\nfoz.write({'n': 1})\nos._exit(0)", "m.py", "ended before it was done")]
    [InlineData(
        "def model():\n    return 42", "m.py:1", "rows are dicts of columns, or a data frame or table, not int")]
    [InlineData("def model():\n    return [{'n': 1}, 2]", "m.py:1", "a row must be a dict of columns, not int (row 2)")]
    [InlineData("async def model():\n    return []", "m.py:1", "model() is async, and gives no rows")]
    [InlineData(
        "def model(): return [{'b': 1}, {'b': 2, 'B': 3}]", "m.py:1", "row 2 has a column 'B' where rows have 'b'")]
    [InlineData("def model(): return [{'': 1}]", "m.py:1", "row 1 has a column without a name")]
    [InlineData("def model(): return [{}]", "m.py", "gave rows without columns")]
    [InlineData(
        "def model(): return [{'n': 2 ** 127}]", "m.py",
        "gave '170141183460469231731687303715884105728' in row 1 for the column 'n', which is DECIMAL(38,0)")]
    [InlineData("import os\nos._exit(9)", "m.py", "ended with code 9")]
    public async Task What_goes_wrong_is_told(string code, string place, string message)
    {
        var error = await ErrorAsync(Python(code));
        Assert.Equal(place, $"{error.Place}");
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failure_came_from_is_in_the_log()
    {
        var error = await ErrorAsync(Python("""
            def read():
                raise KeyError("price")
            def model():
                try:
                    read()
                except KeyError as cause:
                    raise ValueError("no such column") from cause
            """));
        Assert.Equal("m.py:7", error.Place.ToString());
        var log = File.ReadAllText(Path.Combine(folder, "log"));
        Assert.Contains("KeyError: 'price'", log, StringComparison.Ordinal);
        Assert.Contains("direct cause", log, StringComparison.Ordinal);
        Assert.DoesNotContain("foz_run.py", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{'n': 1}, {'n': 'two'}", "BIGINT", "gave 'two' in row 2 for the column 'n', which is BIGINT")]
    [InlineData(
        "{'n': 1}, {'n': 2.0}, {'n': 1.7}", "bigint", "gave '1.7' in row 3 for the column 'n', which is BIGINT")]
    [InlineData("{'n': 300}", "TINYINT", "gave '300' in row 1 for the column 'n', which is TINYINT")]
    [InlineData("{'n': [1, 'x']}", "BIGINT[]", "gave a value for the column 'n' that is no BIGINT[]")]
    public async Task A_value_that_its_column_does_not_hold_is_told_with_its_row(
        string rows, string type, string message)
    {
        var error = await ErrorAsync(
            Python($"def model(): return [{rows}]"), new Dictionary<string, string> { ["n"] = type });
        Assert.Equal("m.py", error.Place.ToString());
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_rows_are_an_empty_table_where_its_columns_are_known()
    {
        var rows = await RowsAsync(
            Python("def model(): return []"), empty: [("id", "bigint"), ("tags", "VARCHAR[]")]);
        Assert.Equal(["id BIGINT, tags VARCHAR[]"], rows);
    }

    [Fact]
    public async Task Processes_that_a_model_starts_have_no_part_in_its_table()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "forks");
        var rows = await RowsAsync(Python("""
            import foz, multiprocessing, os, sys

            def twice(n):
                return 2 * n

            def model():
                foz.write({"n": 1})
                for end in (lambda: sys.exit(0), lambda: os._exit(0), lambda: foz.write({"n": 9}), lambda: 1 / 0):
                    if (child := os.fork()) == 0:
                        end()
                        return [{"n": 9}]
                    os.waitpid(child, 0)
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    foz.write({"n": n} for n in pool.map(twice, [1, 2]))
                return [{"n": 3}]
            """));
        Assert.Equal(["n BIGINT", "{\"n\":1}", "{\"n\":2}", "{\"n\":4}", "{\"n\":3}"], rows);
        Assert.Contains(
            "foz.write is for the process that Foz began", File.ReadAllText(Path.Combine(folder, "log")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_a_module_with_those_beside_it_and_an_empty_input()
    {
        File.WriteAllText(Path.Combine(folder, "beside.py"), "def twice(n): return 2 * n\n");
        var rows = await RowsAsync(Python("""
            from __future__ import annotations
            import pickle, sys, threading
            from dataclasses import dataclass, asdict
            import foz
            from beside import twice

            @dataclass
            class Row:
                n: int

            late = threading.Thread(target=lambda: (threading.main_thread().join(), foz.write({"n": 3})))

            def model():
                try:
                    input()
                except EOFError:
                    late.start()
                    return [asdict(pickle.loads(pickle.dumps(Row(twice(2))))), {"n": len(sys.stdin.read())}]
            """));
        Assert.Equal(["n BIGINT", "{\"n\":4}", "{\"n\":0}", "{\"n\":3}"], rows);
    }

    [Fact]
    public async Task A_model_called_as_a_module_of_Python_hides_none()
    {
        Directory.CreateDirectory(Path.Combine(folder, "gold"));
        File.WriteAllText(
            Path.Combine(folder, "gold", "statistics.py"),
            "import random, statistics\ndef model(): return [{'n': statistics.mean([1, 3])}]\n");
        Assert.Equal(["n BIGINT", "{\"n\":2}"], await RowsAsync(Run(new ModelProgram.Python("gold/statistics.py"))));
    }

    [Fact]
    public async Task One_that_hangs_or_eats_memory_is_stopped()
    {
        var hangs = Python("import time\ntime.sleep(600)");
        var error = await ErrorAsync(
            hangs with { Program = hangs.Program with { Timeout = TimeSpan.FromMilliseconds(500) } });
        Assert.Equal(
            (ErrorKind.Resource, true),
            (error.Kind, error.Message.Contains("ran longer than", StringComparison.Ordinal)));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var eats = Python("import time\nx = bytearray(400_000_000)\ntime.sleep(600)");
        error = await ErrorAsync(eats with { Program = eats.Program with { Memory = new MemorySize(150_000_000) } });
        Assert.Contains("of memory, where 150 MB is the most", error.Message, StringComparison.Ordinal);
        var asks = Python("x = bytearray(4_000_000_000)");
        error = await ErrorAsync(asks with { Program = asks.Program with { Memory = new MemorySize(150_000_000) } });
        Assert.Equal("the program of gold.m was refused memory, where 150 MB is the most", error.Message);
    }

    [Fact]
    public async Task Any_program_takes_part_through_files()
    {
        var rows = await RowsAsync(Run(new ModelProgram.Command(["/bin/sh", "-c",
            """
            out=$(sed 's/.*"output":"\([^"]*\)".*/\1/' "$FOZ_HANDOVER")
            printf 'id,name\n7,seven\n' > "$out/rows.csv"
            """])));
        Assert.Equal(["id BIGINT, name VARCHAR", "{\"id\":7,\"name\":\"seven\"}"], rows);
    }

    [Fact]
    public async Task A_Python_that_is_not_there_is_told()
    {
        var error = await ErrorAsync(Python("x = 1") with { Python = "no/such/python" });
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains("python", error.Message, StringComparison.Ordinal);
    }
}
