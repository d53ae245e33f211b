namespace Foz.Wire.PostgreSql.Replication;

/// <summary>Begin: a transaction that is known to commit.</summary>
/// <param name="CommitLsn">Where its commit is in the log.</param>
/// <param name="CommittedAt">When it was committed, in microseconds since 1970-01-01.</param>
/// <param name="Xid">The transaction.</param>
public readonly record struct BeginMessage(Lsn CommitLsn, long CommittedAt, uint Xid)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static BeginMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var begin = new BeginMessage(fields.ReadLsn(), fields.ReadTime(), fields.ReadUInt32());
        fields.End();
        return begin;
    }
}

/// <summary>Commit and StreamCommit: the end of a transaction.</summary>
/// <param name="Xid">The transaction; 0 for Commit, which names none.</param>
/// <param name="CommitLsn">Where its commit starts in the log.</param>
/// <param name="EndLsn">Where its commit ends.</param>
/// <param name="CommittedAt">When it was committed, in microseconds since 1970-01-01.</param>
public readonly record struct CommitMessage(uint Xid, Lsn CommitLsn, Lsn EndLsn, long CommittedAt)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static CommitMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var xid = message.Type == OutputMessageType.StreamCommit ? fields.ReadUInt32() : 0;
        fields.ReadByte();
        var commit = new CommitMessage(xid, fields.ReadLsn(), fields.ReadLsn(), fields.ReadTime());
        fields.End();
        return commit;
    }
}

/// <summary>Origin: where a transaction came from that this server replicates from another.</summary>
/// <param name="CommitLsn">Where its commit is in the log of that server.</param>
/// <param name="Name">What the origin is called here.</param>
public readonly record struct OriginMessage(Lsn CommitLsn, string Name)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static OriginMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var origin = new OriginMessage(fields.ReadLsn(), fields.ReadString());
        fields.End();
        return origin;
    }
}

/// <summary>StreamStart: a block of a transaction that is still open.</summary>
/// <param name="Xid">The transaction.</param>
/// <param name="IsFirst">Whether it is its first block.</param>
public readonly record struct StreamStartMessage(uint Xid, bool IsFirst)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static StreamStartMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var start = new StreamStartMessage(fields.ReadUInt32(), fields.ReadByte() != 0);
        fields.End();
        return start;
    }
}

/// <summary>StreamAbort: a transaction that came in blocks, or a part of it, is rolled back.</summary>
/// <param name="Xid">The transaction.</param>
/// <param name="SubtransactionXid">The subtransaction; that of the whole transaction where all of it is.</param>
public readonly record struct StreamAbortMessage(uint Xid, uint SubtransactionXid)
{
    /// <summary>Gets where the rollback is in the log; <see cref="Lsn.None"/> before version 4.</summary>
    public Lsn Lsn { get; init; }

    /// <summary>Gets whether all of the transaction is rolled back.</summary>
    public bool IsWhole => Xid == SubtransactionXid;

    /// <summary>Reads the fields of a message; those of version 4 where they are there.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static StreamAbortMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var abort = new StreamAbortMessage(fields.ReadUInt32(), fields.ReadUInt32());
        if (fields.BytesLeft > 0)
        {
            abort = abort with { Lsn = fields.ReadLsn() };
            fields.ReadTime();
        }

        fields.End();
        return abort;
    }
}

/// <summary>BeginPrepare, Prepare and StreamPrepare: a transaction of two phases.</summary>
/// <param name="PrepareLsn">Where it is prepared in the log.</param>
/// <param name="EndLsn">Where that record ends.</param>
/// <param name="PreparedAt">When it was prepared, in microseconds since 1970-01-01.</param>
/// <param name="Xid">The transaction.</param>
/// <param name="Name">The name that <c>PREPARE TRANSACTION</c> gave it.</param>
public readonly record struct PrepareMessage(Lsn PrepareLsn, Lsn EndLsn, long PreparedAt, uint Xid, string Name)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static PrepareMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        if (message.Type != OutputMessageType.BeginPrepare) fields.ReadByte();
        var prepare = new PrepareMessage(
            fields.ReadLsn(), fields.ReadLsn(), fields.ReadTime(), fields.ReadUInt32(), fields.ReadString());
        fields.End();
        return prepare;
    }
}

/// <summary>CommitPrepared: a prepared transaction is committed.</summary>
/// <param name="CommitLsn">Where that is in the log.</param>
/// <param name="EndLsn">Where that record ends.</param>
/// <param name="CommittedAt">When, in microseconds since 1970-01-01.</param>
/// <param name="Xid">The transaction.</param>
/// <param name="Name">Its name.</param>
public readonly record struct CommitPreparedMessage(Lsn CommitLsn, Lsn EndLsn, long CommittedAt, uint Xid, string Name)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static CommitPreparedMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        fields.ReadByte();
        var commit = new CommitPreparedMessage(
            fields.ReadLsn(), fields.ReadLsn(), fields.ReadTime(), fields.ReadUInt32(), fields.ReadString());
        fields.End();
        return commit;
    }
}

/// <summary>RollbackPrepared: a prepared transaction is rolled back.</summary>
/// <param name="PrepareEndLsn">Where the record ends that prepared it.</param>
/// <param name="EndLsn">Where the record of the rollback ends.</param>
/// <param name="Xid">The transaction.</param>
/// <param name="Name">Its name.</param>
public readonly record struct RollbackPreparedMessage(Lsn PrepareEndLsn, Lsn EndLsn, uint Xid, string Name)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static RollbackPreparedMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        fields.ReadByte();
        var (prepared, end) = (fields.ReadLsn(), fields.ReadLsn());
        fields.ReadTime();
        fields.ReadTime();
        var rollback = new RollbackPreparedMessage(prepared, end, fields.ReadUInt32(), fields.ReadString());
        fields.End();
        return rollback;
    }
}
