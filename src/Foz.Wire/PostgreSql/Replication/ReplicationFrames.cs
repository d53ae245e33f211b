using System.Buffers.Binary;

namespace Foz.Wire.PostgreSql.Replication;

/// <summary>What the data of a CopyData holds while a server replicates.</summary>
public enum ReplicationFrameType
{
    /// <summary>XLogData: a message of the output plugin.</summary>
    Data = 'w',

    /// <summary>Primary keepalive: where the server is.</summary>
    Keepalive = 'k',
}

/// <summary>
/// One frame from a server that replicates (PostgreSQL documentation, "Streaming Replication Protocol").
/// </summary>
public readonly ref struct ReplicationFrame
{
    /// <summary>The bytes in front of the payload of an XLogData.</summary>
    public const int DataHeaderBytes = 1 + 3 * sizeof(ulong);

    const int KeepaliveBytes = 1 + 2 * sizeof(ulong) + 1;
    const string DataName = "XLogData", KeepaliveName = "keepalive";

    /// <summary>Gets what the frame is.</summary>
    public ReplicationFrameType Type { get; private init; }

    /// <summary>Gets where the payload starts in the log; <see cref="Lsn.None"/> where it has no place there.</summary>
    public Lsn Start { get; private init; }

    /// <summary>Gets how far the server has read its log.</summary>
    public Lsn WalEnd { get; private init; }

    /// <summary>Gets the server's time when it sent the frame, in microseconds since 1970-01-01.</summary>
    public long SentAt { get; private init; }

    /// <summary>Gets whether the server wants an answer at once; false for data.</summary>
    public bool WantsReply { get; private init; }

    /// <summary>Gets the output plugin's message; empty for a keepalive.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads a frame.</summary>
    /// <param name="data">The data of a CopyData; the payload is a part of it.</param>
    /// <exception cref="WireException">It is no frame.</exception>
    public static ReplicationFrame Read(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) throw WireException.Malformed("a replication frame: at byte 0 it ends early");
        if (data[0] == (byte)ReplicationFrameType.Data)
        {
            if (data.Length < DataHeaderBytes) throw EndsEarly(DataName, data.Length, DataHeaderBytes);
            return new ReplicationFrame
            {
                Type = ReplicationFrameType.Data,
                Start = LsnAt(data, 1),
                WalEnd = LsnAt(data, 1 + sizeof(ulong)),
                SentAt = TimeAt(data, 1 + 2 * sizeof(ulong)),
                Payload = data[DataHeaderBytes..],
            };
        }

        if (data[0] != (byte)ReplicationFrameType.Keepalive)
            throw WireException.Malformed($"a replication frame: byte 0 is 0x{data[0]:X2}, not one of 'wk'");
        if (data.Length < KeepaliveBytes) throw EndsEarly(KeepaliveName, data.Length, KeepaliveBytes);
        if (data.Length > KeepaliveBytes)
            throw WireException.Malformed(
                $"{KeepaliveName}: at byte {KeepaliveBytes} it has {data.Length - KeepaliveBytes} bytes too many");
        return new ReplicationFrame
        {
            Type = ReplicationFrameType.Keepalive,
            WalEnd = LsnAt(data, 1),
            SentAt = TimeAt(data, 1 + sizeof(ulong)),
            WantsReply = data[KeepaliveBytes - 1] != 0,
        };
    }

    static Lsn LsnAt(ReadOnlySpan<byte> data, int at) => new(BinaryPrimitives.ReadUInt64BigEndian(data[at..]));

    static long TimeAt(ReadOnlySpan<byte> data, int at) =>
        unchecked(BinaryPrimitives.ReadInt64BigEndian(data[at..]) + BinaryDate.EpochMicroseconds);

    static WireException EndsEarly(string what, int length, int expected) =>
        WireException.Malformed($"{what}: at byte {length} it ends early: {expected} bytes expected");
}

/// <summary>Standby status update: how far a client has come.</summary>
/// <param name="Written">Up to where the client has received the log.</param>
/// <param name="Flushed">Up to where it keeps all changes; the server never sends them again.</param>
public readonly record struct StandbyStatus(Lsn Written, Lsn Flushed)
{
    const byte Type = (byte)'r';
    const int Bytes = 1 + 4 * sizeof(ulong) + 1;

    /// <summary>Writes the update as a CopyData.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="sentAt">The client's time, in microseconds since 1970-01-01.</param>
    /// <param name="wantsReply">Whether the server shall answer at once.</param>
    public void Write(MessageWriter writer, long sentAt, bool wantsReply)
    {
        Span<byte> data = stackalloc byte[Bytes];
        data[0] = Type;
        BinaryPrimitives.WriteUInt64BigEndian(data[1..], Written.Value);
        BinaryPrimitives.WriteUInt64BigEndian(data[9..], Flushed.Value);
        BinaryPrimitives.WriteUInt64BigEndian(data[17..], Flushed.Value);
        BinaryPrimitives.WriteInt64BigEndian(data[25..], sentAt - BinaryDate.EpochMicroseconds);
        data[33] = wantsReply ? (byte)1 : (byte)0;
        writer.WriteCopyData(data);
    }
}
