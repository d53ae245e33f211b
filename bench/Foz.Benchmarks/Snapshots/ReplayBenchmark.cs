using System.Diagnostics;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Storage;

namespace Foz.Benchmarks.Snapshots;

/// <summary>
/// The snapshot of a table of 300,000 files, from its commits or from a checkpoint, by a process that starts for it;
/// against ClickHouse, which finds the files of the same log.
/// </summary>
sealed class ReplayBenchmark(bool fromCheckpoint) : IBenchmark
{
    const int Rounds = 5;

    public string Name => fromCheckpoint ? "snapshot-checkpoint" : "snapshot-json";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var lake = folder.Sub(Name);
        var table = await GoldenLog.UnpackAsync(lake);
        if (fromCheckpoint) WriteCheckpoint(Path.Combine(lake, table, "_delta_log"));
        await Child.PublishAsync();
        var (inside, memory) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var output = (await Child.StartPublishedAsync("snapshot", lake, table)).Split(' ');
            inside.Add(double.Parse(output[0], System.Globalization.CultureInfo.InvariantCulture));
            memory.Add(double.Parse(output[1], System.Globalization.CultureInfo.InvariantCulture));
        }
        using var judge = await ClickHouse.StartAsync();
        var theirs = new List<double>();
        for (var round = 0; round < Rounds; round++)
            theirs.Add(await judge.TimeAsync(
                $"SELECT count() FROM deltaLakeLocal('{Path.Combine(lake, table)}') WHERE partition_col = 'none'"));
        var ours = Pair.Median(inside);
        var limitMs = fromCheckpoint ? 300 : 1_000;
        var source = fromCheckpoint ? "a checkpoint" : "JSON";
        return
        [
            new($"snapshot of 300,000 files from {source}, first work of a process", "a limit", Pair.Ms(ours),
                Pair.Ms(limitMs),
                Pair.Times(ours / limitMs), "≤ 1×"),
            new("peak memory of that process", "a limit", Pair.Text($"{Pair.Median(memory):0} MB"), "300 MB",
                Pair.Times(Pair.Median(memory) / 300), "≤ 1×"),
            new($"snapshot of 300,000 files from {source}", "ClickHouse (chdb), which prunes them all", Pair.Ms(ours),
                Pair.Ms(Pair.Median(theirs)), Pair.Times(ours / Pair.Median(theirs)), "< 1×"),
        ];
    }

    /// <summary>
    /// The work of the child: one snapshot; prints its milliseconds and the process's peak memory in MB.
    /// </summary>
    public static async Task ChildAsync(string lake, string table)
    {
        using var engines = Tables.Engines.Open();
        var files = 0;
        var ms = await Pair.TimeAsync(async () =>
            files = (await new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open(table)
                .LatestAsync(default)).FileCount);
        if (files != GoldenLog.FileCount) throw new InvalidOperationException($"{files} files");
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(Pair.Text($"{ms:0.0} {process.PeakWorkingSet64 >> 20}"));
    }

    // As other writers lay it out: one row per action, of the columns that there are.
    static void WriteCheckpoint(string log)
    {
        const string Map = "MAP(VARCHAR, VARCHAR)";
        using var engines = Tables.Engines.Open();
        using var session = engines.Open(Workload.Query);
        session.Execute(
            $$"""
            COPY (SELECT * FROM read_json('{{log}}/*.json', format = 'newline_delimited', columns = {
                'protocol': 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
                'metaData': 'STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options {{Map}}), schemaString VARCHAR,
                    partitionColumns VARCHAR[], configuration {{Map}}, createdTime BIGINT)',
                'add': 'STRUCT(path VARCHAR, partitionValues {{Map}}, size BIGINT, modificationTime BIGINT, dataChange BOOLEAN,
                    stats VARCHAR)'})
                WHERE protocol IS NOT NULL OR metaData IS NOT NULL OR add IS NOT NULL)
            TO '{{log}}/00000000000000000004.checkpoint.parquet' (FORMAT parquet, COMPRESSION zstd)
            """, default);
    }
}
