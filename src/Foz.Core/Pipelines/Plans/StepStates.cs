using System.Collections.Concurrent;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Pipelines.Batches;

namespace Foz.Core.Pipelines.Plans;

/// <summary>Where the steps of a lake stand: the last batch of each whose table carries it. Safe for use by many threads.</summary>
/// <param name="lake">The lake.</param>
public sealed class StepStates(Lake lake)
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
        var log = new StepLog(lake.Store, table.ToString());
        if (await log.ReadLastAsync(cancellationToken) is not { } last) return null;
        if (await CarriesAsync(table, last, cancellationToken)) return last;
        // A batch is opened when the one before it is done.
        return (await log.ReadAllAsync(cancellationToken)).LastOrDefault(manifest => manifest.Batch < last.Batch);
    }

    async Task<bool> CarriesAsync(TableName table, StepManifest manifest, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(table, cancellationToken) switch
        {
            null => false,
            { Kind: DefinitionKind.View } view => view.Batch >= manifest.Batch,
            { Location: var location } => (await lake.Tables.Open(location!, table).FindLatestAsync(cancellationToken))
                ?.BatchOf(manifest.Step) >= manifest.Batch,
        };
}
