using Foz.Connectors.Changes;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// A transaction whose end is not known: one that comes in blocks while it is open, or that is prepared.
/// </summary>
/// <param name="spool">Where its messages are kept.</param>
/// <param name="namesTransactions">Whether its messages name their transaction or subtransaction.</param>
sealed class StagedTransaction(ChangeSpool spool, bool namesTransactions) : IDisposable
{
    readonly HashSet<uint> aborted = [];

    public void Append(ReadOnlySpan<byte> message) => spool.Append(message);

    /// <summary>Drops what a subtransaction did.</summary>
    public void Abort(uint subtransactionXid) => aborted.Add(subtransactionXid);

    /// <summary>Starts to read the messages.</summary>
    public void Rewind() => spool.Rewind();

    /// <summary>The message that was read last.</summary>
    public OutputMessage Current => OutputMessage.Read(spool.Current, namesTransactions);

    /// <summary>Reads the next message that was not rolled back.</summary>
    /// <returns>False at the end.</returns>
    public bool TryAdvance()
    {
        while (spool.TryRead())
            if (aborted.Count == 0 || !aborted.Contains(Current.Xid)) return true;
        return false;
    }

    public void Dispose() => spool.Dispose();
}

/// <summary>The transactions whose end is not known.</summary>
sealed class StagedTransactions(ChangeSpools spools) : IDisposable
{
    readonly Dictionary<uint, StagedTransaction> streamed = [];
    readonly Dictionary<string, StagedTransaction> prepared = [];

    /// <summary>The one whose messages come now; null where none does.</summary>
    public StagedTransaction? Block { get; private set; }

    /// <summary>Whether messages name their transaction or subtransaction.</summary>
    public bool IsInStream { get; private set; }

    /// <summary>Takes a message on such a transaction.</summary>
    /// <exception cref="WireException">It is malformed, or not possible where it comes.</exception>
    public void Control(OutputMessage message)
    {
        var isInPlace = message.Type switch
        {
            OutputMessageType.StreamStop => Block is not null && IsInStream,
            OutputMessageType.Prepare => Block is not null && !IsInStream,
            _ => Block is null,
        };
        if (!isInPlace) throw Fault(message.Type, "it begins or ends a block out of place");
        switch (message.Type)
        {
            case OutputMessageType.StreamStart:
                Start(StreamStartMessage.Read(message));
                break;
            case OutputMessageType.StreamStop:
                (Block, IsInStream) = (null, false);
                break;
            case OutputMessageType.StreamAbort:
                Abort(StreamAbortMessage.Read(message));
                break;
            case OutputMessageType.BeginPrepare:
                PrepareMessage.Read(message);
                Block = new StagedTransaction(spools.Open(), namesTransactions: false);
                break;
            case OutputMessageType.Prepare:
                var open = Block!;
                Block = null;
                Keep(PrepareMessage.Read(message), open);
                break;
            case OutputMessageType.StreamPrepare:
                var prepare = PrepareMessage.Read(message);
                Keep(prepare, TakeStreamed(prepare.Xid));
                break;
            case OutputMessageType.RollbackPrepared:
                TakePrepared(RollbackPreparedMessage.Read(message).Name).Dispose();
                break;
            default:
                throw Fault(message.Type, "it is not expected");
        }
    }

    /// <summary>Removes a transaction that came in blocks, which is the caller's then.</summary>
    public StagedTransaction TakeStreamed(uint xid) => streamed.Remove(xid, out var transaction)
        ? transaction
        : throw Fault(OutputMessageType.StreamCommit, $"no block of the transaction {xid} came before");

    /// <summary>Removes a prepared transaction, which is the caller's then.</summary>
    public StagedTransaction TakePrepared(string name) => prepared.Remove(name, out var transaction)
        ? transaction
        : throw Fault(OutputMessageType.CommitPrepared, $"the transaction '{name}' was not prepared before");

    public void Dispose()
    {
        foreach (var transaction in streamed.Values.Concat(prepared.Values)) transaction.Dispose();
        if (!IsInStream) Block?.Dispose();
    }

    static WireException Fault(OutputMessageType type, string fault) =>
        new(WireErrorKind.Malformed, $"{type}: {fault}");

    void Start(StreamStartMessage start)
    {
        if (!streamed.TryGetValue(start.Xid, out var transaction))
        {
            if (!start.IsFirst)
                throw Fault(
                    OutputMessageType.StreamStart, $"the first block of the transaction {start.Xid} is missing");
            transaction = new StagedTransaction(spools.Open(), namesTransactions: true);
            streamed.Add(start.Xid, transaction);
        }

        (Block, IsInStream) = (transaction, true);
    }

    /// <summary>Drops a transaction, or what a subtransaction did; one without a block has nothing to drop.</summary>
    void Abort(StreamAbortMessage abort)
    {
        if (!streamed.TryGetValue(abort.Xid, out var transaction)) return;
        if (!abort.IsWhole)
        {
            transaction.Abort(abort.SubtransactionXid);
            return;
        }

        streamed.Remove(abort.Xid);
        transaction.Dispose();
    }

    void Keep(PrepareMessage prepare, StagedTransaction transaction)
    {
        if (prepared.TryAdd(prepare.Name, transaction)) return;
        transaction.Dispose();
        throw Fault(OutputMessageType.Prepare, $"the transaction '{prepare.Name}' was prepared before");
    }
}
