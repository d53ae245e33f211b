using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Readers;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Transactions;

/// <summary>
/// A change of a table in the making: starts at a snapshot, notes what was read, collects actions, and commits them as
/// the next version, after any concurrent commits that it does not conflict with. For one thread, and one commit.
/// </summary>
public sealed class Transaction
{
    readonly Dictionary<string, AddFile> adds = new(StringComparer.Ordinal);
    readonly Dictionary<string, RemovedFile> removes = new(StringComparer.Ordinal);
    readonly Dictionary<string, RowSet> deletedRows = new(StringComparer.Ordinal);
    readonly List<AddCdcFile> changes = [];
    readonly List<string> staged = [];
    readonly Dictionary<string, SetTransaction> applications = new(StringComparer.Ordinal);
    readonly Dictionary<string, DomainMetadata> domains = new(StringComparer.Ordinal);
    bool isCommitted;
    (Metadata? Metadata, Protocol? Protocol) beforeVectors;

    /// <summary>Starts a transaction on a version of a table.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: the table demands of writers what is not supported.
    /// </exception>
    public Transaction(DeltaTable table, Snapshot snapshot, TransactionOptions options)
    {
        Table = table;
        ReadSnapshot = snapshot;
        Options = options;
        snapshot.CheckWritable();
    }

    Transaction(DeltaTable table, TableDefinition definition, TransactionOptions options)
    {
        Table = table;
        Options = options;
        (Protocol, var metadata) = definition.ToActions(table.Time);
        Metadata = RowTracking.WithColumns(metadata);
        ProtocolSupport.CheckWritable(Protocol, Metadata, table.Name);
        HeldReaders.Check(before: null, Protocol, Metadata, table.Name);
        ChangeDataFeed.CheckColumns(Metadata);
    }

    /// <summary>The table.</summary>
    public DeltaTable Table { get; }

    /// <summary>The version that the transaction reads; null where it creates the table.</summary>
    public Snapshot? ReadSnapshot { get; }

    /// <summary>Operation, isolation and the like.</summary>
    public TransactionOptions Options { get; }

    /// <summary>The counts that history shows, such as <c>numOutputRows</c>; set before the commit.</summary>
    public StringMap Metrics { get; set; } = StringMap.Empty;

    /// <summary>The metadata that the commit sets; null if it leaves them.</summary>
    public Metadata? Metadata { get; private set; }

    /// <summary>The protocol that the commit sets; null if it leaves it.</summary>
    public Protocol? Protocol { get; private set; }

    /// <summary>The schema of the table once the transaction is committed.</summary>
    public TableSchema Schema => SnapshotSchema.Of(CurrentProtocol, CurrentMetadata);

    /// <summary>
    /// Whether rows that are changed or moved keep their ids, where the table tracks rows (PROTOCOL.md, "Row
    /// Tracking"). Where the writer does not say it, only where none can be: nothing is removed but by deletion
    /// vectors, or nothing is added.
    /// </summary>
    public bool PreservesRows
    {
        get => field || removes.Count == 0 || adds.Values.All(file => file.BaseRowId is not null);
        set;
    }

    /// <summary>Whether nothing is staged: a commit would only say that it was made.</summary>
    public bool IsEmpty => adds.Count + removes.Count + changes.Count + applications.Count + domains.Count == 0
        && Metadata is null && Protocol is null;

    /// <summary>
    /// Whether the commit changes metadata and protocol only so that rows can be marked as deleted: what others have
    /// read, and write, is right with that too.
    /// </summary>
    internal bool OnlyTakesVectors { get; private set; }

    internal ReadSet Reads { get; } = new();

    internal IReadOnlyCollection<AddFile> Adds => adds.Values;

    internal IReadOnlyDictionary<string, RemovedFile> Removes => removes;

    /// <summary>
    /// The rows that this transaction deletes by deletion vectors, as far as callers gave them, by path.
    /// </summary>
    internal IReadOnlyDictionary<string, RowSet> DeletedRows => deletedRows;

    internal IReadOnlyList<AddCdcFile> Changes => changes;

    /// <summary>Paths of files that are published with the commit.</summary>
    internal IReadOnlyList<string> Staged => staged;

    /// <summary>Whether the transaction adds or removes the file at a path.</summary>
    internal bool Touches(string path) => adds.ContainsKey(path) || removes.ContainsKey(path);

    internal IReadOnlyDictionary<string, SetTransaction> Applications => applications;

    internal IReadOnlyDictionary<string, DomainMetadata> Domains => domains;

    internal Metadata CurrentMetadata => Metadata ?? ReadSnapshot!.Metadata;

    internal Protocol CurrentProtocol => Protocol ?? ReadSnapshot!.Protocol;

    /// <summary>Starts the transaction that creates a table; it can have files in its first version already.</summary>
    /// <exception cref="DeltaException">
    /// The definition is faulty (<see cref="DeltaErrorKind.InvalidSchema"/>), or asks for what is not supported.
    /// </exception>
    public static Transaction Create(DeltaTable table, TableDefinition definition, TransactionOptions options) =>
        new(table, definition, options);

    /// <summary>
    /// The files that may hold rows which fulfil a condition; notes that the transaction depends on them, and on no
    /// others being added.
    /// </summary>
    public IReadOnlyList<MatchedFile> Read(Predicate condition)
    {
        if (ReadSnapshot is null) return [];
        var files = new FilePruner(ReadSnapshot.TableSchema, condition).Match(ReadSnapshot.Files);
        Reads.Add(condition);
        foreach (var (file, _) in files) Reads.Add(file);
        return files;
    }

    /// <summary>
    /// As <see cref="Read"/>, for a transaction that decides about each row by that row alone: of the files it depends
    /// only on the rows that <see cref="ReadRows"/> names, and a concurrent commit may delete others of them.
    /// </summary>
    public IReadOnlyList<MatchedFile> ReadByRow(Predicate condition)
    {
        if (ReadSnapshot is null) return [];
        Reads.Add(condition);
        var files = new FilePruner(ReadSnapshot.TableSchema, condition).Match(ReadSnapshot.Files);
        foreach (var (file, _) in files) Reads.Add(file, RowSet.Empty);
        return files;
    }

    /// <summary>Notes that the transaction depends on some rows of a file.</summary>
    public void ReadRows(AddFile file, RowSet rows) => Reads.Add(file, rows);

    /// <summary>Notes that the transaction depends on files, without looking for more.</summary>
    public void ReadFiles(IEnumerable<AddFile> files)
    {
        foreach (var file in files) Reads.Add(file);
    }

    /// <summary>Notes that the transaction depends on everything in the table.</summary>
    public void ReadWholeTable() => Reads.AddWholeTable();

    /// <summary>Adds a data file, which is in the store already.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: the path is staged already, or the partition values are not those
    /// of the table's partition columns.
    /// </exception>
    public void Add(AddFile file)
    {
        StagingRules.CheckPartitionValues(file, Schema);
        if (!adds.TryAdd(file.Path.Value, file)) throw StagingRules.Twice("added", file);
    }

    /// <summary>
    /// Notes staged files (<see cref="Storage.IObjectStore.StagingPath"/>) that the commit publishes, so that they and
    /// the log become durable together. Those of other files are published before.
    /// </summary>
    public void PublishWithCommit(IEnumerable<string> paths) => staged.AddRange(paths);

    /// <summary>Removes a file of the snapshot.</summary>
    /// <param name="file">A file of <see cref="ReadSnapshot"/>.</param>
    /// <param name="dataChange">False if its rows are in other files of this commit.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: the snapshot has no such file, or it is removed already.
    /// </exception>
    public void Remove(AddFile file, bool dataChange = true)
    {
        if (ReadSnapshot?.Files.Find(file.Key) is not { } known) throw StagingRules.NotThere(file);
        if (!removes.TryAdd(file.Path.Value, new(known, dataChange))) throw StagingRules.Twice("removed", file);
    }

    /// <summary>Removes every file of the snapshot, as an overwrite does.</summary>
    public void RemoveAll()
    {
        ReadWholeTable();
        if (ReadSnapshot is null) return;
        foreach (var file in ReadSnapshot.Files) Remove(file);
    }

    /// <summary>
    /// Gives a file of the snapshot another deletion vector, which replaces the one that it has; the statistics stay as
    /// wide bounds.
    /// </summary>
    /// <param name="file">A file of <see cref="ReadSnapshot"/>.</param>
    /// <param name="vector">All deleted rows of the file, those of the old vector included; null for none.</param>
    /// <param name="deleted">
    /// Of these the rows that this transaction deletes, and depends on. With them, a concurrent commit that deletes
    /// other rows of the file is no conflict: the commit deletes both. Null where such a commit must be one.
    /// </param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: as <see cref="Remove"/>, or the vector is the one that it has;
    /// <see cref="DeltaErrorKind.Refused"/>: the table does not allow deletion vectors, or the file does not say its
    /// number of rows.
    /// </exception>
    public void SetDeletionVector(AddFile file, DeletionVectorDescriptor? vector, RowSet? deleted = null)
    {
        var recordCount = StagingRules.CheckDeletionVector(file, vector, CurrentMetadata, CurrentProtocol);
        Remove(file);
        Add(WithVector(file, vector, recordCount));
        if (deleted is null) return;
        deletedRows.Add(file.Path.Value, deleted);
        ReadRows(file, deleted);
    }

    /// <summary>Writes deletion vectors; the commit makes them durable.</summary>
    /// <returns>The descriptors, in the order of <paramref name="vectors"/>.</returns>
    /// <exception cref="StorageException">The store failed.</exception>
    public async ValueTask<IReadOnlyList<DeletionVectorDescriptor>> WriteVectorsAsync(
        IReadOnlyList<RowSet> vectors, CancellationToken cancellationToken)
    {
        if (!Table.Store.IsLocal) return await DeletionVectorFile.WriteAsync(Table.Store, vectors, cancellationToken);
        var descriptors = await DeletionVectorFile.StageAsync(Table.Store, vectors, cancellationToken);
        PublishWithCommit(descriptors.Select(DeletionVectorFile.PathOf).OfType<string>().Distinct());
        return descriptors;
    }

    /// <summary>Deletes this transaction's rows of a file as a concurrent commit left it.</summary>
    /// <param name="file">The file as that commit added it.</param>
    /// <param name="vector">The rows that both deleted; null where none is left.</param>
    internal void Rebase(AddFile file, DeletionVectorDescriptor? vector)
    {
        removes[file.Path.Value] = new(file, DataChange: true);
        if (vector is null) adds.Remove(file.Path.Value);
        else adds[file.Path.Value] = WithVector(file, vector, FileStatistics.RecordCount(file)!.Value);
    }

    /// <summary>Adds a file of row changes for the change data feed.</summary>
    public void AddChanges(AddCdcFile file) => changes.Add(file);

    /// <summary>
    /// Changes schema, properties or descriptions. Features that they need are added to the protocol.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the schema is faulty; <see cref="DeltaErrorKind.Unsupported"/>: a
    /// feature is needed that is not supported; <see cref="DeltaErrorKind.ShutsReaderOut"/>: an engine that the table
    /// stays readable for does not read it.
    /// </exception>
    public void SetMetadata(Metadata metadata)
    {
        metadata = RowTracking.WithColumns(metadata);
        var protocol = FeatureRules.Upgrade(CurrentProtocol, metadata);
        ProtocolSupport.CheckWritable(protocol, metadata, Table.Name);
        HeldReaders.Check(ReadSnapshot, protocol, metadata, Table.Name);
        _ = SnapshotSchema.Of(protocol, metadata);
        ChangeDataFeed.CheckColumns(metadata);
        // Every file must be fit for it, those of concurrent commits too.
        if (IcebergCompat.IsRequired(metadata.Configuration)
            && !IcebergCompat.IsRequired(CurrentMetadata.Configuration))
            ReadWholeTable();
        Metadata = metadata;
        if (protocol != CurrentProtocol) Protocol = protocol;
        OnlyTakesVectors = false;
    }

    /// <summary>
    /// Lets rows be marked as deleted in the table from this commit on, where they cannot be yet: the feature with all
    /// that the protocol has demanded before, and the property.
    /// </summary>
    public void TakeDeletionVectors()
    {
        if (DeletionVectorRules.AreOn(CurrentProtocol, CurrentMetadata)) return;
        beforeVectors = (Metadata, Protocol);
        var isOnly = Metadata is null && Protocol is null;
        SetMetadata(DeletionVectorRules.Taken(CurrentMetadata));
        OnlyTakesVectors = isOnly;
    }

    /// <summary>Leaves to a commit that came first what it did, too: <see cref="TakeDeletionVectors"/>.</summary>
    internal void LeaveVectorsTaken()
    {
        (Metadata, Protocol) = beforeVectors;
        OnlyTakesVectors = false;
    }

    /// <summary>Changes what clients must support.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: this library could not write the table any more.
    /// </exception>
    public void SetProtocol(Protocol protocol)
    {
        ProtocolSupport.CheckWritable(protocol, CurrentMetadata, Table.Name);
        HeldReaders.Check(ReadSnapshot, protocol, CurrentMetadata, Table.Name);
        Protocol = protocol;
        OnlyTakesVectors = false;
    }

    /// <summary>
    /// Adds features to those that clients must support, and nothing else: a table without lists of features stays
    /// without them where an older version implies exactly those that it then has.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: this library could not write the table any more.
    /// </exception>
    public void AddFeatures(params IReadOnlyCollection<string> features)
    {
        var missing = features.Where(feature => !CurrentProtocol.Supports(feature)).ToList();
        if (missing.Count > 0) SetProtocol(FeatureRules.With(CurrentProtocol, missing));
    }

    /// <summary>
    /// Takes a feature away that nothing in the newest version needs. Older versions may still need it: for one that
    /// readers must support, their checkpoints are protected (feature <c>checkpointProtection</c>) by the caller.
    /// </summary>
    /// <param name="feature">The feature.</param>
    /// <param name="added">Features that come in its place.</param>
    public void DropFeature(string feature, params IReadOnlyCollection<string> added) =>
        SetProtocol(FeatureRules.Without(CurrentProtocol, feature, added));

    /// <summary>
    /// Records how far an application has come. Of concurrent commits for one application only one succeeds; the caller
    /// reads the snapshot's version for it first.
    /// </summary>
    public void SetApplicationVersion(string appId, long version) => applications[appId] = new()
    {
        AppId = appId,
        Version = version,
        LastUpdatedMs = Table.Time.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    /// <summary>Sets the configuration of a domain, or removes the domain with null.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: the table has no feature <c>domainMetadata</c>.
    /// </exception>
    public void SetDomain(string domain, string? configuration)
    {
        StagingRules.CheckDomain(CurrentProtocol);
        domains[domain] = new()
        {
            Domain = domain,
            Configuration = configuration ?? ReadSnapshot?.Domains.GetValueOrDefault(domain)?.Configuration ?? "",
            IsRemoved = configuration is null,
        };
    }

    /// <summary>
    /// The table as it would be if the transaction were committed now and no other came first; nothing is written.
    /// </summary>
    public Snapshot Preview()
    {
        var commit = new Commit
        {
            Version = (ReadSnapshot?.Version ?? -1) + 1,
            Actions = new CommitBuilder(this).Build(ReadSnapshot),
            File = new(LogFiles.CommitPath((ReadSnapshot?.Version ?? -1) + 1), SizeBytes: 0, Table.Time.GetUtcNow()),
        };
        var replay = ReadSnapshot is { } before ? new Replay(before) : new Replay(Table.Name);
        replay.Apply(commit);
        return replay.ToSnapshot();
    }

    /// <summary>
    /// Commits: writes the next version that no one has written, rebasing on concurrent commits that do not conflict.
    /// A write whose answer was lost is recognized. Cancelling has no effect once a version is being written.
    /// </summary>
    /// <exception cref="DeltaException">
    /// A rule of the table is broken (<see cref="DeltaErrorKind.Refused"/>), or a concurrent commit is corrupt; nothing
    /// is committed.
    /// </exception>
    /// <exception cref="StorageException">
    /// The storage failed; nothing is committed, except that a store that stays unreachable may still finish the write.
    /// </exception>
    /// <exception cref="InvalidOperationException">The transaction was committed before.</exception>
    public async Task<CommitResult> CommitAsync(CancellationToken cancellationToken)
    {
        if (isCommitted) throw new InvalidOperationException("a transaction is committed once");
        StagingRules.CheckCommit(this);
        isCommitted = true;
        return await new Committer(this).CommitAsync(cancellationToken);
    }

    static AddFile WithVector(AddFile file, DeletionVectorDescriptor? vector, long recordCount) => file with
    {
        DeletionVector = vector,
        DataChange = true,
        Stats = FileStatistics.WithWideBounds(file.Stats, recordCount),
    };
}
