using Foz.Delta.Iceberg;
using Foz.Delta.Log;
using Foz.Delta.Manifests;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Transactions;

/// <summary>What could not be written for programs that do not read the log.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Error">Why.</param>
public sealed record FormatFault(string What, Exception Error);

/// <summary>Brings what programs read that do not read the log up to a commit. The table does not need it.</summary>
static class OtherFormats
{
    /// <summary>Whether a table has any.</summary>
    public static bool IsAny(Metadata metadata) =>
        IcebergTable.IsEnabled(metadata.Configuration) || SymlinkManifests.IsEnabled(metadata);

    /// <summary>Writes them.</summary>
    /// <returns>What failed. Cancelling leaves the rest to the next commit.</returns>
    public static async ValueTask<IReadOnlyList<FormatFault>> UpdateAsync(
        DeltaTable table, Snapshot snapshot, Commit? commit, CancellationToken cancellationToken)
    {
        var faults = new List<FormatFault>();
        if (IcebergTable.IsEnabled(snapshot.Metadata.Configuration))
            await TryAsync(
                "the Iceberg metadata", new IcebergTable(table).UpdateAsync(snapshot, commit, cancellationToken));
        if (SymlinkManifests.IsEnabled(snapshot.Metadata))
            await TryAsync(
                "the manifests", new SymlinkManifests(table).UpdateAsync(snapshot, commit, cancellationToken));
        return faults;

        async Task TryAsync(string what, Task writing)
        {
            try
            {
                await writing;
            }
            catch (Exception fault) when (fault is DeltaException or StorageException)
            {
                faults.Add(new(what, fault));
            }
            catch (OperationCanceledException)
            {
                // The commit stands; what is missing is caught up on.
            }
        }
    }
}
