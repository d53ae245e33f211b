using Foz.Core.Engine;
using Foz.Core.Tables;
using Foz.Delta.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>
/// 100,000 random keys merged into 10 M rows in 50 files by a process that starts for it, against DuckDB's native upsert
/// into a table in memory.
/// </summary>
sealed class MergeBenchmark : IBenchmark
{
    const int Rounds = 5;
    const int Files = 50;
    public string Name => "merge";

    /// <summary>New rows for so many random keys of <see cref="Rows.TenMillion"/>, or a few less.</summary>
    public static string ChangesOf(int keys) =>
        $"""
        SELECT (hash(i * 7919) % 10000000)::BIGINT AS id, 1::INTEGER AS customer, 2::INTEGER AS store, 3.0::DOUBLE AS weight,
            'new' AS name, 'new' AS note, TIMESTAMP '2025-01-01' AS sold_at, 9.99::DECIMAL(12,2) AS price
        FROM range({keys}) r(i) QUALIFY row_number() OVER (PARTITION BY id) = 1
        """;

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var changes = folder.File("changes.parquet");
        session.Execute($"COPY ({ChangesOf(100_000)}) TO '{changes}' (FORMAT parquet)", default);
        var original = folder.Sub("merge-original");
        await WriteTableAsync(engines, session, original);
        session.Execute(
            $"CREATE TABLE native AS {Rows.TenMillion}; CREATE UNIQUE INDEX native_id ON native (id);", default);
        var copy = folder.File("merge-copy");
        var (inside, whole) = (new List<double>(), new List<double>());
        var (_, theirs, _) = await Pair.RunAsync(
            Rounds,
            async () =>
            {
                if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
                WorkFolder.Copy(original, copy);
                var output = "";
                whole.Add(await Pair.TimeAsync(async () => output = await Child.StartAsync("merge", copy, changes)));
                inside.Add(double.Parse(output, System.Globalization.CultureInfo.InvariantCulture));
            },
            () =>
            {
                session.Execute(
                    $"""
                    INSERT INTO native SELECT * FROM read_parquet('{changes}') ON CONFLICT (id) DO UPDATE SET
                        customer = excluded.customer, store = excluded.store, weight = excluded.weight,
                        name = excluded.name, note = excluded.note, sold_at = excluded.sold_at, price = excluded.price
                    """, default);
                return Task.CompletedTask;
            });
        var ours = Pair.Median(inside);
        return
        [
            new("merge of 100,000 random keys into 10 M rows (50 files, deletion vectors, durable), first merge of a process",
                "DuckDB `INSERT … ON CONFLICT`, in memory", Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ours / theirs), "≤ 2×"),
            new("the same with the process's own start and end", "the same", Pair.Ms(Pair.Median(whole)), Pair.Ms(theirs),
                Pair.Times(Pair.Median(whole) / theirs), "–"),
        ];
    }

    /// <summary>The work of the child: one merge; prints its milliseconds.</summary>
    public static async Task ChildAsync(string lake, string changes)
    {
        using var engines = Engines.Open();
        var ms = await Pair.TimeAsync(async () =>
        {
            using var session = engines.Open(Workload.Query);
            var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t");
            var change = await new TableWriter(session).MergeAsync(
                table, $"SELECT * FROM read_parquet('{changes}')", new() { Keys = ["id"] }, default);
            await change.CommitAsync(default);
        });
        Console.WriteLine(Pair.Text($"{ms:0.0}"));
    }

    static async Task WriteTableAsync(EnginePool engines, EngineSession session, string folder)
    {
        var table = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open("t");
        for (var file = 0; file < Files; file++)
        {
            var rows = 10_000_000 / Files;
            var change = await new TableWriter(session).AppendAsync(
                table, $"SELECT * FROM ({Rows.TenMillion}) WHERE id >= {file * rows} AND id < {(file + 1) * rows}",
                new(), default);
            await change.CommitAsync(default);
        }
    }
}
