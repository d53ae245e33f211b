using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Keys;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>The state of the process when a merge begins.</summary>
enum MergeStart
{
    /// <summary>Nothing: a process starts for it.</summary>
    Process,

    /// <summary>A process that has merged before, without indexes of keys.</summary>
    Cold,

    /// <summary>Indexes of the keys too.</summary>
    Warm,
}

/// <summary>
/// Random keys merged into 10 M rows in 50 files, against DuckDB's native upsert into a table in memory.
/// </summary>
/// <param name="rows">How many keys.</param>
/// <param name="start">The state when it begins.</param>
sealed class MergeBenchmark(int rows, MergeStart start) : IBenchmark
{
    const int Rounds = 5;
    const int Files = 50;

    public string Name => $"merge-{start.ToString().ToLowerInvariant()}-{rows / 1000}k";

    string Goal => start switch
    {
        MergeStart.Process => "≤ 2×",
        MergeStart.Warm => "≤ 0.6×",
        _ => rows < 10_000 ? "≤ 2.2×" : "≤ 1.2×",
    };

    string Work =>
        $"merge of {Pair.Text($"{rows:#,0}")} random keys into 10 M rows (50 files, deletion vectors, durable), "
            + start switch
            {
                MergeStart.Process => "first merge of a process",
                MergeStart.Warm => "indexes of the keys at hand",
                _ => "no indexes of the keys",
            };

    /// <summary>New rows for so many random keys of <see cref="Rows.TenMillion"/>, or a few less.</summary>
    /// <param name="keys">How many keys.</param>
    /// <param name="round">Other numbers give other keys.</param>
    public static string ChangesOf(int keys, int round = 0) =>
        $"""
        SELECT (hash(i * 7919 + {round}) % 10000000)::BIGINT AS id, 1::INTEGER AS customer, 2::INTEGER AS store,
            3.0::DOUBLE AS weight, 'new' AS name, 'new' AS note, TIMESTAMP '2025-01-01' AS sold_at,
            9.99::DECIMAL(12,2) AS price
        FROM range({keys}) r(i) QUALIFY row_number() OVER (PARTITION BY id) = 1
        """;

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var original = folder.File("merge-original");
        if (!Directory.Exists(original)) await WriteTableAsync(engines, session, original);
        session.Execute(
            $"CREATE TABLE native AS {Rows.TenMillion}; CREATE UNIQUE INDEX native_id ON native (id);", default);
        var (inside, whole) = (new List<double>(), new List<double>());
        var round = 0;
        var (changes, copy) = ("", "");
        var (mine, theirs, ratio) = start != MergeStart.Process
            ? await RunInsideAsync(folder, engines, session)
            : await Pair.RunAsync(
                Rounds,
                async () =>
                {
                    var output = "";
                    whole.Add(
                        await Pair.TimeAsync(async () => output = await Child.StartAsync("merge", copy, changes)));
                    inside.Add(double.Parse(output, System.Globalization.CultureInfo.InvariantCulture));
                },
                () => Upsert(session, changes),
                () =>
                {
                    changes = Changes(folder, session, round++);
                    copy = Copy(original, folder.File("merge-copy"));
                });
        if (start != MergeStart.Process)
            return
            [
                new(Work, "DuckDB `INSERT … ON CONFLICT`, in memory", Pair.Ms(mine), Pair.Ms(theirs), Pair.Times(ratio),
                    Goal),
            ];
        var ours = Pair.Median(inside);
        return
        [
            new(Work, "DuckDB `INSERT … ON CONFLICT`, in memory", Pair.Ms(ours), Pair.Ms(theirs),
                Pair.Times(ours / theirs), Goal),
            new("the same with the process's own start and end", "the same", Pair.Ms(Pair.Median(whole)),
                Pair.Ms(theirs),
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
            await MergeAsync(
                session, new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t"), changes);
        });
        Console.WriteLine(Pair.Text($"{ms:0.0}"));
    }

    async Task<(double, double, double)> RunInsideAsync(WorkFolder folder, EnginePool engines, EngineSession session)
    {
        var copy = Copy(folder.File("merge-original"), folder.File("merge-copy"));
        using var keys = start == MergeStart.Warm
            ? new KeyIndexCache(folder.Sub("merge-keys"), TimeProvider.System)
            : null;
        var table = new TableStore(new LocalObjectStore(copy), engines, TimeProvider.System, keys).Open("t");
        // The first notes the key, the second makes the indexes.
        for (var i = 1; i <= 2; i++) await MergeAsync(session, table, Changes(folder, session, -i));
        var round = 0;
        var changes = Changes(folder, session, round);
        var result = await Pair.RunAsync(
            Rounds, () => MergeAsync(session, table, changes), () => Upsert(session, changes),
            () => changes = Changes(folder, session, ++round));
        keys?.Dispose();
        if (keys is not null) Directory.Delete(folder.Sub("merge-keys"), recursive: true);
        return result;
    }

    string Changes(WorkFolder folder, EngineSession session, int round)
    {
        var file = folder.File("changes.parquet");
        session.Execute($"COPY ({ChangesOf(rows, round)}) TO '{file}' (FORMAT parquet)", default);
        return file;
    }

    static string Copy(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        WorkFolder.Copy(from, to);
        return to;
    }

    static async Task MergeAsync(EngineSession session, LakeTable table, string changes)
    {
        var change = await new TableWriter(session).MergeAsync(
            table, $"SELECT * FROM read_parquet('{changes}')", new() { Keys = ["id"] }, default);
        await change.CommitAsync(default);
    }

    static Task Upsert(EngineSession session, string changes)
    {
        session.Execute(
            $"""
            INSERT INTO native SELECT * FROM read_parquet('{changes}') ON CONFLICT (id) DO UPDATE SET
                customer = excluded.customer, store = excluded.store, weight = excluded.weight,
                name = excluded.name, note = excluded.note, sold_at = excluded.sold_at, price = excluded.price
            """, default);
        return Task.CompletedTask;
    }

    static async Task WriteTableAsync(EnginePool engines, EngineSession session, string folder)
    {
        var table = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open("t");
        for (var file = 0; file < Files; file++)
        {
            var each = 10_000_000 / Files;
            var change = await new TableWriter(session).AppendAsync(
                table, $"SELECT * FROM ({Rows.TenMillion}) WHERE id >= {file * each} AND id < {(file + 1) * each}",
                new(), default);
            await change.CommitAsync(default);
        }
    }
}
