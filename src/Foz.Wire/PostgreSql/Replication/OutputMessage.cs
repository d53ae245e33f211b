namespace Foz.Wire.PostgreSql.Replication;

/// <summary>The types of <c>pgoutput</c>'s messages, in the versions 1 to 4 of its protocol.</summary>
public enum OutputMessageType
{
    /// <summary>A transaction begins.</summary>
    Begin = 'B',

    /// <summary>It is committed.</summary>
    Commit = 'C',

    /// <summary>Where a transaction came from, if this server replicates it from another.</summary>
    Origin = 'O',

    /// <summary>A table and its columns, before its first change and whenever they changed.</summary>
    Relation = 'R',

    /// <summary>The name of a type that is not built in.</summary>
    Type = 'Y',

    /// <summary>A new row.</summary>
    Insert = 'I',

    /// <summary>A changed row.</summary>
    Update = 'U',

    /// <summary>A row that is gone.</summary>
    Delete = 'D',

    /// <summary>Tables that were emptied.</summary>
    Truncate = 'T',

    /// <summary>A message of <c>pg_logical_emit_message</c>.</summary>
    Message = 'M',

    /// <summary>Version 2: a block of a transaction begins that is still open.</summary>
    StreamStart = 'S',

    /// <summary>Version 2: the block ends.</summary>
    StreamStop = 'E',

    /// <summary>Version 2: a transaction that came in blocks is committed.</summary>
    StreamCommit = 'c',

    /// <summary>Version 2: it, or a subtransaction of it, is rolled back.</summary>
    StreamAbort = 'A',

    /// <summary>Version 3: a transaction begins that is prepared at its end.</summary>
    BeginPrepare = 'b',

    /// <summary>Version 3: it is prepared.</summary>
    Prepare = 'P',

    /// <summary>Version 3: a prepared transaction is committed.</summary>
    CommitPrepared = 'K',

    /// <summary>Version 3: a prepared transaction is rolled back.</summary>
    RollbackPrepared = 'r',

    /// <summary>Version 3: a transaction that came in blocks is prepared.</summary>
    StreamPrepare = 'p',
}

/// <summary>
/// One message of <c>pgoutput</c> (PostgreSQL documentation, "Logical Replication Message Formats"). It allocates
/// nothing; the fields of each type are read by that type's own struct.
/// </summary>
public readonly ref struct OutputMessage
{
    OutputMessage(OutputMessageType type, uint xid, ReadOnlySpan<byte> data, int bodyAt)
    {
        Type = type;
        Xid = xid;
        Data = data;
        BodyAt = bodyAt;
    }

    /// <summary>Gets what the message is.</summary>
    public OutputMessageType Type { get; }

    /// <summary>
    /// Gets the transaction or subtransaction of a message in a block of an open transaction; 0 outside of one.
    /// </summary>
    public uint Xid { get; }

    /// <summary>Gets the whole message.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Gets where the fields after type and transaction start.</summary>
    internal int BodyAt { get; }

    /// <summary>Reads the type of a message, and its transaction.</summary>
    /// <param name="data">The message: the payload of an XLogData.</param>
    /// <param name="isInStream">
    /// Whether it came between StreamStart and StreamStop, where changes name their transaction.
    /// </param>
    /// <exception cref="WireException">Thrown when the type is not known, or the transaction is cut off.</exception>
    public static OutputMessage Read(ReadOnlySpan<byte> data, bool isInStream)
    {
        if (data.IsEmpty) throw WireException.Malformed("a message of pgoutput: at byte 0 it ends early");
        var type = (OutputMessageType)data[0];
        switch (type)
        {
            case OutputMessageType.Relation or OutputMessageType.Type or OutputMessageType.Insert
                or OutputMessageType.Update or OutputMessageType.Delete or OutputMessageType.Truncate
                or OutputMessageType.Message when isInStream:
                var reader = new FieldReader(data, NameOf(type), 1);
                var xid = reader.ReadUInt32();
                return new OutputMessage(type, xid, data, reader.At);
            case OutputMessageType.Begin or OutputMessageType.Commit or OutputMessageType.Origin
                or OutputMessageType.Relation or OutputMessageType.Type or OutputMessageType.Insert
                or OutputMessageType.Update or OutputMessageType.Delete or OutputMessageType.Truncate
                or OutputMessageType.Message or OutputMessageType.StreamStart or OutputMessageType.StreamStop
                or OutputMessageType.StreamCommit or OutputMessageType.StreamAbort or OutputMessageType.BeginPrepare
                or OutputMessageType.Prepare or OutputMessageType.CommitPrepared
                or OutputMessageType.RollbackPrepared or OutputMessageType.StreamPrepare:
                return new OutputMessage(type, 0, data, 1);
            default:
                throw WireException.Malformed($"a message of pgoutput: byte 0 is 0x{data[0]:X2}, which is no type");
        }
    }

    /// <summary>Returns a reader of the fields.</summary>
    internal FieldReader Fields() => new(Data, NameOf(Type), BodyAt);

    static string NameOf(OutputMessageType type) => type switch
    {
        OutputMessageType.Begin => nameof(OutputMessageType.Begin),
        OutputMessageType.Commit => nameof(OutputMessageType.Commit),
        OutputMessageType.Origin => nameof(OutputMessageType.Origin),
        OutputMessageType.Relation => nameof(OutputMessageType.Relation),
        OutputMessageType.Type => nameof(OutputMessageType.Type),
        OutputMessageType.Insert => nameof(OutputMessageType.Insert),
        OutputMessageType.Update => nameof(OutputMessageType.Update),
        OutputMessageType.Delete => nameof(OutputMessageType.Delete),
        OutputMessageType.Truncate => nameof(OutputMessageType.Truncate),
        OutputMessageType.Message => nameof(OutputMessageType.Message),
        OutputMessageType.StreamStart => nameof(OutputMessageType.StreamStart),
        OutputMessageType.StreamStop => nameof(OutputMessageType.StreamStop),
        OutputMessageType.StreamCommit => nameof(OutputMessageType.StreamCommit),
        OutputMessageType.StreamAbort => nameof(OutputMessageType.StreamAbort),
        OutputMessageType.BeginPrepare => nameof(OutputMessageType.BeginPrepare),
        OutputMessageType.Prepare => nameof(OutputMessageType.Prepare),
        OutputMessageType.CommitPrepared => nameof(OutputMessageType.CommitPrepared),
        OutputMessageType.RollbackPrepared => nameof(OutputMessageType.RollbackPrepared),
        _ => nameof(OutputMessageType.StreamPrepare),
    };
}
