using System.Text;
using Foz.Wire.PostgreSql;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Wire.PostgreSql.Replication;

/// <summary>Messages of <c>pgoutput</c>, made from PostgreSQL's documentation.</summary>
static class OutputMessages
{
    public static byte[] Begin(ulong lsn, uint xid) => Make('B', w => w.Lsn(lsn).Time(5).Int((int)xid));

    public static byte[] Commit(ulong lsn, ulong end) => Make('C', w => w.Byte(0).Lsn(lsn).Lsn(end).Time(5));

    public static byte[] Origin(ulong lsn, string name) => Make('O', w => w.Lsn(lsn).Text(name));

    public static byte[] Relation(
        uint id, string name, char identity, params (string Name, uint Oid, bool IsKey)[] columns) =>
        Make('R', w => RelationBody(w, id, name, identity, columns));

    public static byte[] StreamRelation(
        uint xid, uint id, string name, char identity, params (string Name, uint Oid, bool IsKey)[] columns) =>
        Make('R', w => RelationBody(w.Int((int)xid), id, name, identity, columns));

    public static byte[] Type(uint oid, string name) => Make('Y', w => w.Int((int)oid).Text("app").Text(name));

    public static byte[] Insert(uint id, params string?[] row) => Make('I', w => w.Int((int)id).Row('N', row));

    public static byte[] StreamInsert(uint xid, uint id, params string?[] row) =>
        Make('I', w => w.Int((int)xid).Int((int)id).Row('N', row));

    /// <summary>An update; a value that is <c>u</c> alone is unchanged.</summary>
    public static byte[] Update(uint id, string?[] row, char oldKind = ' ', string?[]? old = null) => Make('U', w =>
    {
        w.Int((int)id);
        if (old is not null) w.Row(oldKind, old);
        w.Row('N', row);
    });

    public static byte[] Delete(uint id, char kind, params string?[] old) =>
        Make('D', w => w.Int((int)id).Row(kind, old));

    public static byte[] Truncate(byte options, params uint[] ids) => Make('T', w =>
    {
        w.Int(ids.Length).Byte(options);
        foreach (var id in ids) w.Int((int)id);
    });

    public static byte[] Message(bool isTransactional, ulong lsn, string prefix, string content) => Make('M', w =>
        w.Byte(isTransactional ? (byte)1 : (byte)0).Lsn(lsn).Text(prefix).Sized(content));

    public static byte[] StreamStart(uint xid, bool isFirst) =>
        Make('S', w => w.Int((int)xid).Byte(isFirst ? (byte)1 : (byte)0));

    public static byte[] StreamStop() => Make('E', _ => { });

    public static byte[] StreamCommit(uint xid, ulong lsn, ulong end) =>
        Make('c', w => w.Int((int)xid).Byte(0).Lsn(lsn).Lsn(end).Time(5));

    public static byte[] StreamAbort(uint xid, uint subtransaction) =>
        Make('A', w => w.Int((int)xid).Int((int)subtransaction));

    public static byte[] StreamAbort4(uint xid, uint subtransaction, ulong lsn) =>
        Make('A', w => w.Int((int)xid).Int((int)subtransaction).Lsn(lsn).Time(5));

    public static byte[] BeginPrepare(uint xid, string name) =>
        Make('b', w => w.Lsn(1).Lsn(2).Time(5).Int((int)xid).Text(name));

    public static byte[] Prepare(char type, uint xid, string name) =>
        Make(type, w => w.Byte(0).Lsn(1).Lsn(2).Time(5).Int((int)xid).Text(name));

    public static byte[] RollbackPrepared(uint xid, string name) =>
        Make('r', w => w.Byte(0).Lsn(1).Lsn(2).Time(5).Time(6).Int((int)xid).Text(name));

    /// <summary>One of each, with whether it comes in a block.</summary>
    public static IEnumerable<(byte[] Message, bool IsInStream)> All() =>
    [
        (Begin(0x1_0000_0010, 7), false), (Commit(0x10, 0x20), false), (Origin(9, "other"), false),
        (Relation(3, "t", 'd', ("id", 23, true), ("v", 25, false)), false),
        (StreamRelation(8, 3, "t", 'f', ("id", 23, true)), true), (Type(70_000, "mood"), false),
        (Insert(3, "1", null, "text"), false), (StreamInsert(8, 3, "1", "ü"), true),
        (Update(3, ["1", "u", null]), false), (Update(3, ["2", "u"], 'K', ["1", null]), false),
        (Update(3, ["2", "b"], 'O', ["1", "a"]), false), (Delete(3, 'K', "1", null), false),
        (Delete(3, 'O', "1", "a"), false), (Truncate(3, 3, 4), false), (Message(true, 5, "p", "content"), false),
        (StreamStart(8, true), false), (StreamStop(), true), (StreamCommit(8, 0x10, 0x20), false),
        (StreamAbort(8, 9), false), (StreamAbort4(8, 8, 0x30), false), (BeginPrepare(8, "gid"), false),
        (Prepare('P', 8, "gid"), false), (Prepare('K', 8, "gid"), false), (Prepare('p', 8, "gid"), false),
        (RollbackPrepared(8, "gid"), false),
    ];

    /// <summary>Reads all that a message holds.</summary>
    public static void ReadAll(ReadOnlySpan<byte> data, bool isInStream)
    {
        var message = OutputMessage.Read(data, isInStream);
        switch (message.Type)
        {
            case OutputMessageType.Begin: BeginMessage.Read(message); break;
            case OutputMessageType.Commit or OutputMessageType.StreamCommit: CommitMessage.Read(message); break;
            case OutputMessageType.Origin: OriginMessage.Read(message); break;
            case OutputMessageType.Relation: RelationMessage.Read(message); break;
            case OutputMessageType.Type: TypeMessage.Read(message); break;
            case OutputMessageType.Insert or OutputMessageType.Update or OutputMessageType.Delete:
                ReadRows(message);
                break;
            case OutputMessageType.Truncate:
                var tables = TruncateMessage.Read(message);
                while (tables.TryReadTable(out _)) { }
                break;
            case OutputMessageType.Message: LogicalMessage.Read(message); break;
            case OutputMessageType.StreamStart: StreamStartMessage.Read(message); break;
            case OutputMessageType.StreamAbort: StreamAbortMessage.Read(message); break;
            case OutputMessageType.CommitPrepared: CommitPreparedMessage.Read(message); break;
            case OutputMessageType.RollbackPrepared: RollbackPreparedMessage.Read(message); break;
            case OutputMessageType.StreamStop: break;
            default: PrepareMessage.Read(message); break;
        }
    }

    public static long ReadRows(OutputMessage message)
    {
        var row = RowMessage.Read(message);
        var reader = row.OldKind != OldRowKind.None ? row.Old : row.New;
        long bytes = 0;
        for (var i = reader.ValueCount; i > 0; i--)
        {
            reader.ReadValue(out var value);
            bytes += value.Length;
        }

        if (message.Type == OutputMessageType.Delete || row.OldKind == OldRowKind.None)
        {
            reader.End();
            return bytes;
        }

        reader = row.New;
        reader.SkipValues();
        reader.End();
        return bytes;
    }

    static void RelationBody(
        Body w, uint id, string name, char identity, (string Name, uint Oid, bool IsKey)[] columns)
    {
        w.Int((int)id).Text("app").Text(name).Byte((byte)identity).Short((short)columns.Length);
        foreach (var (column, oid, isKey) in columns)
            w.Byte(isKey ? (byte)1 : (byte)0).Text(column).Int((int)oid).Int(-1);
    }

    static byte[] Make(char type, Action<Body> write)
    {
        var body = new Body();
        body.Byte((byte)type);
        write(body);
        return body.Written();
    }

    /// <summary>Writes fields in network byte order.</summary>
    sealed class Body
    {
        readonly MessageWriter writer = new();

        public byte[] Written() => writer.Written.ToArray();

        public Body Byte(byte value)
        {
            writer.WriteByte(value);
            return this;
        }

        public Body Short(short value)
        {
            writer.WriteInt16(value);
            return this;
        }

        public Body Int(int value)
        {
            writer.WriteInt32(value);
            return this;
        }

        public Body Lsn(ulong value) => Int((int)(value >> 32)).Int((int)value);

        public Body Time(long value) => Lsn((ulong)value);

        public Body Text(string value)
        {
            writer.WriteString(value);
            return this;
        }

        public Body Sized(string value)
        {
            var bytes = Encoding.UTF8.GetBytes(value);
            writer.WriteInt32(bytes.Length);
            writer.WriteBytes(bytes);
            return this;
        }

        public Body Row(char kind, string?[] values)
        {
            Byte((byte)kind).Short((short)values.Length);
            foreach (var value in values)
            {
                if (value is null or "u") Byte((byte)(value is null ? 'n' : 'u'));
                else Byte((byte)'t').Sized(value);
            }

            return this;
        }
    }
}
