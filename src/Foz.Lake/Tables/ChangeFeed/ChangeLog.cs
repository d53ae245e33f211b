using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>A version as its commit made it.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Before">The table before it; null for the first version, and where the log no longer has it.</param>
/// <param name="After">The table after it.</param>
public readonly record struct VersionStep(Commit Commit, Snapshot? Before, Snapshot After)
{
    /// <summary>The version.</summary>
    public long Version => Commit.Version;

    /// <summary>The files that came with rows, not those into which rows only moved.</summary>
    public IEnumerable<AddFile> Added => Commit.Actions.OfType<AddFile>().Where(add => add.DataChange);

    /// <summary>The files that went with rows, not those from which rows only moved.</summary>
    public IEnumerable<RemoveFile> Removed => Commit.Actions.OfType<RemoveFile>().Where(remove => remove.DataChange);

    /// <summary>Whether it only removed old rows, as their retention wants it, and rewrote none.</summary>
    public bool IsRetention => Commit.Info?.OperationParameters.ContainsKey(TableOperation.Retention) == true
        && Added.All(add => add.DeletionVector is not null);

    /// <summary>
    /// Whether added files may hold rows copied from removed files: not where the table's feed would have recorded it,
    /// and not where all rows were replaced.
    /// </summary>
    public bool MayCopy =>
        ChangeDataFiles.Count == 0 && !ChangeDataFeed.IsOn(After.Protocol, After.Metadata) && !IsOverwrite;

    /// <summary>Whether all rows gave way to others.</summary>
    bool IsOverwrite => Commit.Info is { Operation: { } operation, OperationParameters: var parameters }
        && (operation.StartsWith("CREATE OR REPLACE", StringComparison.Ordinal)
            || operation.StartsWith("REPLACE TABLE", StringComparison.Ordinal)
            || (operation == TableOperation.Overwrite.Name && !parameters.ContainsKey("predicate")
                && !parameters.ContainsKey("replaceUsing") && parameters.Find("mode") == "Overwrite"
                && parameters.Find("isDynamicPartitionOverwrite") is not "true"));

    /// <summary>The change data files; where there are any, they record all that the version changed.</summary>
    public IReadOnlyList<AddCdcFile> ChangeDataFiles => [.. Commit.Actions.OfType<AddCdcFile>()];
}

/// <summary>
/// Reads what happened between versions, commit by commit: all that learns what is new learns it here.
/// </summary>
public static class ChangeLog
{
    const int CommitsAtOnceMax = 32;

    /// <summary>The versions of a range, in order.</summary>
    /// <param name="table">The table.</param>
    /// <param name="from">The first.</param>
    /// <param name="to">The last; before the first for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The log no longer has one of them.</exception>
    public static async Task<IReadOnlyList<VersionStep>> ReadAsync(
        LakeTable table, long from, long to, CancellationToken cancellationToken)
    {
        var steps = new List<VersionStep>();
        if (from > to) return steps;
        var state = await FindBeforeAsync(table, from, cancellationToken);
        for (var first = from; first <= to; first += CommitsAtOnceMax)
        {
            var last = Math.Min(to, first + CommitsAtOnceMax - 1);
            foreach (var commit in await ReadCommitsAsync(table, first, last, cancellationToken))
            {
                var after = state?.Advance(commit)
                    ?? await table.Delta.SnapshotAsync(commit.Version, cancellationToken);
                steps.Add(new(commit, state, after));
                state = after;
            }
        }
        return steps;
    }

    /// <summary>
    /// Whether anything but the arrangement of rows in files changed in the versions of a range; null where the log no
    /// longer shows it.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="from">The first version.</param>
    /// <param name="to">The last; before the first for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<bool?> ChangesAnythingAsync(
        LakeTable table, long from, long to, CancellationToken cancellationToken)
    {
        for (var version = from; version <= to; version++)
        {
            if (await table.Delta.ReadCommitAsync(version, cancellationToken) is not { } commit) return null;
            if (!commit.Actions.All(OnlyArranges)) return true;
        }
        return false;
    }

    /// <summary>
    /// Whether the rows of a table are those that a batch left: the commits after its own only moved them.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="latest">Its version.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<bool> IsAsLeftByAsync(
        LakeTable table, TableSnapshot latest, StepBatch batch, CancellationToken cancellationToken)
    {
        for (var version = latest.Version; version >= 0 && version > latest.Version - CommitsAtOnceMax; version--)
        {
            if (await table.Delta.ReadCommitAsync(version, cancellationToken) is not { } commit) return false;
            if (commit.Actions.OfType<SetTransaction>()
                .Any(set => set.Version == batch.Number
                    && set.AppId.Equals(batch.Step, StringComparison.OrdinalIgnoreCase)))
                return true;
            if (!commit.Actions.All(OnlyArranges)) return false;
        }
        return false;
    }

    // Rows that move to another file keep their ids, and that gets ids that no row has. A batch that is noted changes
    // no row.
    static bool OnlyArranges(LogAction action) =>
        action is CommitInfo or SetTransaction or FileAction { DataChange: false }
            or DomainMetadata { Domain: RowTracking.Domain };

    static Task<Commit[]> ReadCommitsAsync(LakeTable table, long first, long last, CancellationToken cancellationToken)
    {
        var commits = new List<Task<Commit>>();
        for (var version = first; version <= last; version++) commits.Add(ReadAsync(version));
        return Task.WhenAll(commits);

        async Task<Commit> ReadAsync(long version) =>
            await table.Delta.ReadCommitAsync(version, cancellationToken) ?? throw Gone(table, version);
    }

    /// <summary>The error of a version whose commit was cleaned up.</summary>
    static FozException Gone(LakeTable table, long version) =>
        new(ErrorKind.NotFound,
            $"the log of {table.Name} no longer has version {version}: its changes are unknown")
        {
            Hint = $"foz history {table.Name} lists the versions that are left; "
                + "a step that reads what is new goes on with --full-refresh, from the beginning",
        };

    // A checkpoint may be all that is left of the version before, or of this one.
    static async ValueTask<Snapshot?> FindBeforeAsync(
        LakeTable table, long version, CancellationToken cancellationToken)
    {
        if (version == 0) return null;
        try
        {
            return await table.Delta.SnapshotAsync(version - 1, cancellationToken);
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.VersionNotFound or DeltaErrorKind.Corrupt)
        {
            return null;
        }
    }
}
