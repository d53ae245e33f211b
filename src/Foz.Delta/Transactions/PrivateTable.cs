using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Transactions;

/// <summary>
/// A table as one transaction of several statements has changed it: each of them commits to versions that only the
/// transaction sees, and all of them become one commit of the table. For one thread.
/// </summary>
public sealed class PrivateTable
{
    readonly DeltaTable table;
    readonly PrivateLog log;
    readonly Snapshot start;

    /// <summary>Begins at a version of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="start">The version.</param>
    /// <exception cref="DeltaException">The table demands of writers what is not supported.</exception>
    public PrivateTable(DeltaTable table, Snapshot start)
    {
        start.CheckWritable();
        (this.table, this.start) = (table, start);
        log = new(table.Store, start.Version, table.Time);
        Table = DeltaTable.PrivateOf(table, log, start);
    }

    /// <summary>The table with what was changed so far; another object after a rollback.</summary>
    public DeltaTable Table { get; private set; }

    /// <summary>The newest of its versions.</summary>
    public long Version => log.Version;

    /// <summary>How many statements have changed it.</summary>
    public int ChangeCount => (int)(log.Version - start.Version);

    /// <summary>
    /// Whether the table records what changed, or which row is which, from one version to the next: see
    /// <see cref="FindObstacleAsync"/>.
    /// </summary>
    public bool TellsOfEach =>
        ChangeDataFeed.IsOn(start.Protocol, start.Metadata) || RowTracking.IsOn(start.Protocol, start.Metadata);

    /// <summary>Rolls back the changes after a version, and deletes the files that only they have.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task RollBackToAsync(long version, CancellationToken cancellationToken)
    {
        if (version >= log.Version) return;
        var gone = await FilesAsync(version + 1, cancellationToken);
        gone.ExceptWith(await FilesAsync(start.Version + 1, version, cancellationToken));
        log.RollBackTo(version);
        // What it remembers of commits is not there any more.
        Table = DeltaTable.PrivateOf(table, log, start);
        await DeleteAsync(gone, cancellationToken);
    }

    /// <summary>
    /// Commits all changes as the next version of the table. Changes that only added rows, and read none, conflict with
    /// nothing; otherwise the whole table counts as read.
    /// </summary>
    /// <returns>How it ended; null where there is nothing to commit.</returns>
    /// <param name="options">
    /// What is recorded of a transaction of several statements; a single one is recorded unchanged.
    /// </param>
    /// <param name="keepsFiles">Whether files stay that only its own versions have, since they are still read.</param>
    /// <param name="cancellationToken">Stops it before the commit.</param>
    /// <exception cref="StorageException">
    /// The storage failed: the changes may be committed or not, and their files stay.
    /// </exception>
    public async Task<CommitResult?> CommitAsync(
        TransactionOptions options, bool keepsFiles, CancellationToken cancellationToken)
    {
        if (ChangeCount == 0) return null;
        var changes = await ChangesAsync(start.Version + 1, log.Version, cancellationToken);
        var end = await Table.LatestSnapshotAsync(cancellationToken);
        var written = await FilesAsync(start.Version + 1, cancellationToken);
        var transaction = Squash(changes, end, options);
        // Statements that found no rows, or took back what others of them did, have only read: nothing is in their way.
        var result = transaction.IsEmpty ? null : await transaction.CommitAsync(cancellationToken);
        if (result is CommitResult.Committed) written.ExceptWith(PathsOf(transaction));
        if (!keepsFiles || result is CommitResult.Conflicted) await DeleteAsync(written, CancellationToken.None);
        return result;
    }

    /// <summary>
    /// Returns the feature for which no other statement can follow the ones so far: with it the table records what
    /// changed, or which row is which, from one version to the next. Null where one can.
    /// </summary>
    public async ValueTask<string?> FindObstacleAsync(CancellationToken cancellationToken)
    {
        var tells = ChangeDataFeed.IsOn(start.Protocol, start.Metadata) ? "a change data feed"
            : RowTracking.IsOn(start.Protocol, start.Metadata) ? "row tracking"
            : null;
        if (tells is null || ChangeCount < 2) return null;
        var changes = await ChangesAsync(start.Version + 1, log.Version, cancellationToken);
        return changes.Exists(change => change.Actions.Any(action => action is RemoveFile or AddCdcFile))
            ? tells
            : null;
    }

    Transaction Squash(List<Commit> changes, Snapshot end, TransactionOptions options)
    {
        var only = changes is [{ Info: { } info }] ? info : null;
        var transaction = new Transaction(table, start, options with
        {
            Operation = only?.Operation ?? options.Operation,
            Parameters = only?.OperationParameters ?? options.Parameters,
        });
        if (DeletionVectorRules.AreAllThatChanged(start.Protocol, end.Protocol)
            && DeletionVectorRules.AreAllThatChanged(start.Metadata, end.Metadata)) transaction.TakeDeletionVectors();
        if (end.Protocol != transaction.Staged.CurrentProtocol) transaction.SetProtocol(end.Protocol);
        if (!end.Metadata.Equals(transaction.Staged.CurrentMetadata)) transaction.SetMetadata(end.Metadata);
        foreach (var (name, domain) in end.Domains)
            if (name != RowTracking.Domain && start.Domains.GetValueOrDefault(name) != domain)
                transaction.SetDomain(name, domain.Configuration);
        foreach (var name in start.Domains.Keys)
            if (!end.Domains.ContainsKey(name)) transaction.SetDomain(name, configuration: null);
        var (added, removed) = Stage(transaction, end);
        foreach (var cdc in changes.Count == 1 ? changes[0].Actions.OfType<AddCdcFile>() : [])
            transaction.AddChanges(cdc);
        if (removed > 0 || changes.Exists(change => change.Info?.IsBlindAppend != true)) transaction.ReadWholeTable();
        var used = PathsOf(transaction).ToHashSet(StringComparer.Ordinal);
        transaction.PublishWithCommit(log.Staged.Where(used.Contains).Distinct());
        transaction.PreservesRows = changes.TrueForAll(
            change => change.Info?.Tags?.Find(RowTracking.PreservedTag) != "false");
        transaction.Metrics = only?.OperationMetrics
            ?? new([new("numAddedFiles", $"{added}"), new("numRemovedFiles", $"{removed}")]);
        return transaction;
    }

    /// <summary>Stages what the files at the end are more and less than those at the start.</summary>
    (int Added, int Removed) Stage(Transaction transaction, Snapshot end)
    {
        var removed = start.Files.Where(file => end.Files.Find(file.Key) is null).ToList();
        var kept = removed.ToDictionary(file => file.Path.Value, StringComparer.Ordinal);
        var added = end.Files.Where(file => start.Files.Find(file.Key) is null).ToList();
        foreach (var file in removed) transaction.Remove(file);
        foreach (var file in added)
        {
            var before = kept.GetValueOrDefault(file.Path.Value);
            // Ids of rows are given by the commit that others see.
            transaction.Add(file with
            {
                DataChange = true,
                BaseRowId = before?.BaseRowId,
                DefaultRowCommitVersion = before?.DefaultRowCommitVersion,
            });
        }
        return (added.Count, removed.Count);
    }

    async Task<HashSet<string>> FilesAsync(long first, CancellationToken cancellationToken) =>
        await FilesAsync(first, log.Version, cancellationToken);

    /// <summary>The files that versions added.</summary>
    async Task<HashSet<string>> FilesAsync(long first, long last, CancellationToken cancellationToken)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in await ChangesAsync(first, last, cancellationToken))
            foreach (var action in change.Actions)
                files.UnionWith(PathsOf(action));
        // A file of the table that only lost rows is named again; its vector may hold those of other files.
        files.ExceptWith(start.Files.Select(file => file.Path.Value));
        files.ExceptWith(start.Files.Select(file => file.DeletionVector).OfType<DeletionVectorDescriptor>()
            .Select(DeletionVectorFile.PathOf).OfType<string>());
        return files;
    }

    async Task<List<Commit>> ChangesAsync(long first, long last, CancellationToken cancellationToken)
    {
        var changes = new List<Commit>();
        for (var version = first; version <= last; version++)
            changes.Add((await Table.ReadCommitAsync(version, cancellationToken))!);
        return changes;
    }

    async Task DeleteAsync(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var file in files) await table.Store.DeleteAsync(file, cancellationToken);
        }
        catch (StorageException)
        {
            // No version names them: VACUUM deletes what is left. How a commit ended is not changed by it.
        }
    }

    static IEnumerable<string> PathsOf(Transaction transaction) =>
        transaction.Staged.Adds.Values.SelectMany(PathsOf).Concat(transaction.Staged.Changes.SelectMany(PathsOf));

    static IEnumerable<string> PathsOf(LogAction action)
    {
        if (action is AddCdcFile cdc) yield return cdc.Path.Value;
        if (action is not AddFile file) yield break;
        yield return file.Path.Value;
        if (file.DeletionVector is { } vector && DeletionVectorFile.PathOf(vector) is { } path) yield return path;
    }
}
