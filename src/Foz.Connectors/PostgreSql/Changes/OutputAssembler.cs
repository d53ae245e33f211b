using Foz.Connectors.Changes;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>What happened to a message.</summary>
enum Assembled
{
    /// <summary>It was taken.</summary>
    Taken,

    /// <summary>It was not: <see cref="OutputAssembler.Wanted"/> is to be opened first.</summary>
    NeedsTable,

    /// <summary>It was taken, and parts are ready.</summary>
    Full,
}

/// <summary>
/// Puts the messages of <c>pgoutput</c> together: into changes of tables, in the order in which their transactions were
/// committed. Transactions that come while they are open wait until they are committed, and are dropped if they are
/// not. Does no I/O besides the files of those that wait.
/// </summary>
sealed class OutputAssembler : IBatchProgress, IDisposable
{
    /// <summary>How many bytes of changes wait in columns, over all tables.</summary>
    const long WaitingBytesMax = 64 << 20;

    readonly LogHistory history;
    readonly Lsn from;
    readonly Dictionary<uint, RelationMessage> relations = [];
    readonly Dictionary<uint, TableDecoder> decoders = [];
    readonly StagedTransactions staged;
    readonly Queue<ChangePart> parts = [];
    Transaction? transaction;
    long waitingBytes;
    bool hasParts;
    StagedTransaction? replayed;
    bool wasRefused;

    /// <param name="history">The server's history, which positions name.</param>
    /// <param name="from">The position from which on transactions are new; older ones are read over.</param>
    /// <param name="spools">Keeps transactions that wait.</param>
    public OutputAssembler(LogHistory history, Lsn from, ChangeSpools spools)
    {
        this.history = history;
        this.from = from;
        staged = new StagedTransactions(spools);
        Lsn = from;
    }

    /// <summary>Whether values come in binary form.</summary>
    public bool IsBinary { get; init; }

    /// <summary>Whether the database takes any bytes as text.</summary>
    public bool HasUncheckedText { get; init; }

    /// <summary>The prefix of messages that are progress and no part of a batch; null for none.</summary>
    public string? BeatPrefix { get; init; }

    /// <summary>The table that is to be opened.</summary>
    public RelationMessage? Wanted { get; private set; }

    /// <summary>Whether a transaction that waited is committed, and read by <see cref="Replay"/>.</summary>
    public bool IsReplaying => replayed is not null;

    /// <summary>Whether no transaction is in the middle, so that a batch may end.</summary>
    public bool IsAtEnd => transaction is null && staged.Block is null;

    /// <summary>All transactions whose commit is before it have been read.</summary>
    public Lsn Lsn { get; private set; }

    /// <summary>How many transactions have ended since the last batch.</summary>
    public long TransactionCount { get; private set; }

    /// <summary>How many changes there are since the last batch.</summary>
    public long ChangeCount { get; private set; }

    /// <summary>How many bytes of messages they were.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the last transaction was committed.</summary>
    public long? CommittedAt { get; private set; }

    /// <summary>Whether the batch has something.</summary>
    public bool HasChanges => TransactionCount > 0 || hasParts;

    public LogPosition Position => new(history, Lsn, 0);

    ChangePosition IBatchProgress.Position => Position;

    /// <summary>Takes a message that has arrived.</summary>
    /// <exception cref="WireException">It is malformed, or not possible where it comes.</exception>
    public Assembled Feed(ReadOnlySpan<byte> data)
    {
        if (replayed is not null) throw new InvalidOperationException("a transaction is replayed first");
        var message = OutputMessage.Read(data, staged.IsInStream);
        if (staged.Block is { } block && IsContent(message.Type))
        {
            block.Append(data);
            // The server sends a table once for all transactions after it, unless this one comes in blocks.
            if (!staged.IsInStream && message.Type == OutputMessageType.Relation) Describe(message);
            return Assembled.Taken;
        }

        if (IsContent(message.Type)) return Apply(message);
        Control(message);
        return Assembled.Taken;
    }

    /// <summary>Reads on in a transaction that waited.</summary>
    /// <returns><see cref="Assembled.Taken"/> once all of it is read.</returns>
    public Assembled Replay()
    {
        while (true)
        {
            if (!wasRefused && !replayed!.TryAdvance())
            {
                replayed.Dispose();
                replayed = null;
                EndTransaction();
                return Assembled.Taken;
            }

            var message = replayed!.Current;
            var result = Apply(message);
            wasRefused = result == Assembled.NeedsTable;
            if (result != Assembled.Taken) return result;
        }
    }

    /// <summary>Opens the table that is wanted.</summary>
    public void Open(ResolvedRelation relation)
    {
        var id = relation.Message.Id;
        Wanted = null;
        var previous = decoders.GetValueOrDefault(id);
        if (previous?.TryKeep(relation) == true) return;
        if (previous is not null) Flush(previous);
        var decoder = new TableDecoder(relation, IsBinary, HasUncheckedText);
        decoders[id] = decoder;
        if (previous?.Table != decoder.Table) Add(new ChangePart.Schema(decoder.Table, previous?.Table));
        previous?.Dispose();
    }

    /// <summary>Takes the next part that is ready.</summary>
    public bool TryTakePart([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ChangePart? part) =>
        parts.TryDequeue(out part);

    /// <summary>Ends the batch: its last parts are ready.</summary>
    public void EndBatch()
    {
        if (!IsAtEnd) throw new InvalidOperationException("a transaction is in the middle");
        foreach (var decoder in decoders.Values) Flush(decoder);
        parts.Enqueue(new ChangePart.End(Position)
        {
            TransactionCount = TransactionCount,
            ChangeCount = ChangeCount,
            CommittedAt = CommittedAt is { } at ? DateTimeOffset.UnixEpoch.AddMicroseconds(at) : null,
        });
        (TransactionCount, ChangeCount, Bytes, CommittedAt, hasParts) = (0, 0, 0, null, false);
    }

    /// <summary>Takes over how far the server has read its log without anything for this reader.</summary>
    public void Advance(Lsn walEnd)
    {
        if (IsAtEnd && replayed is null && walEnd > Lsn) Lsn = walEnd;
    }

    public void Dispose()
    {
        foreach (var decoder in decoders.Values) decoder.Dispose();
        replayed?.Dispose();
        staged.Dispose();
    }

    static bool IsContent(OutputMessageType type) => type is OutputMessageType.Relation or OutputMessageType.Type
        or OutputMessageType.Origin or OutputMessageType.Insert or OutputMessageType.Update or OutputMessageType.Delete
        or OutputMessageType.Truncate or OutputMessageType.Message;

    static WireException OutOfPlace(OutputMessageType type, string where) =>
        new(WireErrorKind.Malformed, $"{type}: it comes {where}");

    void Control(OutputMessage message)
    {
        if (transaction is not null && message.Type != OutputMessageType.Commit)
            throw OutOfPlace(message.Type, "in the middle of a transaction");
        var isOfTransaction = message.Type is OutputMessageType.Begin or OutputMessageType.Commit
            or OutputMessageType.StreamCommit or OutputMessageType.CommitPrepared;
        if (staged.Block is not null && isOfTransaction) throw OutOfPlace(message.Type, "in the middle of a block");
        switch (message.Type)
        {
            case OutputMessageType.Begin:
                var begin = BeginMessage.Read(message);
                transaction = Begin(begin.Xid, begin.CommitLsn, Lsn.None, begin.CommittedAt);
                break;
            case OutputMessageType.Commit:
                Commit(CommitMessage.Read(message));
                break;
            case OutputMessageType.StreamCommit:
                var stream = CommitMessage.Read(message);
                StartReplay(
                    staged.TakeStreamed(stream.Xid),
                    Begin(stream.Xid, stream.CommitLsn, stream.EndLsn, stream.CommittedAt));
                break;
            case OutputMessageType.CommitPrepared:
                var prepared = CommitPreparedMessage.Read(message);
                StartReplay(
                    staged.TakePrepared(prepared.Name),
                    Begin(prepared.Xid, prepared.CommitLsn, prepared.EndLsn, prepared.CommittedAt));
                break;
            default:
                staged.Control(message);
                break;
        }
    }

    Transaction Begin(uint xid, Lsn commitLsn, Lsn endLsn, long committedAt) => new(xid, commitLsn, committedAt)
    {
        EndLsn = endLsn,
        IsOld = commitLsn < from,
    };

    void Commit(CommitMessage commit)
    {
        if (transaction is null) throw OutOfPlace(OutputMessageType.Commit, "outside of a transaction");
        if (commit.CommitLsn != transaction.CommitLsn)
            throw new WireException(
                WireErrorKind.Malformed,
                $"Commit: it is at {commit.CommitLsn}, where Begin announced {transaction.CommitLsn}");
        transaction.EndLsn = commit.EndLsn;
        EndTransaction();
    }

    void StartReplay(StagedTransaction waiting, Transaction committed)
    {
        transaction = committed;
        replayed = waiting;
        replayed.Rewind();
    }

    void EndTransaction()
    {
        var ended = transaction!;
        transaction = null;
        if (ended.EndLsn > Lsn) Lsn = ended.EndLsn;
        if (ended.IsOld || ended.IsEmpty) return;
        TransactionCount++;
        CommittedAt = ended.CommittedAt;
    }

    /// <summary>Takes what a transaction holds.</summary>
    Assembled Apply(OutputMessage message)
    {
        switch (message.Type)
        {
            case OutputMessageType.Relation:
                Describe(message);
                return Assembled.Taken;
            case OutputMessageType.Type:
                // The catalog says what a type is made of, which this message does not in full.
                TypeMessage.Read(message);
                return Assembled.Taken;
            case OutputMessageType.Origin:
                OriginMessage.Read(message);
                return Assembled.Taken;
            case OutputMessageType.Truncate:
                return Truncate(message);
            case OutputMessageType.Message:
                Note(message);
                return Assembled.Taken;
            default:
                return Change(message);
        }
    }

    /// <summary>
    /// Keeps the description of a table. One that is equal to the last changes nothing, but with
    /// <c>REPLICA IDENTITY FULL</c>, where it can hide a change of the primary key.
    /// </summary>
    void Describe(OutputMessage message)
    {
        var relation = RelationMessage.Read(message);
        if (relation.Identity == ReplicaIdentity.Full
            || !relations.TryGetValue(relation.Id, out var known) || known != relation)
            relations[relation.Id] = relation;
    }

    Assembled Change(OutputMessage message)
    {
        var current = transaction ?? throw OutOfPlace(message.Type, "outside of a transaction");
        var row = RowMessage.Read(message);
        if (current.IsOld) return Assembled.Taken;
        if (Find(message.Type, row.RelationId) is not { } decoder) return Assembled.NeedsTable;
        var count = decoder.Append(message, row, current.NextMark());
        current.Ordinal += count;
        ChangeCount += count;
        Bytes += message.Data.Length;
        waitingBytes += message.Data.Length;
        if (waitingBytes > WaitingBytesMax)
            foreach (var other in decoders.Values) Flush(other);
        else if (decoder.IsFull) Flush(decoder);
        return parts.Count > 0 ? Assembled.Full : Assembled.Taken;
    }

    Assembled Truncate(OutputMessage message)
    {
        var current = transaction ?? throw OutOfPlace(message.Type, "outside of a transaction");
        var tables = TruncateMessage.Read(message);
        if (current.IsOld) return Assembled.Taken;
        // All tables are opened before the first of them is emptied, as the message is read again until they are.
        while (tables.TryReadTable(out var id))
            if (Find(message.Type, id) is null) return Assembled.NeedsTable;
        tables = TruncateMessage.Read(message);
        while (tables.TryReadTable(out var id))
        {
            decoders[id].AppendTruncate(current.NextMark());
            current.Ordinal++;
            ChangeCount++;
        }

        return Assembled.Taken;
    }

    void Note(OutputMessage message)
    {
        var logical = LogicalMessage.Read(message);
        if (logical.IsTransactional && transaction is null)
            throw OutOfPlace(message.Type, "outside of a transaction");
        if (logical.Prefix == BeatPrefix) return;
        var within = logical.IsTransactional ? transaction : null;
        if (within?.IsOld ?? logical.Lsn < from) return;
        if (within is not null) within.Ordinal++;
        Bytes += message.Data.Length;
        Add(new ChangePart.Message(
            logical.Prefix,
            logical.Content.ToArray(),
            new LogPosition(history, within?.CommitLsn ?? logical.Lsn, within?.Ordinal ?? 0))
        {
            Transaction = within?.Xid,
        });
    }

    /// <summary>The decoder of a table; null where it is to be opened first.</summary>
    TableDecoder? Find(OutputMessageType type, uint relationId)
    {
        if (!relations.TryGetValue(relationId, out var relation))
            throw new WireException(
                WireErrorKind.Malformed, $"{type}: it names the table {relationId}, which was not described");
        if (decoders.TryGetValue(relationId, out var decoder) && ReferenceEquals(decoder.Message, relation))
            return decoder;
        Wanted = relation;
        return null;
    }

    void Flush(TableDecoder decoder)
    {
        if (decoder.Count == 0) return;
        waitingBytes = Math.Max(0, waitingBytes - decoder.Bytes);
        Add(new ChangePart.Rows(decoder.Build()));
    }

    void Add(ChangePart part)
    {
        hasParts = true;
        parts.Enqueue(part);
    }

    /// <summary>The transaction that is read.</summary>
    sealed class Transaction(uint xid, Lsn commitLsn, long committedAt)
    {
        public uint Xid { get; } = xid;

        public Lsn CommitLsn { get; } = commitLsn;

        public long CommittedAt { get; } = committedAt;

        public Lsn EndLsn { get; set; }

        /// <summary>Whether it is before the position from which on transactions are new.</summary>
        public bool IsOld { get; init; }

        /// <summary>How many changes and messages it has so far.</summary>
        public long Ordinal { get; set; }

        public bool IsEmpty => Ordinal == 0;

        public ChangeMark NextMark() => new(CommitLsn, Ordinal + 1, Xid, CommittedAt);
    }
}
