using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Foz.Wire.MySql;

/// <summary>
/// Reads the fields of one packet or event of MySQL's protocol. An error names it, and the byte at which it is wrong.
/// </summary>
/// <param name="data">The bytes.</param>
/// <param name="what">What they are, for errors.</param>
ref struct ByteReader(ReadOnlySpan<byte> data, string what)
{
    const byte TwoBytes = 0xFC, ThreeBytes = 0xFD, EightBytes = 0xFE;

    readonly ReadOnlySpan<byte> data = data;
    readonly string what = what;
    int at;

    /// <summary>Gets where the next field starts, in bytes.</summary>
    public readonly int At => at;

    /// <summary>Gets how many bytes are left.</summary>
    public readonly int BytesLeft => data.Length - at;

    public byte ReadByte() => ReadBytes(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(sizeof(ushort)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(sizeof(ulong)));

    /// <summary>Reads an unsigned number of some bytes, at most eight.</summary>
    public ulong ReadUnsigned(int byteCount) => LittleEndian.Unsigned(ReadBytes(byteCount));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count > (uint)(data.Length - at)) ThrowEndsEarly(count);
        var bytes = data.Slice(at, count);
        at += count;
        return bytes;
    }

    /// <summary>Reads all that is left.</summary>
    public ReadOnlySpan<byte> ReadRest() => ReadBytes(BytesLeft);

    /// <summary>Reads a number whose first byte says how many bytes it has.</summary>
    public ulong ReadLengthEncoded()
    {
        var first = ReadByte();
        return first switch
        {
            < 0xFB => first,
            TwoBytes => ReadUnsigned(2),
            ThreeBytes => ReadUnsigned(3),
            EightBytes => ReadUnsigned(8),
            _ => throw Fault($"has the byte 0x{first:X2} in place of a length"),
        };
    }

    /// <summary>Reads a number that counts what follows: each takes at least a byte.</summary>
    public int ReadCount()
    {
        var count = ReadLengthEncoded();
        return count <= (ulong)BytesLeft ? (int)count : throw Fault($"states {count} items in {BytesLeft} bytes");
    }

    /// <summary>Reads a length, and as many bytes.</summary>
    public ReadOnlySpan<byte> ReadSized()
    {
        var length = ReadLengthEncoded();
        return length <= (ulong)BytesLeft
            ? ReadBytes((int)length)
            : throw Fault($"ends early: {length} bytes expected, {BytesLeft} left");
    }

    /// <summary>Reads bytes up to a NUL byte, which is read too.</summary>
    public ReadOnlySpan<byte> ReadUntilNul()
    {
        var length = data[at..].IndexOf((byte)0);
        if (length < 0) throw Fault("has a text without an end");
        var bytes = data.Slice(at, length);
        at += length + 1;
        return bytes;
    }

    /// <summary>Returns the text of bytes in UTF-8.</summary>
    public readonly string Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes)
        ? Encoding.UTF8.GetString(bytes)
        : throw new WireException(WireErrorKind.Encoding, $"{what}: before byte {at} is a text that is not UTF-8");

    public readonly WireException Fault(string fault) => WireException.Malformed($"{what}: at byte {at} it {fault}");

    readonly void ThrowEndsEarly(int count) => throw Fault($"ends early: {count} bytes expected, {BytesLeft} left");
}

/// <summary>Reads numbers of any count of bytes.</summary>
static class LittleEndian
{
    const int BitsPerByte = 8;

    /// <summary>Returns the unsigned number of at most eight bytes, the lowest first.</summary>
    public static ulong Unsigned(ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (var i = bytes.Length - 1; i >= 0; i--) number = number << BitsPerByte | bytes[i];
        return number;
    }

    /// <summary>Returns the unsigned number of at most eight bytes, the highest first.</summary>
    public static ulong UnsignedBigEndian(ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        foreach (var b in bytes) number = number << BitsPerByte | b;
        return number;
    }
}
