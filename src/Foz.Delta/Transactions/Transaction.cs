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
    bool isCommitted;

    /// <summary>Starts a transaction on a version of a table.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: the table demands of writers what is not supported.
    /// </exception>
    public Transaction(DeltaTable table, Snapshot snapshot, TransactionOptions options)
    {
        Staged = new(table, snapshot, options);
        snapshot.CheckWritable();
    }

    Transaction(DeltaTable table, TableDefinition definition, TransactionOptions options)
    {
        var (protocol, metadata) = definition.ToActions(table.Time);
        metadata = RowTracking.WithColumns(metadata);
        Staged = new(table, readSnapshot: null, options) { Protocol = protocol, Metadata = metadata };
        ProtocolSupport.CheckWritable(protocol, metadata, table.Name);
        HeldReaders.Check(before: null, protocol, metadata, table.Name);
        ChangeDataFeed.CheckColumns(metadata);
    }

    /// <summary>The table.</summary>
    public DeltaTable Table => Staged.Table;

    /// <summary>The version that the transaction reads; null where it creates the table.</summary>
    public Snapshot? ReadSnapshot => Staged.ReadSnapshot;

    /// <summary>Operation, isolation and the like.</summary>
    public TransactionOptions Options => Staged.Options;

    /// <summary>The counts that history shows, such as <c>numOutputRows</c>; set before the commit.</summary>
    public StringMap Metrics
    {
        get => Staged.Metrics;
        set => Staged.Metrics = value;
    }

    /// <summary>
    /// What history shows of the commit besides the parameters of its operation; set before the commit.
    /// </summary>
    public StringMap Notes
    {
        get => Staged.Notes;
        set => Staged.Notes = value;
    }

    /// <summary>The metadata that the commit sets; null if it leaves them.</summary>
    public Metadata? Metadata => Staged.Metadata;

    /// <summary>The protocol that the commit sets; null if it leaves it.</summary>
    public Protocol? Protocol => Staged.Protocol;

    /// <summary>The schema of the table once the transaction is committed.</summary>
    public TableSchema Schema => Staged.Schema;

    /// <summary>
    /// Whether rows that are changed or moved keep their ids, where the table tracks rows (PROTOCOL.md, "Row
    /// Tracking"). Where the writer does not say it, only where none can be: nothing is removed but by deletion
    /// vectors, or nothing is added.
    /// </summary>
    public bool PreservesRows
    {
        get => Staged.PreservesRows;
        set => Staged.PreservesRows = value;
    }

    /// <summary>Whether nothing is staged: a commit would only say that it was made.</summary>
    public bool IsEmpty => Staged.IsEmpty;

    /// <summary>What it has read and staged so far.</summary>
    internal StagedChanges Staged { get; }

    Metadata CurrentMetadata => Staged.CurrentMetadata;

    Protocol CurrentProtocol => Staged.CurrentProtocol;

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
        Staged.Reads.Add(condition);
        foreach (var (file, _) in files) Staged.Reads.Add(file);
        return files;
    }

    /// <summary>
    /// As <see cref="Read"/>, for a transaction that decides about each row by that row alone: of the files it depends
    /// only on the rows that <see cref="ReadRows"/> names, and a concurrent commit may delete others of them.
    /// </summary>
    public IReadOnlyList<MatchedFile> ReadByRow(Predicate condition)
    {
        if (ReadSnapshot is null) return [];
        Staged.Reads.Add(condition);
        var files = new FilePruner(ReadSnapshot.TableSchema, condition).Match(ReadSnapshot.Files);
        foreach (var (file, _) in files) Staged.Reads.Add(file, RowSet.Empty);
        return files;
    }

    /// <summary>Notes that the transaction depends on some rows of a file.</summary>
    public void ReadRows(AddFile file, RowSet rows) => Staged.Reads.Add(file, rows);

    /// <summary>Notes that the transaction depends on files, without looking for more.</summary>
    public void ReadFiles(IEnumerable<AddFile> files)
    {
        foreach (var file in files) Staged.Reads.Add(file);
    }

    /// <summary>Notes that the transaction depends on everything in the table.</summary>
    public void ReadWholeTable() => Staged.Reads.AddWholeTable();

    /// <summary>Adds a data file, which is in the store already.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: the path is staged already, or the partition values are not those
    /// of the table's partition columns.
    /// </exception>
    public void Add(AddFile file)
    {
        StagingRules.CheckPartitionValues(file, Schema);
        if (!Staged.Adds.TryAdd(file.Path.Value, file)) throw StagingRules.Twice("added", file);
    }

    /// <summary>
    /// Notes staged files (<see cref="Storage.IObjectStore.StagingPath"/>) that the commit publishes, so that they and
    /// the log become durable together. Those of other files are published before.
    /// </summary>
    public void PublishWithCommit(IEnumerable<string> paths) => Staged.Published.AddRange(paths);

    /// <summary>Removes a file of the snapshot.</summary>
    /// <param name="file">A file of <see cref="ReadSnapshot"/>.</param>
    /// <param name="dataChange">False if its rows are in other files of this commit.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: the snapshot has no such file, or it is removed already.
    /// </exception>
    public void Remove(AddFile file, bool dataChange = true)
    {
        if (ReadSnapshot?.Files.Find(file.Key) is not { } known) throw StagingRules.NotThere(file);
        if (!Staged.Removes.TryAdd(file.Path.Value, new(known, dataChange))) throw StagingRules.Twice("removed", file);
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
        Add(StagedChanges.WithVector(file, vector, recordCount));
        if (deleted is null) return;
        Staged.DeletedRows.Add(file.Path.Value, deleted);
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

    /// <summary>Adds a file of row changes for the change data feed.</summary>
    public void AddChanges(AddCdcFile file) => Staged.Changes.Add(file);

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
        Staged.Metadata = metadata;
        if (protocol != CurrentProtocol) Staged.Protocol = protocol;
        Staged.OnlyTakesVectors = false;
    }

    /// <summary>
    /// Lets rows be marked as deleted in the table from this commit on, where they cannot be yet: the feature with all
    /// that the protocol has demanded before, and the property.
    /// </summary>
    public void TakeDeletionVectors()
    {
        if (DeletionVectorRules.AreOn(CurrentProtocol, CurrentMetadata)) return;
        var isOnly = Metadata is null && Protocol is null;
        SetMetadata(DeletionVectorRules.Taken(CurrentMetadata));
        Staged.OnlyTakesVectors = isOnly;
    }

    /// <summary>Changes what clients must support.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: this library could not write the table any more.
    /// </exception>
    public void SetProtocol(Protocol protocol)
    {
        ProtocolSupport.CheckWritable(protocol, CurrentMetadata, Table.Name);
        HeldReaders.Check(ReadSnapshot, protocol, CurrentMetadata, Table.Name);
        Staged.Protocol = protocol;
        Staged.OnlyTakesVectors = false;
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
    public void SetApplicationVersion(string appId, long version) =>
        Staged.Applications[appId] = new()
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
        Staged.Domains[domain] = new()
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
            Actions = new CommitBuilder(Staged).Build(ReadSnapshot),
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
        StagingRules.CheckCommit(Staged);
        isCommitted = true;
        return await new Committer(Staged).CommitAsync(cancellationToken);
    }
}
