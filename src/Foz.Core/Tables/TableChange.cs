using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Transactions;

namespace Foz.Core.Tables;

/// <summary>
/// A change of a table whose files are written but which is not committed: the table can be looked at as it would be.
/// Old rows go to deletion vectors and new ones to new files (PROTOCOL.md, "Deletion Vectors"); a table without deletion
/// vectors gets its files rewritten.
/// </summary>
public sealed class TableChange
{
    const string DeletionVectorsProperty = "delta.enableDeletionVectors";

    readonly LakeTable table;
    readonly WriteOptions options;
    readonly DataFiles dataFiles;
    readonly Transaction transaction;
    readonly List<AddFile> written = [];

    internal TableChange(
        LakeTable table, TableSnapshot? present, TargetSchema target, WriteOptions options, TableOperation operation)
    {
        (this.table, Present, Target, this.options) = (table, present, target, options);
        transaction = Begin(operation);
        dataFiles = new(table, target.Schema, present?.State.Metadata.Configuration ?? StringMap.Empty);
        if (options.Batch is { } batch) transaction.SetApplicationVersion(batch.Step, batch.Number);
    }

    /// <summary>Rows that are added, replaced ones included.</summary>
    public long RowsAdded { get; private set; }

    /// <summary>Rows that are deleted, replaced ones included.</summary>
    public long RowsDeleted { get; private set; }

    /// <summary>The table that is changed; null where it is made.</summary>
    internal TableSnapshot? Present { get; }

    internal TargetSchema Target { get; }

    /// <summary>The table as it would be.</summary>
    public TableSnapshot Preview() => new(table.Delta.Store, transaction.Preview());

    /// <summary>
    /// Makes the change the table's next version. Concurrent commits that it does not conflict with are let pass, as
    /// often as <see cref="WriteOptions.RacesMax"/> allows.
    /// </summary>
    /// <exception cref="DeltaException">
    /// Another commit came first, or the storage failed; nothing of the change is in the table.
    /// </exception>
    public async Task<CommittedChange> CommitAsync(CancellationToken cancellationToken)
    {
        transaction.Metrics = new(
        [
            new("numOutputRows", $"{RowsAdded}"),
            new("numDeletedRows", $"{RowsDeleted}"),
            new("numAddedFiles", $"{written.Count}"),
        ]);
        return CommittedChange.Of(table, (await transaction.CommitAsync(cancellationToken)).OrThrow());
    }

    /// <summary>Deletes what was written for a change that is not committed.</summary>
    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        foreach (var file in written) await table.Delta.Store.DeleteAsync(file.Path.Value, cancellationToken);
    }

    /// <summary>Adds the rows of a SELECT, which has the target's columns by physical names.</summary>
    internal async Task AddAsync(EngineSession session, string select, CancellationToken cancellationToken) =>
        RowsAdded += (await WriteAsync(session, select, cancellationToken)).Sum(f => FileStatistics.RecordCount(f) ?? 0);

    /// <summary>Removes all files of the table.</summary>
    internal void RemoveAll()
    {
        transaction.RemoveAll();
        RowsDeleted += Present?.RowCount ?? 0;
    }

    /// <summary>The files that may hold rows for which a condition holds; the change depends on them.</summary>
    internal IReadOnlyList<AddFile> Read(Predicate condition) =>
        [.. transaction.Read(condition).Select(match => match.File)];

    /// <summary>Deletes the rows that a SELECT gives by file and row number.</summary>
    internal async Task DeleteAsync(
        EngineSession session, IReadOnlyCollection<AddFile> candidates, string select,
        CancellationToken cancellationToken)
    {
        var rows = new RowAddresses(Present!, candidates);
        rows.Add(session, select, cancellationToken);
        RowsDeleted += rows.Count;
        var left = new List<(AddFile File, RowSet Deleted)>();
        foreach (var file in rows.Files)
        {
            var deleted = (await TableScan.DeletedRowsAsync(Present!, file, cancellationToken)).Union(rows.RowsOf(file));
            if (FileStatistics.RecordCount(file) == deleted.Cardinality) transaction.Remove(file);
            else left.Add((file, deleted));
        }
        // A deletion vector needs to know how many rows its file has, which some writers do not say.
        var hasVectors = HasDeletionVectors();
        var marked = left.Where(file => hasVectors && FileStatistics.RecordCount(file.File) is not null).ToList();
        if (marked.Count > 0) await MarkAsync(marked, cancellationToken);
        if (marked.Count < left.Count) await RewriteAsync(session, [.. left.Except(marked)], cancellationToken);
    }

    Transaction Begin(TableOperation operation)
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
        Properties = StringMap.Empty.With(DeletionVectorsProperty, "true"),
        Description = options.Description,
    };

    Transaction Change(TableSnapshot present, TransactionOptions how)
    {
        var change = new Transaction(table.Delta, present.State, how);
        var metadata = present.State.Metadata;
        if (Target.IsChanged)
            metadata = metadata with
            {
                SchemaString = Target.Schema.Columns.ToString(),
                PartitionColumns = StringList.From(Target.Schema.PartitionColumns.Select(column => column.Name)),
            };
        if (options.Description is { } description) metadata = metadata with { Description = description };
        if (metadata != present.State.Metadata) change.SetMetadata(metadata);
        return change;
    }

    bool HasDeletionVectors() => Present is { State: var state }
        && state.Protocol.Supports(TableFeature.DeletionVectors)
        && state.Metadata.Configuration.Find(DeletionVectorsProperty) is "true";

    /// <summary>Merge-on-read: the files stay, with deletion vectors.</summary>
    async Task MarkAsync(List<(AddFile File, RowSet Deleted)> files, CancellationToken cancellationToken)
    {
        var vectors = await DeletionVectorFile.WriteAsync(
            table.Delta.Store, [.. files.Select(file => file.Deleted)], cancellationToken);
        foreach (var ((file, _), vector) in files.Zip(vectors)) transaction.SetDeletionVector(file, vector);
    }

    /// <summary>Copy-on-write: what is left of the files goes to new ones.</summary>
    async Task RewriteAsync(
        EngineSession session, List<(AddFile File, RowSet Deleted)> files, CancellationToken cancellationToken)
    {
        foreach (var (file, _) in files) transaction.Remove(file);
        using var rows = await TableScan.OpenAsync(
            session, Present!, [.. files.Select(file => file.File)], withAddresses: false, cancellationToken,
            files.ToDictionary(file => file.File, file => file.Deleted));
        var select = $"SELECT {Target.Projection("t", new Dictionary<string, string>())} FROM {rows.Sql} AS t";
        await WriteAsync(session, select, cancellationToken);
    }

    async Task<IReadOnlyList<AddFile>> WriteAsync(
        EngineSession session, string select, CancellationToken cancellationToken)
    {
        var files = await dataFiles.WriteAsync(session, select, options.FileBytes, cancellationToken);
        written.AddRange(files);
        foreach (var file in files) transaction.Add(file);
        return files;
    }
}
