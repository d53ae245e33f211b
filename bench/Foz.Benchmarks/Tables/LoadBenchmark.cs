using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>10 M rows × 8 columns into a new Delta table, against DuckDB's bare COPY of the same.</summary>
sealed class LoadBenchmark(bool isCsv) : IBenchmark
{
    const int Rounds = 5;

    public string Name => isCsv ? "load-csv" : "load-parquet";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var source = folder.File($"load.{(isCsv ? "csv" : "parquet")}");
        session.Execute(
            $"COPY ({Rows.TenMillion}) TO '{source}' "
                + $"({(isCsv ? "FORMAT csv, HEADER" : "FORMAT parquet, COMPRESSION zstd")})",
            default);
        var select = isCsv
            ? $"SELECT * FROM read_csv('{source}', header = true, columns = {Rows.CsvColumns})"
            : $"SELECT * FROM read_parquet('{source}')";
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds,
            async () =>
            {
                var lake = folder.Sub("load-lake");
                WorkFolder.Empty(lake);
                var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t");
                var change = await new TableWriter(session).AppendAsync(table, select, new(), default);
                await change.CommitAsync(default);
            },
            () =>
            {
                var target = folder.Sub("load-copy");
                WorkFolder.Empty(target);
                session.Execute($"COPY ({select}) TO '{target}/t.parquet' (FORMAT parquet, COMPRESSION zstd)", default);
                return Task.CompletedTask;
            });
        return
        [
            new($"10 M rows × 8, {(isCsv ? "CSV" : "Parquet")} → new Delta table, durable", "DuckDB `COPY … TO`, zstd",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ratio), "≤ 1.05×"),
        ];
    }
}

/// <summary>The rows that the table benchmarks share.</summary>
static class Rows
{
    /// <summary>10 M rows of bigint, int, nullable int, double, two texts, timestamp and decimal.</summary>
    public const string TenMillion =
        """
        SELECT i AS id, (hash(i) % 1000000)::INTEGER AS customer,
            CASE WHEN i % 10 = 0 THEN NULL ELSE (i % 977)::INTEGER END AS store,
            (hash(i + 1) % 100000) / 7.0 AS weight, 'customer ' || (i % 50000) AS name,
            'note ' || md5((i % 1000000)::VARCHAR) AS note, TIMESTAMP '2024-01-01' + INTERVAL (i % 31536000) SECOND AS sold_at,
            ((hash(i + 2) % 1000000) / 100.0)::DECIMAL(12, 2) AS price
        FROM range(10000000) r(i)
        """;

    public const string CsvColumns =
        "{'id': 'BIGINT', 'customer': 'INTEGER', 'store': 'INTEGER', 'weight': 'DOUBLE', 'name': 'VARCHAR', "
        + "'note': 'VARCHAR', 'sold_at': 'TIMESTAMP', 'price': 'DECIMAL(12,2)'}";
}

/// <summary>Engines of one workload with half of the machine's memory.</summary>
static class Engines
{
    public static EnginePool Open() => new(new EngineOptions { Workloads = [Workload.Query] });
}
