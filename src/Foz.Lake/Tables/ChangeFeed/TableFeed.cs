using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>The changes of each version of a table, for what reads only new rows.</summary>
public static class TableFeed
{
    /// <summary>What versions changed.</summary>
    /// <param name="table">The table.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The last of them; null for the newest.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The first version is after the last, does not exist yet, or is no longer in the log.
    /// </exception>
    /// <exception cref="DeltaException">There is no table or no such version, or it cannot be read.</exception>
    public static async Task<TableChanges> ChangesAsync(
        this LakeTable table, long from, long? to, CancellationToken cancellationToken)
    {
        var end = to is { } last
            ? await table.VersionAsync(last, cancellationToken)
            : await table.LatestAsync(cancellationToken);
        if (from < 0 || from > end.Version)
            throw new FozException(
                ErrorKind.Usage, to is null
                    ? $"{table.Name} has no version {from} yet: its newest is {end.Version}"
                    : $"there are no versions from {from} to {to}");
        return await TableChanges.ReadAsync(table, end, from, cancellationToken);
    }

    /// <summary>The changes since a version that was read before, for what reads only new rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="since">The version that was read.</param>
    /// <param name="to">The last version; there are no changes where it is the same.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The log no longer has the versions.</exception>
    /// <exception cref="DeltaException">There is no such version, or it cannot be read.</exception>
    public static async Task<TableChanges> ChangesSinceAsync(
        this LakeTable table, long since, long to, CancellationToken cancellationToken) =>
        await TableChanges.ReadAsync(
            table, await table.VersionAsync(to, cancellationToken), since + 1, cancellationToken);

    /// <summary>
    /// Whether versions since one that was read before changed anything except the arrangement of rows in files; null
    /// where the log no longer shows it.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="since">The version that was read.</param>
    /// <param name="to">The last version.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<bool?> HasChangesSinceAsync(
        this LakeTable table, long since, long to, CancellationToken cancellationToken) =>
        ChangeLog.ChangesAnythingAsync(table, since + 1, to, cancellationToken);

    /// <summary>
    /// The last version up to which the new rows since a version that was read fit into limits: at least the first one
    /// that has any.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="since">The version that was read.</param>
    /// <param name="to">The last version that is asked for.</param>
    /// <param name="rowsMax">The most rows; null for any number. Rows of files without statistics do not count.</param>
    /// <param name="bytesMax">The most bytes of data files; null for any number.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The version; <paramref name="to"/> also where the log no longer has what is between them.</returns>
    public static async Task<long> LastFittingAsync(
        this LakeTable table, long since, long to, long? rowsMax, long? bytesMax, CancellationToken cancellationToken)
    {
        var (rows, bytes) = (0L, 0L);
        for (var version = since + 1; version <= to; version++)
        {
            if (await table.Delta.ReadCommitAsync(version, cancellationToken) is not { } commit) return to;
            var hadRows = bytes > 0;
            // A file of which rows were deleted comes again, with a deletion vector.
            foreach (var added in commit.Actions.OfType<AddFile>()
                .Where(file => file is { DataChange: true, DeletionVector: null }))
            {
                rows += FileStatistics.RecordCount(added) ?? 0;
                bytes += added.SizeBytes;
            }
            if (hadRows && (rows > rowsMax || bytes > bytesMax)) return version - 1;
        }
        return to;
    }

    /// <summary>What the versions from an instant to another changed, both included.</summary>
    /// <param name="table">The table.</param>
    /// <param name="from">The first instant.</param>
    /// <param name="to">The last instant; null for now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// There is no version between the instants, or the log no longer has what the versions changed.
    /// </exception>
    /// <exception cref="DeltaException">There is no table, or it cannot be read.</exception>
    public static async Task<TableChanges> ChangesAsync(
        this LakeTable table, DateTimeOffset from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var first = await table.Delta.FirstVersionAtAsync(from, cancellationToken);
        var end = to is { } instant
            ? await table.VersionAtAsync(instant, cancellationToken)
            : await table.LatestAsync(cancellationToken);
        return first is { } version && version <= end.Version
            ? await TableChanges.ReadAsync(table, end, version, cancellationToken)
            : throw new FozException(
                ErrorKind.NotFound,
                $"{table.Name} has no version between {from:u} and {(to is null ? "now" : $"{to:u}")}")
            {
                Hint = $"its newest is version {end.Version} of {end.Timestamp:u}",
            };
    }
}
