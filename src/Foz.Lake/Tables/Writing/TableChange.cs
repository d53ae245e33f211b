using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Readers;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Storage;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// A change of a table whose files are written but which is not committed: the future table can be read.
/// Old rows go to deletion vectors and new ones to new files (PROTOCOL.md, "Deletion Vectors"); a table without
/// deletion vectors gets its files rewritten. What was written for a change that is not committed goes when it is
/// disposed of.
/// </summary>
public sealed partial class TableChange : IAsyncDisposable
{
    const string AddedRowsTable = "foz_recorded";

    readonly LakeTable table;
    readonly WriteOptions options;
    readonly TableOperation operation;
    readonly ChangeMetrics metrics = new();
    readonly DataFiles dataFiles;
    readonly Transaction transaction;
    readonly List<string> written = [];
    readonly List<AddFile> added = [];
    RowAddresses? removed;
    bool keepsFiles, isOverwritten;

    internal TableChange(
        LakeTable table, TableSnapshot? present, TargetSchema target, WriteOptions options, TableOperation operation)
    {
        (this.table, Present, Target, this.options, this.operation) = (table, present, target, options, operation);
        transaction = Begin();
        dataFiles = new(
            table, target, Metadata,
            transaction.Protocol ?? present!.State.Protocol, options.FileBytes);
        Tracked = present is null
            ? null
            : TrackedRows.Of(
                transaction.Protocol ?? present.State.Protocol, transaction.Metadata ?? present.State.Metadata);
        transaction.PreservesRows = Tracked is not null;
        if (options.Batch is not { } batch) return;
        batch.CheckNew(table, present);
        transaction.SetApplicationVersion(batch.Step, batch.Number);
    }

    /// <summary>Rows that are added, replaced ones included.</summary>
    public long RowsAdded => metrics.RowsAdded;

    /// <summary>Rows that are deleted, replaced ones included.</summary>
    public long RowsDeleted => metrics.RowsDeleted;

    /// <summary>The table that is changed; null where it does not exist yet.</summary>
    public TableSnapshot? Present { get; }

    internal TargetSchema Target { get; }

    /// <summary>The commit in the making.</summary>
    internal Transaction Transaction => transaction;

    /// <summary>
    /// Whether it changes what the table says of itself besides its rows: columns, properties, their descriptions.
    /// </summary>
    public bool ChangesMetadata => transaction.Metadata is not null;

    /// <summary>
    /// Whether the change takes the feature <c>deletionVectors</c>, which shuts readers out that do not know it.
    /// </summary>
    internal bool TakesVectors { get; private set; }

    /// <summary>Whether the table keeps rows that it had.</summary>
    public bool KeepsRows => Present is not null && !isOverwritten;

    /// <summary>
    /// The columns of which a merge has shown that no two of its rows have the same values; empty where none did.
    /// </summary>
    public IReadOnlyList<string> MergedBy { get; internal set; } = [];

    /// <summary>
    /// How many rows that a merge adds have NULL in a column of its key: they equal no row, and come again with the
    /// next merge.
    /// </summary>
    public long RowsWithoutKey { get; set; }

    /// <summary>
    /// How many of the rows that <see cref="PreviewNewRows"/> shows have NULL in a column; null where that is not known
    /// without reading them.
    /// </summary>
    /// <param name="column">The column, whatever the case of its name.</param>
    public long? NullsWritten(string column) => dataFiles.NullsIn(column);

    /// <inheritdoc cref="DataFiles.EmptyPartitions"/>
    public Warning? EmptyPartitions => dataFiles.EmptyPartitions;

    /// <inheritdoc cref="DataFiles.RangeIn"/>
    internal NumberRange? RangeWritten(StructField field) => dataFiles.RangeIn(field);

    /// <summary>The columns that the table has before the change; null where it does not exist yet.</summary>
    public IReadOnlyList<Foz.Lake.Data.Field>? FieldsBefore => Present?.Fields;

    /// <summary>The columns that the table would have.</summary>
    public IReadOnlyList<Foz.Lake.Data.Field> Fields => DeltaTypes.ToFields(transaction.Schema.Columns);

    /// <summary>Lets the table's history show something of the commit besides the operation's own parameters.</summary>
    public void Note(string key, string value) => transaction.Notes = transaction.Notes.With(key, value);

    /// <summary>
    /// Records with the commit how far something has come, which <see cref="TableSnapshot.BatchOf"/> tells.
    /// </summary>
    public void Reach(string application, long number) => transaction.SetApplicationVersion(application, number);

    /// <summary>The table as it would be.</summary>
    public TableSnapshot Preview() => new(table.Delta.Store, transaction.Preview());

    /// <summary>
    /// Returns the rows of the changed table that are in files of the change: those that are new or changed, and where
    /// files are rewritten those that stay with them.
    /// </summary>
    public TableRows PreviewNewRows()
    {
        var preview = Preview();
        var before = Present?.State.Files.Select(file => file.Path).ToHashSet() ?? [];
        return TableRows.Of(preview, [.. preview.State.Files.Where(file => !before.Contains(file.Path))]);
    }

    /// <summary>
    /// The rows that were added or changed, without those that only moved, in a version that has them.
    /// </summary>
    internal TableRows AddedRows(TableSnapshot version) => TableRows.Of(version, added);

    /// <summary>The rows that were removed one by one, in their old state.</summary>
    internal TableRows RemovedRows() => removed is null ? TableRows.Of(Present!, []) : removed.Rows;

    /// <summary>What the change counted, by Delta's names of metrics; the same as history will show.</summary>
    public IReadOnlyDictionary<string, long> Metrics => metrics.Of(operation.Name);

    /// <summary>
    /// Makes the change the table's next version. Concurrent commits that it does not conflict with are let pass, as
    /// often as <see cref="WriteOptions.RacesMax"/> allows.
    /// </summary>
    /// <exception cref="DeltaException">
    /// Another commit came first, and nothing of the change is in the table.
    /// </exception>
    /// <exception cref="StorageException">
    /// The storage failed, and the change may be in the table or not: its <c>txn</c>, or the history, shows which.
    /// </exception>
    public async Task<CommittedChange> CommitAsync(CancellationToken cancellationToken)
    {
        transaction.Metrics = new(
            Metrics.Select(metric => KeyValuePair.Create(metric.Key, (string?)$"{metric.Value}")));
        // A storage that fails now does not say whether the commit succeeded: its files must be there if it did.
        keepsFiles = true;
        var result = await transaction.CommitAsync(cancellationToken);
        keepsFiles = result is CommitResult.Committed;
        var committed = CommittedChange.Of(table, result.OrThrow());
        return committed with
        {
            Warning = EmptyPartitions ?? committed.Warning,
            Notice = TakesVectors ? CommittedChange.TookVectors(table.Name) : null,
        };
    }

    /// <summary>
    /// As <see cref="CommitAsync"/>; a change of nothing makes no version, but in a transaction, which depends on what
    /// it read.
    /// </summary>
    public async Task<CommittedChange> CommitUnlessEmptyAsync(CancellationToken cancellationToken) =>
        transaction.IsEmpty && Present is not null && !table.IsPrivate
            ? new(Present, Warning: null)
            : await CommitAsync(cancellationToken);

    /// <summary>Deletes what was written for a change that is not committed; otherwise does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (keepsFiles) return;
        keepsFiles = true;
        try
        {
            foreach (var path in written) await table.Delta.Store.DeleteAsync(path, CancellationToken.None);
        }
        catch (StorageException)
        {
            // No version names the files: VACUUM deletes them.
        }
    }

    /// <summary>Fills the change; where that fails, deletes what it has written.</summary>
    internal async Task<TableChange> FillAsync(Func<Task> fill)
    {
        try
        {
            await fill();
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>What the change has counted so far.</summary>
    public ChangeMetrics Counted => metrics;

    /// <summary>Whether the table has a change data feed, which must record the change.</summary>
    internal bool TellsChanges => Present is not null
        && ChangeDataFeed.IsOn(transaction.Protocol ?? Present.State.Protocol, Metadata);

    /// <summary>Whether an engine that the table stays readable for needs change files of all rows that go.</summary>
    bool TellsRemovals => HeldReaders.FindMissing(Metadata.Configuration, TableReader.ChangesWithoutFiles) is not null;

    /// <summary>The table's metadata, as the commit sets or leaves them.</summary>
    Metadata Metadata => transaction.Metadata ?? Present!.State.Metadata;

    /// <summary>How rows keep their ids; null where they keep none.</summary>
    internal TrackedRows? Tracked { get; }

    /// <summary>Adds rows, and takes none away.</summary>
    internal Task AddAsync(EngineSession session, ChangedRows rows, CancellationToken cancellationToken) =>
        AddAsync(session, [rows], isRecorded: false, cancellationToken);

    /// <summary>
    /// Takes rows of the table away and adds others. Every row that goes, or is replaced, goes this way, once in a
    /// change.
    /// </summary>
    /// <param name="session">The session that writes files.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task ApplyAsync(EngineSession session, RowChanges rows, CancellationToken cancellationToken)
    {
        removed = rows.Removed;
        var rewritten = await DeleteAsync(rows.Removed, cancellationToken);
        var isRewritten = rewritten.Count > 0;
        // Files that come and go, and rows that are marked as deleted, tell readers of the feed enough; rows that only
        // moved, and those that are one row before and after, readers could not distinguish.
        var isRecorded = TellsChanges
            && (isRewritten || rows.Replaced is { Count: > 0 } || (TellsRemovals && rows.Removed.Count > 0));
        using var left = isRewritten ? await OpenLeftAsync(session, rewritten, cancellationToken) : null;
        var isJoined = left is { Count: not null } && rows is { JoinsLeft: true, Added.Count: > 0 }
            && !isRecorded && Tracked is null;
        if (left is not null && !isJoined) await CopyAsync(session, left, cancellationToken);
        if (rows.Added.Count > 0)
            await AddAsync(session, rows.Added, isRecorded, cancellationToken, isJoined ? left : null);
        if (!isRecorded) return;
        using var recorded = new RecordedChanges(session, Present!, Target);
        await recorded.AddOldAsync(rows.Removed, rows.Replaced, cancellationToken);
        if (rows.Added.Count > 0) recorded.AddNew(AddedRowsTable);
        await WriteChangesAsync(session, recorded, cancellationToken);
        session.Execute($"DROP TABLE IF EXISTS {AddedRowsTable}", cancellationToken);
    }

    async Task WriteChangesAsync(EngineSession session, RecordedChanges recorded, CancellationToken cancellationToken)
    {
        var files = await dataFiles.WriteChangesAsync(session, recorded.Select, cancellationToken);
        written.AddRange(files.Select(file => file.Path.Value));
        foreach (var file in files) transaction.AddChanges(file);
        dataFiles.Stage(transaction);
        metrics.ChangeFilesAdded += files.Count;
        metrics.ChangeBytesAdded += files.Sum(file => file.SizeBytes);
    }

    /// <summary>Removes all files that the table had before the change; the rows that it added stay.</summary>
    /// <param name="session">The session that writes change files, where readers of the table need them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task RemoveAllAsync(EngineSession session, CancellationToken cancellationToken)
    {
        if (TellsChanges && TellsRemovals && Present is { FileCount: > 0 })
        {
            using var recorded = new RecordedChanges(session, Present, Target);
            await recorded.AddAsync(TableRows.All(Present), Present.Schema, ChangeTypes.Delete, cancellationToken);
            if (added.Count > 0)
                await recorded.AddAsync(AddedRows(Preview()), Target.Schema, ChangeTypes.Insert, cancellationToken);
            await WriteChangesAsync(session, recorded, cancellationToken);
        }
        transaction.RemoveAll();
        isOverwritten = true;
        metrics.RowsDeleted += Present?.RowCount ?? 0;
        metrics.FilesRemoved += Present?.FileCount ?? 0;
    }

    /// <summary>
    /// The files that may hold rows for which a condition holds; of them the change depends on the rows that it
    /// deletes, and those given to <see cref="DependOn"/>.
    /// </summary>
    internal IReadOnlyList<AddFile> Read(Predicate condition) =>
        [.. transaction.ReadByRow(condition).Select(match => match.File)];

    /// <summary>Notes that the change would be another without some rows, which it does not delete.</summary>
    internal void DependOn(RowAddresses rows)
    {
        foreach (var file in rows.Files) transaction.ReadRows(file, rows.RowsOf(file));
    }

    /// <summary>
    /// Adds the rows of SELECTs, which have the target's columns by physical names. Every new row comes this way.
    /// </summary>
    /// <param name="session">The session that writes files.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="isRecorded">Whether they are kept in a table of the session, for the change data feed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="left">Rows that are left of other files and go into the same ones; null for none.</param>
    async Task AddAsync(
        EngineSession session, IReadOnlyList<ChangedRows> rows, bool isRecorded, CancellationToken cancellationToken,
        LeftRows? left = null)
    {
        // New rows get their ids by the commit: columns for them are only needed next to others.
        var tracked = rows.Any(part => part.Change is RowChange.Update) ? Tracked : null;
        var parts = rows.Select(part =>
        {
            var select = tracked?.Select(part) ?? part.Select;
            return isRecorded
                ? $"SELECT *, '{Word(part.Change)}' AS {ChangeDataFeed.ChangeTypeColumn} FROM ({select}\n)"
                : select;
        });
        if (left is not null) parts = parts.Append(left.Select);
        var files = await WriteAsync(
            session, string.Join("\nUNION ALL ", parts), tracked, cancellationToken,
            isRecorded ? AddedRowsTable : null);
        added.AddRange(files);
        metrics.RowsCopied += left?.Count ?? 0;
        metrics.RowsAdded += files.Sum(file => FileStatistics.RecordCount(file) ?? 0) - (left?.Count ?? 0);
    }

    static string Word(RowChange change) =>
        change is RowChange.Insert ? ChangeTypes.Insert : ChangeTypes.Postimage;

    void Remove(ThinnedFile file)
    {
        transaction.ReadRows(file.File, file.Own);
        transaction.Remove(file.File);
        metrics.FilesRemoved++;
        if (file.File.DeletionVector is not null) metrics.VectorsRemoved++;
    }

    Transaction Begin()
    {
        var how = new TransactionOptions
        {
            Operation = operation.Name,
            Parameters = operation.Parameters,
            EngineInfo = TableOperation.EngineInfo,
            AttemptsMax = options.RacesMax + 1,
        };
        return Present is null ? Transaction.Create(table.Delta, Define(), how) : Change(Present, how);
    }

    TableDefinition Define() => new()
    {
        Schema = Target.Schema.Columns,
        PartitionColumns = [.. Target.Schema.PartitionColumns.Select(column => column.Name)],
        Properties = DeletionVectorRules.LeftOpen(options.Apply(StringMap.Empty)),
        Description = options.Description,
    };

    Transaction Change(TableSnapshot present, TransactionOptions how)
    {
        var change = new Transaction(table.Delta, present.State, how);
        var metadata = present.State.Metadata;
        if (Target.IsChanged) metadata = Target.Apply(metadata);
        if (options.Description is { } description) metadata = metadata with { Description = description };
        metadata = metadata with { Configuration = options.Apply(metadata.Configuration) };
        if (metadata != present.State.Metadata) change.SetMetadata(metadata);
        return change;
    }

    async Task<IReadOnlyList<AddFile>> WriteAsync(
        EngineSession session, string select, TrackedRows? tracked, CancellationToken cancellationToken,
        string? recorded = null)
    {
        var files = await dataFiles.WriteAsync(session, select, tracked?.Names ?? [], cancellationToken, recorded);
        written.AddRange(files.Select(file => file.Path.Value));
        foreach (var file in files) transaction.Add(file);
        dataFiles.Stage(transaction);
        metrics.FilesAdded += files.Count;
        metrics.BytesAdded += files.Sum(file => file.SizeBytes);
        return files;
    }
}
