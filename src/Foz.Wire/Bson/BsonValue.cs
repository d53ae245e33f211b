using System.Buffers.Binary;
using System.Text.Unicode;

namespace Foz.Wire.Bson;

/// <summary>Reads the bytes of values: see <see cref="BsonElements.Value"/>.</summary>
public static class BsonValue
{
    const int LengthBytes = sizeof(int);
    const byte OldBinary = 0x02;

    /// <summary>Reads a <see cref="BsonType.Double"/>.</summary>
    public static double Double(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadDoubleLittleEndian(value);

    /// <summary>Reads a <see cref="BsonType.Int32"/>.</summary>
    public static int Int32(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt32LittleEndian(value);

    /// <summary>Reads a <see cref="BsonType.Int64"/>, or the milliseconds of a <see cref="BsonType.Date"/>.</summary>
    public static long Int64(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);

    /// <summary>Reads a <see cref="BsonType.Boolean"/>.</summary>
    public static bool Boolean(ReadOnlySpan<byte> value) => value[0] != 0;

    /// <summary>
    /// Returns the characters of a <see cref="BsonType.String"/>, <see cref="BsonType.Symbol"/> or
    /// <see cref="BsonType.Code"/>, in UTF-8.
    /// </summary>
    /// <exception cref="WireException">They are not UTF-8, or have no end.</exception>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> value)
    {
        var text = RawText(value);
        return Utf8.IsValid(text) ? text : throw NotUtf8();
    }

    /// <summary>Returns the same characters, whether they are UTF-8 or not.</summary>
    /// <exception cref="WireException">They have no end.</exception>
    public static ReadOnlySpan<byte> RawText(ReadOnlySpan<byte> value)
    {
        var stated = Int32(value);
        return stated < 1 || stated > value.Length - LengthBytes || value[LengthBytes + stated - 1] != 0
            ? throw WireException.Malformed("a text of BSON that has no end")
            : value.Slice(LengthBytes, stated - 1);
    }

    /// <summary>Returns the subtype and the bytes of a <see cref="BsonType.Binary"/>.</summary>
    public static ReadOnlySpan<byte> Binary(ReadOnlySpan<byte> value, out byte subtype)
    {
        subtype = value[LengthBytes];
        var bytes = value[(LengthBytes + 1)..];
        // The old form of bytes states its length twice.
        return subtype == OldBinary && bytes.Length >= LengthBytes && Int32(bytes) == bytes.Length - LengthBytes
            ? bytes[LengthBytes..]
            : bytes;
    }

    /// <summary>The error of a text or name that is not UTF-8.</summary>
    public static WireException NotUtf8() => new(WireErrorKind.Encoding, "a text that is not UTF-8");
}
