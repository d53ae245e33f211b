using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>
/// The size of a table's log after many small commits, one a minute, compared with its live data: immediately, and once
/// the clock has moved past the retention.
/// </summary>
sealed class LogSizeBenchmark(int commits) : IBenchmark
{
    const int RowsPerCommit = 100;

    public string Name => "log-size";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        var clock = new MovedClock();
        var lake = folder.Sub(Name);
        var table = new TableStore(new LocalObjectStore(lake), engines, clock).Open("t");
        using var session = engines.Open(Workload.Query);
        for (var i = 0; i < commits; i++)
        {
            clock.Ahead += TimeSpan.FromMinutes(1);
            await AppendAsync(session, table, i);
        }
        var (before, dataBefore) = await SizesAsync(lake, table);
        clock.Ahead += TimeSpan.FromDays(32);
        await AppendAsync(session, table, commits);
        await table.MaintainLogAsync(default);
        var (after, dataAfter) = await SizesAsync(lake, table);
        var work = Pair.Text($"log of {commits:#,0} commits of {RowsPerCommit} rows");
        return
        [
            new(work, "live data", Megabytes(before), Megabytes(dataBefore), Percent(before, dataBefore), "≤ 100 %"),
            new(work + ", past the retention", "live data", Megabytes(after), Megabytes(dataAfter),
                Percent(after, dataAfter), "≤ 15 %"),
        ];
    }

    /// <summary>One commit.</summary>
    public static async Task AppendAsync(EngineSession session, LakeTable table, int number)
    {
        var sql = Pair.Text(
            $"""
            SELECT i AS id, 'customer ' || hash(i) % 10000 AS customer, 'order ' || i AS reference,
                (hash(i, 1) % 1000000) / 100 AS amount, hash(i, 2) % 100 AS quantity,
                ['new', 'paid', 'sent', 'returned'][1 + CAST(hash(i, 3) % 4 AS INTEGER)] AS state,
                TIMESTAMP '2026-01-01' + to_seconds(i) AS ordered_at, md5(i::VARCHAR) AS note
            FROM range({(long)number * RowsPerCommit}, {(number + 1L) * RowsPerCommit}) r(i)
            """);
        var change = await new TableWriter(session).AppendAsync(table, sql, new(), default);
        await change.CommitAsync(default);
    }

    /// <summary>The sizes of the log and of the newest version's files, in bytes.</summary>
    public static async Task<(long Log, long Data)> SizesAsync(string lake, LakeTable table)
    {
        var log = new DirectoryInfo(Path.Combine(lake, "t", "_delta_log")).EnumerateFiles(
            "*", SearchOption.AllDirectories);
        return (log.Sum(file => file.Length), (await table.LatestAsync(default)).TotalBytes);
    }

    public static string Megabytes(long bytes) => Pair.Text($"{bytes / 1e6:#,0.0} MB");

    public static string Percent(long part, long whole) => Pair.Text($"{100.0 * part / whole:0.#} %");

    /// <summary>A clock that can be moved.</summary>
    public sealed class MovedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
