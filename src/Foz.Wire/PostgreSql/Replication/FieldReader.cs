using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Foz.Wire.PostgreSql.Replication;

/// <summary>
/// Reads the fields of one message of the replication protocol. An error names the message, and the byte at which it
/// is wrong.
/// </summary>
/// <param name="message">The whole message, from its type on.</param>
/// <param name="what">What the message is, for errors.</param>
/// <param name="at">Where its next field starts, in bytes.</param>
ref struct FieldReader(ReadOnlySpan<byte> message, string what, int at)
{
    readonly ReadOnlySpan<byte> message = message;
    readonly string what = what;
    int at = at;

    /// <summary>Gets where the next field starts, in bytes.</summary>
    public readonly int At => at;

    /// <summary>Gets how many bytes are left.</summary>
    public readonly int BytesLeft => message.Length - at;

    public byte ReadByte() => ReadBytes(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(ReadBytes(sizeof(ushort)));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(ReadBytes(sizeof(int)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(sizeof(uint)));

    public Lsn ReadLsn() => new(BinaryPrimitives.ReadUInt64BigEndian(ReadBytes(sizeof(ulong))));

    /// <summary>Reads a time: microseconds since 2000-01-01.</summary>
    /// <returns>Microseconds since 1970-01-01, in UTC.</returns>
    public long ReadTime() => unchecked(
        BinaryPrimitives.ReadInt64BigEndian(ReadBytes(sizeof(long))) + BinaryDate.EpochMicroseconds);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count > (uint)(message.Length - at)) ThrowEndsEarly(count);
        var bytes = message.Slice(at, count);
        at += count;
        return bytes;
    }

    /// <summary>Reads a length, and as many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadSized()
    {
        var length = ReadInt32();
        if (length < 0) ThrowNegative(length);
        return ReadBytes(length);
    }

    /// <summary>Reads a text up to its NUL byte.</summary>
    public string ReadString()
    {
        var length = message[at..].IndexOf((byte)0);
        if (length < 0) throw Fault("has a text without an end");
        var bytes = message.Slice(at, length);
        if (!Utf8.IsValid(bytes))
            throw new WireException(WireErrorKind.Encoding, $"{what}: byte {at} starts a text that is not UTF-8");
        at += length + 1;
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads a byte that must be one of some.</summary>
    public byte ReadOneOf(ReadOnlySpan<byte> expected)
    {
        var value = ReadByte();
        return expected.Contains(value)
            ? value
            : throw WireException.Malformed(
                $"{what}: byte {at - 1} is 0x{value:X2}, not one of '{Encoding.ASCII.GetString(expected)}'");
    }

    /// <summary>Makes sure that nothing is left.</summary>
    public readonly void End()
    {
        if (BytesLeft != 0) throw Fault($"has {BytesLeft} bytes too many");
    }

    public readonly WireException Fault(string fault) => WireException.Malformed($"{what}: at byte {at} it {fault}");

    readonly void ThrowEndsEarly(int count) => throw Fault($"ends early: {count} bytes expected, {BytesLeft} left");

    readonly void ThrowNegative(int length) => throw Fault($"states a length of {length}");
}
