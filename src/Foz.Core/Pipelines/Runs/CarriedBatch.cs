using System.Globalization;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Pipelines.Batches;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// The last batch that the table or view of a step carries. It is held against the step's manifests, which say what batches read: a
/// table can be renamed, dropped, restored from a backup or put in another one's place without them.
/// </summary>
/// <param name="Table">Its name.</param>
/// <param name="IsThere">Whether there is one.</param>
/// <param name="Number">The batch; null where it carries none.</param>
readonly record struct CarriedBatch(TableName Table, bool IsThere, long? Number)
{
    /// <summary>Reads it.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="table">The name.</param>
    /// <param name="isView">Whether it is to be a view; what is of the other kind is not looked at.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<CarriedBatch> ReadAsync(Lake lake, TableName table, bool isView, CancellationToken cancellationToken)
    {
        var definition = await lake.Catalog.FindAsync(table, cancellationToken);
        if (isView) return definition is { Kind: DefinitionKind.View } view ? new(table, true, view.Batch) : new(table, false, null);
        if (definition is { Kind: not DefinitionKind.Table }) return new(table, false, null);
        var latest = await (await lake.OpenTableAsync(table, cancellationToken)).FindLatestAsync(cancellationToken);
        return new(table, latest is not null, latest?.BatchOf($"{table}"));
    }

    /// <summary>Whether a batch is done.</summary>
    public bool Has(StepManifest manifest) => Number >= manifest.Batch;

    /// <summary>Whether batches were done, and what they made is gone: all is to be read again.</summary>
    /// <param name="last">The manifest of the last batch; null where there is none.</param>
    public bool IsGone(StepManifest? last) => !IsThere && last is { Batch: > 1 };

    /// <summary>Makes sure that a step can go on behind the batches that it did, as one that keeps the rows of its table has to.</summary>
    /// <param name="last">The manifest of the last batch; null where there is none.</param>
    /// <param name="model">The step's name in the project.</param>
    /// <exception cref="FozException">The table is not as its manifests say.</exception>
    public void CheckGoesOn(StepManifest? last, TableName model)
    {
        if (!IsThere || last is null && Number is null || last is not null && Number >= last.Batch - 1 || last is { Batch: 1 }) return;
        var carried = Number is { } number ? string.Create(CultureInfo.InvariantCulture, $"batch {number}") : "no batch";
        throw new FozException(
            ErrorKind.Table, last is null
                ? $"the table {Table} carries {carried} of its step, and nothing is known of what that read"
                : string.Create(CultureInfo.InvariantCulture, $"the table {Table} carries {carried} of its step, whose last one was {last.Batch}: it is another table, or an old copy"))
        {
            Hint = $"foz run {model} --full-refresh makes it anew",
        };
    }

    /// <summary>The number of the batch to run: the last one's if it is not done, else one that the table does not carry.</summary>
    /// <param name="last">The manifest of the last batch; null where there is none.</param>
    public long Next(StepManifest? last) => last is null ? (Number ?? 0) + 1 : Has(last) ? last.Batch + 1 : last.Batch;
}
