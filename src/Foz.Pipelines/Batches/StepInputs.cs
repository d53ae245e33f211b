using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;

namespace Foz.Pipelines.Batches;

/// <summary>What the tables of steps were made from.</summary>
public static class StepInputs
{
    /// <summary>Finds the version of an input that a table has all of.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="table">The table, in the lake.</param>
    /// <param name="batch">The last batch of its step that it carries.</param>
    /// <param name="input">The input, as the step's SQL names it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The version; null where that is not known.</returns>
    /// <exception cref="FozException">A manifest cannot be read.</exception>
    public static async Task<long?> FindVersionAsync(
        Lakehouse lake, TableName table, long batch, TableName input, CancellationToken cancellationToken)
    {
        var manifests = await new StepLog(lake.Store, $"{table}").ReadAllAsync(cancellationToken);
        return manifests.LastOrDefault(manifest => manifest.Batch == batch)?.Tables
            .FirstOrDefault(read => read.Key.Equals($"{input}", StringComparison.OrdinalIgnoreCase)).Value?.Version;
    }
}
