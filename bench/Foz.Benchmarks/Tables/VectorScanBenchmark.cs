using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>A scan of 10 M rows of which deletion vectors delete 1 %, against the same scan without.</summary>
sealed class VectorScanBenchmark : IBenchmark
{
    const int Rounds = 11;

    public string Name => "scan-vectors";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var store = new TableStore(new LocalObjectStore(folder.Sub("vectors")), engines, TimeProvider.System);
        var table = store.Open("t");
        var writer = new TableWriter(session);
        await (await writer.AppendAsync(table, Rows.TenMillion, new() { FileBytes = 32L << 20 }, default))
            .CommitAsync(default);
        var before = await table.LatestAsync(default);
        await (await writer.DeleteAsync(table, "hash(id) % 100 = 0", new(), default)).CommitAsync(default);
        var after = await table.LatestAsync(default);
        return
        [
            await CompareAsync(session, after, before, "8 columns",
                "sum(id), sum(customer), sum(store), sum(weight), max(name), max(note), max(sold_at), sum(price)",
                "≤ 1.12×"),
            await CompareAsync(session, after, before, "1 column", "sum(id)", "≤ 1.55×"),
        ];
    }

    static async Task<Figure> CompareAsync(
        EngineSession session, TableSnapshot after, TableSnapshot before, string what, string columns, string goal)
    {
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => ScanAsync(session, after, columns), () => ScanAsync(session, before, columns));
        return new($"scan of 10 M rows, 1 % deleted by deletion vectors, {what}", "the same scan without",
            Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ratio), goal);
    }

    static async Task ScanAsync(EngineSession session, TableSnapshot table, string columns)
    {
        using var rows = await table.OpenAsync(session, default);
        using var result = session.Query($"SELECT {columns} FROM {rows.Sql}", default);
        _ = result.Rows(default).Count();
    }
}
