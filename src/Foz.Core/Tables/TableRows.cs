using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;

namespace Foz.Core.Tables;

/// <summary>What a statement reads of a table: a version's rows, or only those that were added since an earlier one.</summary>
public sealed class TableRows
{
    readonly TableSnapshot snapshot;
    readonly IReadOnlyCollection<AddFile> files;

    TableRows(TableSnapshot snapshot, IReadOnlyCollection<AddFile> files) => (this.snapshot, this.files) = (snapshot, files);

    /// <summary>The version.</summary>
    public long Version => snapshot.Version;

    /// <summary>The columns.</summary>
    public IReadOnlyList<Field> Fields => snapshot.Fields;

    /// <summary>All rows of a version.</summary>
    public static TableRows All(TableSnapshot snapshot) => new(snapshot, snapshot.State.Files);

    /// <summary>
    /// The rows that are in a version and in files that were added after an earlier one. A row that was changed counts
    /// as added; one that was deleted is not told of.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="snapshot">The version.</param>
    /// <param name="afterVersion">The earlier version; null for all rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">The log no longer has what came between.</exception>
    public static async Task<TableRows> AddedAsync(
        LakeTable table, TableSnapshot snapshot, long? afterVersion, CancellationToken cancellationToken)
    {
        if (afterVersion is not { } after) return All(snapshot);
        var before = (await table.VersionAsync(after, cancellationToken)).State.Files
            .Select(file => file.Path).ToHashSet();
        var moved = await MovedAsync(table, after, snapshot.Version, cancellationToken);
        // Files that only rearrange rows hold old ones; the new ones among them are read where they were first.
        return new(
            snapshot,
            [
                .. snapshot.State.Files.Where(file => !before.Contains(file.Path) && !moved.To.Contains(file.Path)),
                .. moved.From.Where(file => !before.Contains(file.Path)),
            ]);
    }

    /// <summary>Whether rows were deleted or changed between two versions, so that appending what is new is not enough.</summary>
    public static async Task<bool> HasRemovalsAsync(
        LakeTable table, long afterVersion, long version, CancellationToken cancellationToken)
    {
        for (var v = afterVersion + 1; v <= version; v++)
        {
            var commit = await table.Delta.ReadCommitAsync(v, cancellationToken);
            if (commit is null || commit.Actions.OfType<RemoveFile>().Any(remove => remove.DataChange)) return true;
        }
        return false;
    }

    /// <summary>Whether anything but the arrangement of rows in files changed between two versions.</summary>
    public static async Task<bool> HasChangesAsync(
        LakeTable table, long afterVersion, long version, CancellationToken cancellationToken)
    {
        for (var v = afterVersion + 1; v <= version; v++)
        {
            var commit = await table.Delta.ReadCommitAsync(v, cancellationToken);
            if (commit is null || !commit.Actions.All(action => action is CommitInfo or FileAction { DataChange: false })) return true;
        }
        return false;
    }

    /// <summary>How many data files hold them.</summary>
    public int FileCount => files.Count;

    /// <summary>The rows as a relation for one session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="filter">What is asked of the rows, to leave out files; null where nothing is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<TableRelation> OpenAsync(
        EngineSession session, FilterExpression? filter, CancellationToken cancellationToken) =>
        TableScan.OpenAsync(session, snapshot, Prune(filter), withAddresses: false, cancellationToken);

    IReadOnlyCollection<AddFile> Prune(FilterExpression? filter)
    {
        if (filter is null) return files;
        var pruner = new FilePruner(snapshot.Schema, FilterPredicate.Of(filter));
        return ReferenceEquals(files, snapshot.State.Files)
            ? pruner.Prune(snapshot.State.Files)
            : [.. files.Where(pruner.MayMatch)];
    }

    /// <summary>The files that commits between two versions put rows of other files into, and those other files.</summary>
    static async Task<(HashSet<FilePath> To, List<AddFile> From)> MovedAsync(
        LakeTable table, long afterVersion, long version, CancellationToken cancellationToken)
    {
        var to = new HashSet<FilePath>();
        var from = new Dictionary<FilePath, AddFile>();
        var added = new Dictionary<FilePath, AddFile>();
        for (var v = afterVersion + 1; v <= version; v++)
        {
            var commit = await table.Delta.ReadCommitAsync(v, cancellationToken)
                ?? throw new FozException(ErrorKind.NotFound, $"the log of {table.Name} no longer has version {v}")
                {
                    Hint = "run with --full-refresh to read the table from its beginning",
                };
            var adds = commit.Actions.OfType<AddFile>().ToList();
            if (adds.Any(add => !add.DataChange))
                foreach (var remove in commit.Actions.OfType<RemoveFile>())
                    if (added.TryGetValue(remove.Path, out var file)) from[remove.Path] = file;
            foreach (var add in adds)
            {
                if (add.DataChange) added[add.Path] = add;
                else to.Add(add.Path);
            }
        }
        return (to, [.. from.Values]);
    }
}
