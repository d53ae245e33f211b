using System.Buffers.Binary;
using System.IO.Hashing;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// One event of a binary log (MySQL's documentation, "Binary Log Event"). It allocates nothing; the fields of each type
/// are read by that type's own struct.
/// </summary>
public readonly ref struct BinlogEvent
{
    /// <summary>The bytes of a header.</summary>
    public const int HeaderBytes = 19;

    const int ChecksumBytes = sizeof(uint);
    const int FlagsAt = 17;
    const ushort InUseFlag = 0x1, ArtificialFlag = 0x20, IgnorableFlag = 0x80;

    BinlogEvent(ReadOnlySpan<byte> data, int bodyEnd)
    {
        Header = data[..HeaderBytes];
        Body = data[HeaderBytes..bodyEnd];
        Size = data.Length;
    }

    /// <summary>Gets what the event is.</summary>
    public BinlogEventType Type => (BinlogEventType)Header[4];

    /// <summary>Gets when the server began what the event logs, in seconds since 1970-01-01.</summary>
    public uint Timestamp => BinaryPrimitives.ReadUInt32LittleEndian(Header);

    /// <summary>Gets the number of the server that logged it first.</summary>
    public uint ServerId => BinaryPrimitives.ReadUInt32LittleEndian(Header[5..]);

    /// <summary>
    /// Gets where the event ends in its file: the lowest 32 bits of it; 0 where it is in no file, or in a payload.
    /// </summary>
    public uint EndsAt => BinaryPrimitives.ReadUInt32LittleEndian(Header[13..]);

    /// <summary>Gets whether the server made the event for the reader: no file has it.</summary>
    public bool IsArtificial => (Flags & ArtificialFlag) != 0;

    /// <summary>Gets whether a reader that does not know the event's type may skip it.</summary>
    public bool IsIgnorable => (Flags & IgnorableFlag) != 0;

    /// <summary>Gets how many bytes the event has, with header and checksum.</summary>
    public int Size { get; }

    /// <summary>Gets what follows the header, without checksum.</summary>
    public ReadOnlySpan<byte> Body { get; }

    ReadOnlySpan<byte> Header { get; }

    ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(Header[FlagsAt..]);

    /// <summary>Reads an event.</summary>
    /// <param name="data">The event, from its header on.</param>
    /// <param name="hasChecksum">
    /// Whether it has a checksum; null before the first <see cref="BinlogEventType.FormatDescription"/>, where only the
    /// event itself shows it.
    /// </param>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static BinlogEvent Read(ReadOnlySpan<byte> data, bool? hasChecksum)
    {
        if (data.Length < HeaderBytes)
            throw WireException.Malformed($"an event: it has {data.Length} bytes, fewer than a header");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(data[9..]);
        if (size != (uint)data.Length)
            throw WireException.Malformed($"an event: its header states {size} bytes, not {data.Length}");
        // The description of the format always has a checksum, and says itself whether it counts.
        if ((BinlogEventType)data[4] == BinlogEventType.FormatDescription) return ReadFormat(data);
        if (hasChecksum == false) return new BinlogEvent(data, data.Length);
        var isRight = data.Length >= HeaderBytes + ChecksumBytes && HasRightChecksum(data);
        if (hasChecksum == true && !isRight) throw WrongChecksum((BinlogEventType)data[4]);
        return new BinlogEvent(data, isRight ? data.Length - ChecksumBytes : data.Length);
    }

    /// <summary>Returns a reader of the body.</summary>
    internal ByteReader Fields() => new(Body, NameOf(Type));

    internal static string NameOf(BinlogEventType type) => Enum.GetName(type) ?? $"event {(byte)type}";

    static BinlogEvent ReadFormat(ReadOnlySpan<byte> data)
    {
        if (data.Length < HeaderBytes + 1 + ChecksumBytes)
            throw WireException.Malformed("FormatDescription: it has no checksum");
        var isChecked = data[^(ChecksumBytes + 1)] != 0;
        if (isChecked && !HasRightChecksum(data)) throw WrongChecksum(BinlogEventType.FormatDescription);
        return new BinlogEvent(data, data.Length - ChecksumBytes);
    }

    static bool HasRightChecksum(ReadOnlySpan<byte> data)
    {
        var stated = BinaryPrimitives.ReadUInt32LittleEndian(data[^ChecksumBytes..]);
        var covered = data[..^ChecksumBytes];
        if ((BinlogEventType)data[4] != BinlogEventType.FormatDescription || (data[FlagsAt] & InUseFlag) == 0)
            return Crc32.HashToUInt32(covered) == stated;
        // The server sets the flag in a file that it writes to, after it has computed the checksum.
        Span<byte> header = stackalloc byte[HeaderBytes];
        covered[..HeaderBytes].CopyTo(header);
        header[FlagsAt] &= unchecked((byte)~InUseFlag);
        var crc = new Crc32();
        crc.Append(header);
        crc.Append(covered[HeaderBytes..]);
        return crc.GetCurrentHashAsUInt32() == stated;
    }

    static WireException WrongChecksum(BinlogEventType type) =>
        WireException.Malformed($"{NameOf(type)}: its checksum is wrong");
}
