using Foz.Delta;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables.Maintenance;

/// <summary>A table that is compacted while merges change rows of any of its files all the time.</summary>
public sealed class ContendedOptimizeTests
{
    const int Files = 40, RowsPerFile = 20_000, KeysPerMerge = 200;

    /// <summary>Each compaction that lands makes at most one merge be done again.</summary>
    const int CallsMax = 4;

    static readonly TimeSpan mergeInterval = TimeSpan.FromMilliseconds(100);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compaction_gives_way_to_merges_and_at_least_one_attempt_in_ten_lands()
    {
        var random = new Random(Soak.Seed());
        using var table = new ChangedTable();
        await table.CreateAsync(TableKind.DeletionVectors);
        for (var i = 0; i < Files; i++)
            await table.AppendAsync(
                $"SELECT i AS id, md5(i::VARCHAR) AS k, 0::INTEGER AS v, 0::INTEGER AS p FROM range({i * RowsPerFile}, {(i + 1) * RowsPerFile}) r(i)");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var (merges, lost) = (0, 0);
        var merging = Task.Run(async () =>
        {
            using var session = table.Engines.Open(Workload.Query);
            var other = table.Other();
            while (!ending.IsCancellationRequested)
            {
                var keys = string.Join(", ", Enumerable.Range(0, KeysPerMerge).Select(_ => $"({random.Next(Files * RowsPerFile)})"));
                var rows = $"SELECT DISTINCT id, 'm{merges}' AS k, {merges}::INTEGER AS v, 0::INTEGER AS p FROM (VALUES {keys}) AS s(id)";
                while (true)
                {
                    await using var change = await new TableWriter(session).MergeAsync(other, rows, new() { Keys = ["id"] }, Cancel);
                    try
                    {
                        await change.CommitAsync(Cancel);
                        break;
                    }
                    catch (DeltaException e) when (e.Kind is DeltaErrorKind.Conflict)
                    {
                        lost++;
                    }
                }
                merges++;
                await Task.Delay(mergeInterval, Cancel);
            }
        }, Cancel);
        using var slow = table.Engines.Open(Workload.Query);
        var before = await table.Table.LatestAsync(Cancel);
        for (var call = 0; call < CallsMax; call++)
        {
            var result = await new TableOptimizer(slow).OptimizeAsync(
                table.Table, new() { IsAuto = true, FilesMin = 2, DeletedShareMax = 0.3, CommitsMax = 1 }, null, Cancel);
            // A call has ten attempts.
            Assert.True(
                result.Commits == 1 || result.FilesGivenUp == 0,
                $"call {call}: no attempt landed, {merges} merges, of which {lost} were done again");
        }
        await ending.CancelAsync();
        await merging;
        Assert.InRange(lost, 0, CallsMax);
        Assert.True(merges > 0);
        var after = await table.Table.LatestAsync(Cancel);
        Assert.Equal(before.RowCount, after.RowCount);
        Assert.Equal(
            [$"{Files * RowsPerFile}|{Files * RowsPerFile}"], await CountAsync(table, "count(*), count(DISTINCT id)"));
    }

    static async Task<List<string>> CountAsync(ChangedTable table, string columns)
    {
        using var rows = await (await table.Table.LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        return table.Query($"SELECT {columns} FROM {rows.Sql}");
    }
}
