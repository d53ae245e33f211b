using System.Diagnostics;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>Durable commits of 1,000 rows each to one table.</summary>
sealed class CommitBenchmark(int writers) : IBenchmark
{
    const int RowsPerCommit = 1_000;
    // As many as it takes until the runtime has compiled what runs often.
    const int WarmUpCommits = 500;
    const int CommitsPerWriter = 500;

    public string Name => $"commit-{writers}";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        await CommitAllAsync(engines, folder.Sub($"commit-{writers}-warm-up"), WarmUpCommits);
        var watch = Stopwatch.StartNew();
        var times = await CommitAllAsync(engines, folder.Sub($"commit-{writers}"), CommitsPerWriter);
        var perSecond = times.Count / watch.Elapsed.TotalSeconds;
        var bare = await SyncAllAsync(folder.Sub($"commit-{writers}-bare"), CommitsPerWriter);
        var sorted = times.Order().ToList();
        var (p50, p99) = (sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100]);
        return
        [
            new($"commits of 1,000 rows, {writers} writer{(writers > 1 ? "s" : "")} on one table, local disk",
                "the limit: one writer's files and syncs alone", Pair.Text($"p50 {p50:0.0} ms, p99 {p99:0.0} ms"),
                Pair.Text($"p50 {Pair.Median(bare):0.0} ms"), Pair.Text($"{perSecond:0} a second"),
                writers == 1 ? "p50 ≤ 4 ms; 300 a second" : "400 a second"),
        ];
    }

    async Task<List<double>> CommitAllAsync(EnginePool engines, string lake, int commits)
    {
        var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t");
        using (var first = engines.Open(Workload.Query)) await CommitAsync(first, table, 0);
        var times = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var own = new List<double>(commits);
            using var session = engines.Open(Workload.Query);
            for (var i = 0; i < commits; i++)
                own.Add(await Pair.TimeAsync(() => CommitAsync(session, table, i)));
            return own;
        })));
        return [.. times.SelectMany(t => t)];
    }

    /// <summary>
    /// Writes and syncs what a commit does, without making it: a data file, then a version of the log.
    /// </summary>
    static async Task<List<double>> SyncAllAsync(string lake, int commits)
    {
        var store = new LocalObjectStore(lake);
        var (data, log) = (new byte[20_000], new byte[900]);
        var times = new List<double>(commits);
        for (var i = 0; i < commits; i++)
            times.Add(await Pair.TimeAsync(async () =>
            {
                var file = Pair.Text($"part-{i}.parquet");
                await File.WriteAllBytesAsync(store.StagingPath(file), data);
                await store.PublishAsync([file], default);
                await store.PutIfAbsentAsync(Pair.Text($"_delta_log/{i:D20}.json"), log, default);
            }));
        return times;
    }

    /// <summary>One commit.</summary>
    public static async Task CommitAsync(EngineSession session, LakeTable table, int number)
    {
        using var stream = session.Register(new ColumnStream(
            [new("id", DataType.Long), new("amount", DataType.Double), new("at", DataType.Timestamp)],
            [Batches(number)]));
        var change = await new TableWriter(session).AppendAsync(table, $"SELECT * FROM {stream.Sql}", new(), default);
        await change.CommitAsync(default);
    }

    static async IAsyncEnumerable<ColumnBatch> Batches(int number)
    {
        var (ids, amounts, times) = (new long[RowsPerCommit], new double[RowsPerCommit], new long[RowsPerCommit]);
        for (var row = 0; row < RowsPerCommit; row++)
        {
            ids[row] = (long)number * RowsPerCommit + row;
            amounts[row] = row * 1.25;
            times[row] = 1_700_000_000_000_000 + row;
        }
        yield return new(
            RowsPerCommit,
            [
                new FixedColumn<long>(ids, null), new FixedColumn<double>(amounts, null),
                new FixedColumn<long>(times, null),
            ]);
        await Task.CompletedTask;
    }
}
