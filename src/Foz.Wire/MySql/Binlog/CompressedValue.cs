namespace Foz.Wire.MySql.Binlog;

/// <summary>Values of columns that MariaDB keeps compressed (<c>VARCHAR(…) COMPRESSED</c>).</summary>
public static class CompressedValue
{
    const int AlgorithmShift = 4, Zlib = 8, NoHeaderFlag = 8, LengthMask = 0x07, LengthBytesMax = 4, RatioMax = 1032;
    const string What = "a compressed value";

    /// <summary>Returns the value.</summary>
    /// <param name="value">As the log has it: a byte of the method, then maybe a length, then bytes.</param>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public static ReadOnlySpan<byte> Decompress(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value[0] == 0) return value.IsEmpty ? value : value[1..];
        var fields = new ByteReader(value, What);
        int head = fields.ReadByte(), lengthBytes = head & LengthMask;
        if (head >> AlgorithmShift != Zlib || lengthBytes is 0 or > LengthBytesMax)
            throw fields.Fault($"has the byte 0x{head:X2} in place of a method");
        var length = LittleEndian.UnsignedBigEndian(fields.ReadBytes(lengthBytes));
        if (length > (ulong)fields.BytesLeft * RatioMax)
            throw fields.Fault($"states {length} bytes, compressed in {fields.BytesLeft}");
        var hasHeader = (head & NoHeaderFlag) == 0;
        return ZlibBlock.Inflate(fields.ReadRest(), (int)Math.Min(length, (ulong)Array.MaxLength), hasHeader, What);
    }
}
