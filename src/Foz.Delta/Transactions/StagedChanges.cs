using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>
/// What a transaction has read and staged so far: the commit is made of it, and checked by it against others. For one
/// thread.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="readSnapshot">The version that the transaction reads; null where it creates the table.</param>
/// <param name="options">Operation, isolation and the like.</param>
sealed class StagedChanges(DeltaTable table, Snapshot? readSnapshot, TransactionOptions options)
{
    /// <summary>The table.</summary>
    public DeltaTable Table => table;

    /// <summary>The version that the transaction reads; null where it creates the table.</summary>
    public Snapshot? ReadSnapshot => readSnapshot;

    /// <summary>Operation, isolation and the like.</summary>
    public TransactionOptions Options => options;

    /// <summary>The counts that history shows.</summary>
    public StringMap Metrics { get; set; } = StringMap.Empty;

    /// <summary>What history shows of the commit besides the parameters of its operation.</summary>
    public StringMap Notes { get; set; } = StringMap.Empty;

    /// <summary>The metadata that the commit sets; null if it leaves them.</summary>
    public Metadata? Metadata { get; set; }

    /// <summary>The protocol that the commit sets; null if it leaves it.</summary>
    public Protocol? Protocol { get; set; }

    /// <summary>The metadata of the table once the transaction is committed.</summary>
    public Metadata CurrentMetadata => Metadata ?? readSnapshot!.Metadata;

    /// <summary>The protocol of the table once the transaction is committed.</summary>
    public Protocol CurrentProtocol => Protocol ?? readSnapshot!.Protocol;

    /// <summary>The schema of the table once the transaction is committed.</summary>
    public TableSchema Schema => SnapshotSchema.Of(CurrentProtocol, CurrentMetadata);

    /// <inheritdoc cref="Transaction.PreservesRows"/>
    public bool PreservesRows
    {
        get => field || Removes.Count == 0 || Adds.Values.All(file => file.BaseRowId is not null);
        set;
    }

    /// <summary>Whether nothing is staged: a commit would only say that it was made.</summary>
    public bool IsEmpty => Adds.Count + Removes.Count + Changes.Count + Applications.Count + Domains.Count == 0
        && Metadata is null && Protocol is null;

    /// <summary>
    /// Whether the commit changes metadata and protocol only so that rows can be marked as deleted, and would change
    /// neither otherwise: what others have read, and write, is right with that too.
    /// </summary>
    public bool OnlyTakesVectors { get; set; }

    /// <summary>What the transaction depends on.</summary>
    public ReadSet Reads { get; } = new();

    /// <summary>The files that it adds, by path.</summary>
    public Dictionary<string, AddFile> Adds { get; } = new(StringComparer.Ordinal);

    /// <summary>The files that it removes, by path.</summary>
    public Dictionary<string, RemovedFile> Removes { get; } = new(StringComparer.Ordinal);

    /// <summary>The rows deleted by deletion vectors, as far as they are known, by path.</summary>
    public Dictionary<string, RowSet> DeletedRows { get; } = new(StringComparer.Ordinal);

    /// <summary>Files of row changes for the change data feed.</summary>
    public List<AddCdcFile> Changes { get; } = [];

    /// <summary>Paths of files that are published with the commit.</summary>
    public List<string> Published { get; } = [];

    /// <summary>How far applications have come, by their names.</summary>
    public Dictionary<string, SetTransaction> Applications { get; } = new(StringComparer.Ordinal);

    /// <summary>Domains that it sets or removes, by their names.</summary>
    public Dictionary<string, DomainMetadata> Domains { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether it adds or removes the file at a path.</summary>
    public bool Touches(string path) => Adds.ContainsKey(path) || Removes.ContainsKey(path);

    /// <summary>Deletes the transaction's rows of a file as a concurrent commit left it.</summary>
    /// <param name="file">The file as that commit added it.</param>
    /// <param name="vector">The rows that both deleted; null where none is left.</param>
    public void Rebase(AddFile file, DeletionVectorDescriptor? vector)
    {
        Removes[file.Path.Value] = new(file, DataChange: true);
        if (vector is null) Adds.Remove(file.Path.Value);
        else Adds[file.Path.Value] = WithVector(file, vector, FileStatistics.RecordCount(file)!.Value);
    }

    /// <summary>Leaves to a commit that came first what it did, too: <see cref="OnlyTakesVectors"/>.</summary>
    public void LeaveVectorsTaken() => (Metadata, Protocol, OnlyTakesVectors) = (null, null, false);

    /// <summary>A file with another deletion vector; the statistics stay as wide bounds.</summary>
    public static AddFile WithVector(AddFile file, DeletionVectorDescriptor? vector, long recordCount) => file with
    {
        DeletionVector = vector,
        DataChange = true,
        Stats = FileStatistics.WithWideBounds(file.Stats, recordCount),
    };
}
