using System.Collections.Concurrent;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;

namespace Foz.Pipelines.Plans;

/// <summary>Where the steps of a lake stand: the last batch of each whose table carries it.</summary>
/// <param name="reads">What is read of the lake.</param>
sealed class StepStates(LakeReads reads)
{
    const int ReadsMax = 16;

    /// <summary>The last batches that are done, by the names of tables in the lake.</summary>
    /// <param name="tables">The tables; those that no step made are not in the result.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyDictionary<TableName, StepManifest>> ReadAsync(
        IEnumerable<TableName> tables, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<TableName, StepManifest>();
        await Parallel.ForEachAsync(
            tables, new ParallelOptions { MaxDegreeOfParallelism = ReadsMax, CancellationToken = cancellationToken },
            async (table, cancel) =>
            {
                if (await FindDoneAsync(table, cancel) is { } done) found[table] = done;
            });
        return found;
    }

    async Task<StepManifest?> FindDoneAsync(TableName table, CancellationToken cancellationToken)
    {
        if (await reads.FindLastAsync(table, cancellationToken) is not { } last) return null;
        if (await reads.HasCommittedAsync(table, last, cancellationToken)) return last;
        // A batch is opened when the one before it is done.
        return (await new StepLog(reads.Lake.Store, table.ToString()).ReadAllAsync(cancellationToken))
            .LastOrDefault(manifest => manifest.Batch < last.Batch);
    }
}
