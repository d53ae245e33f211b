using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// The last batch that the table or view of a step carries. It is held against the step's manifests, which say what
/// batches read: a table can be renamed, dropped, restored from a backup or put in another one's place without them.
/// </summary>
/// <param name="Table">Its name.</param>
/// <param name="IsThere">Whether there is one.</param>
/// <param name="Number">The batch; null where it carries none.</param>
/// <param name="GivenUp">The last batch that was given up while the table was there; null where none was.</param>
/// <param name="Epoch">The epoch of the step that it carries; null where no host of the step died.</param>
readonly record struct LastCommittedBatch(
    TableName Table, bool IsThere, long? Number, long? GivenUp = null, long? Epoch = null)
{
    /// <summary>Reads it.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="table">The name.</param>
    /// <param name="isView">Whether it is to be a view; what is of the other kind is not looked at.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<LastCommittedBatch> ReadAsync(
        Lakehouse lake, TableName table, bool isView, CancellationToken cancellationToken)
    {
        var definition = await lake.Catalog.FindAsync(table, cancellationToken);
        if (isView)
            return definition is { Kind: DefinitionKind.View } view
                ? new(table, true, view.Batch)
                : new(table, false, null);
        if (definition is { Kind: not DefinitionKind.Table }) return new(table, false, null);
        var latest = await (await lake.OpenTableAsync(table, cancellationToken)).FindLatestAsync(cancellationToken);
        return new(
            table, latest is not null, latest?.BatchOf($"{table}"), latest?.BatchOf(table + StepLog.GivenUpSuffix),
            latest?.BatchOf(table + StepLog.EpochSuffix));
    }

    /// <summary>Whether another run of the step committed, or took the step over, since this was read.</summary>
    public async Task<bool> IsLeftBehindAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        var now = await ReadAsync(lake, Table, isView: false, cancellationToken);
        return (now.Number, now.Epoch) != (Number, Epoch);
    }

    /// <summary>Whether a batch is done.</summary>
    public bool Has(StepManifest manifest) => manifest.GivenUpBy is null && Number >= manifest.Batch;

    /// <summary>
    /// Whether a batch was committed although it was given up, by a run that was thought to be dead, before its number
    /// was.
    /// </summary>
    public bool HasLate(StepManifest manifest) =>
        manifest.GivenUpBy is not null && Number == manifest.Batch && (GivenUp ?? 0) < manifest.Batch;
}
