using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>What an analysis came to.</summary>
/// <param name="Version">The table's version then.</param>
/// <param name="Files">The files whose statistics were read.</param>
public sealed record AnalyzeResult(long Version, int Files);

/// <summary>
/// Computes the statistics of a table's files again (Delta's ANALYZE TABLE … COMPUTE DELTA STATISTICS): for files whose
/// writer gave none, and after the properties that choose their columns were changed.
/// </summary>
/// <param name="session">The session that reads the files.</param>
public sealed class TableAnalyzer(EngineSession session)
{
    const int AttemptsMax = 3;

    /// <summary>Reads statistics of all files and commits those that changed.</summary>
    /// <exception cref="DeltaException">There is no table, or others changed its files again and again.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task<AnalyzeResult> AnalyzeAsync(LakeTable table, CancellationToken cancellationToken) =>
        AnalyzeAsync(table, static _ => true, cancellationToken);

    /// <summary>Reads statistics of those files that have none, and commits them.</summary>
    /// <exception cref="DeltaException">There is no table, or others changed its files again and again.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task<AnalyzeResult> AnalyzeMissingAsync(LakeTable table, CancellationToken cancellationToken) =>
        AnalyzeAsync(table, static file => file.Stats.IsNone, cancellationToken);

    async Task<AnalyzeResult> AnalyzeAsync(
        LakeTable table, Func<AddFile, bool> isMeant, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var snapshot = await table.LatestAsync(cancellationToken);
            var files = await StatisticsCollector.ReadAsync(
                session, snapshot, [.. snapshot.State.Files.Where(isMeant)], cancellationToken);
            var changed = files.Where(file => !file.Stats.Equals(snapshot.State.Files.Find(file.Key)!.Stats)).ToList();
            if (changed.Count == 0) return new(snapshot.Version, files.Count);
            var operation = TableOperation.Of("COMPUTE STATS", ("predicate", "[]"));
            var transaction = new Transaction(table.Delta, snapshot.State, new()
            {
                Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
            })
            {
                PreservesRows = true,
            };
            transaction.ReadFiles(changed);
            foreach (var file in changed) transaction.Add(file with { DataChange = false });
            var result = await transaction.CommitAsync(cancellationToken);
            if (result is CommitResult.Committed || attempt == AttemptsMax)
                return new(result.OrThrow().Version, files.Count);
        }
    }
}
