using Foz.Lake.Catalog;
using Foz.Lake.Engine;

namespace Foz.Benchmarks.Snapshots;

/// <summary>
/// A filter that keeps 1 % of a table's 10,000 files, bound, pruned and read: against DuckDB over the list of the files
/// that are left, and against ClickHouse over the same table.
/// </summary>
sealed class PruneBenchmark : IBenchmark
{
    const int Rounds = 60;
    const int Files = 10_000;
    const int RowsPerFile = 1_000;
    const string Condition = "id >= 4000000 AND id < 4100000";

    public string Name => "prune";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Tables.Engines.Open();
        var lake = new Lakehouse(folder.Sub("prune"), engines, TimeProvider.System);
        using var session = lake.Engines.Open(Workload.Query);
        var table = Path.Combine(lake.Folder, "t");
        Write(session, table);
        var kept = string.Join(", ", Enumerable.Range(Files * 40 / 100, Files / 100)
            .Select(i => $"'{Path.Combine(table, FileName(i))}'"));
        var names = new LakeNameResolver(lake, lake.Tables, _ => null);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds,
            async () =>
            {
                using var bound = await new StatementBinder(session, names).BindAsync(
                    $"SELECT count(text) FROM delta_scan('{table}') WHERE {Condition}", default);
                Check(session, bound.Sql);
            },
            () =>
            {
                Check(session, $"SELECT count(text) FROM read_parquet([{kept}]) WHERE {Condition}");
                return Task.CompletedTask;
            });
        using var judge = await ClickHouse.StartAsync();
        var judged = new List<double>();
        for (var round = 0; round < Rounds; round++)
            judged.Add(await judge.TimeAsync($"SELECT count(text) FROM deltaLakeLocal('{table}') WHERE {Condition}"));
        var work = Pair.Text($"{Files:#,0} files, a filter that keeps 1 %");
        return
        [
            new(work, "DuckDB over the pruned list", Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ratio), "≤ 1.3×"),
            new(work, "ClickHouse (chdb)", Pair.Ms(ours), Pair.Ms(Pair.Median(judged)), Pair.Times(ours / Pair.Median(judged)),
                "< 1×"),
        ];
    }

    static void Check(EngineSession session, string sql)
    {
        if (session.QueryScalar<long>(sql, default) is not (Files / 100 * RowsPerFile) and var rows)
            throw new InvalidOperationException($"{rows} rows");
    }

    static string FileName(int i) => Pair.Text($"part-{i:D5}.parquet");

    static void Write(EngineSession session, string table)
    {
        var log = Directory.CreateDirectory(Path.Combine(table, "_delta_log")).FullName;
        using var commit = new StreamWriter(Path.Combine(log, $"{0:D20}.json"));
        commit.WriteLine("""{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""");
        commit.WriteLine("""
            {"metaData":{"id":"prune","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"text\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}
            """);
        for (var i = 0; i < Files; i++)
        {
            var (from, to) = ((long)i * RowsPerFile, (i + 1L) * RowsPerFile);
            var file = Path.Combine(table, FileName(i));
            session.Execute(Pair.Text(
                $"COPY (SELECT i AS id, 'row ' || hash(i) AS text FROM range({from}, {to}) r(i)) TO '{file}' (FORMAT parquet)"),
                default);
            var stats = Pair.Text(
                $$$"""{\"numRecords\":{{{RowsPerFile}}},\"minValues\":{\"id\":{{{from}}} },\"maxValues\":{\"id\":{{{to - 1}}} } }""");
            commit.WriteLine(
                "{\"add\":{\"path\":\"" + FileName(i) + "\",\"partitionValues\":{},\"size\":" + new FileInfo(file).Length
                + ",\"modificationTime\":0,\"dataChange\":true,\"stats\":\"" + stats + "\"}}");
        }
    }
}
