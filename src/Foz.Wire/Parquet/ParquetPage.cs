using System.IO.Hashing;

namespace Foz.Wire.Parquet;

/// <summary>
/// The header of a page of a Parquet file, as far as it is about the page's bytes (parquet-format, <c>PageHeader</c>,
/// in Thrift's compact protocol).
/// </summary>
/// <param name="HeaderBytes">How many bytes the header has.</param>
/// <param name="SizeBytes">How many bytes of the page come after it.</param>
/// <param name="Checksum">The CRC-32 of those bytes; null where the writer put none.</param>
public readonly record struct ParquetPage(int HeaderBytes, int SizeBytes, uint? Checksum)
{
    const int SizeField = 3;
    const int ChecksumField = 4;
    const int DepthMax = 16;

    /// <summary>Reads the header that bytes begin with.</summary>
    /// <exception cref="WireException">There is none, or it is cut short.</exception>
    public static ParquetPage Read(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        int? size = null;
        uint? checksum = null;
        for (var id = 0; ReadField(ref rest, ref id) is var type && type is not FieldType.Stop;)
        {
            if (type is FieldType.Int32 && id is SizeField or ChecksumField)
            {
                var value = (int)ReadNumber(ref rest);
                if (id == SizeField) size = value;
                else checksum = (uint)value;
            }
            else
            {
                Skip(ref rest, type, 0);
            }
        }
        return size is >= 0 ? new(bytes.Length - rest.Length, size.Value, checksum) : throw Damaged();
    }

    /// <summary>
    /// Whether a page has the bytes that its writer counted the checksum of; true where there is none.
    /// </summary>
    /// <param name="bytes">The bytes after the header.</param>
    public bool IsWhole(ReadOnlySpan<byte> bytes) =>
        Checksum is not { } checksum || Crc32.HashToUInt32(bytes) == checksum;

    /// <summary>
    /// Reads the type of the next field, and its number, which is given by its distance from the one before.
    /// </summary>
    static FieldType ReadField(ref ReadOnlySpan<byte> rest, ref int id)
    {
        var head = Take(ref rest, 1)[0];
        var type = (FieldType)(head & 0xF);
        if (type is FieldType.Stop) return type;
        id = head >> 4 is > 0 and var distance ? id + distance : (int)ReadNumber(ref rest);
        return type;
    }

    static void Skip(ref ReadOnlySpan<byte> rest, FieldType type, int depth)
    {
        if (depth > DepthMax) throw Damaged();
        switch (type)
        {
            case FieldType.True or FieldType.False:
                break;
            case FieldType.Byte:
                Take(ref rest, 1);
                break;
            case FieldType.Int16 or FieldType.Int32 or FieldType.Int64:
                ReadUnsigned(ref rest);
                break;
            case FieldType.Double:
                Take(ref rest, sizeof(double));
                break;
            case FieldType.Binary:
                Take(ref rest, ReadUnsigned(ref rest));
                break;
            case FieldType.List or FieldType.Set:
                var head = Take(ref rest, 1)[0];
                var item = (FieldType)(head & 0xF);
                // Each item of a list takes a byte, a boolean too.
                if (item is FieldType.True or FieldType.False) item = FieldType.Byte;
                for (var count = head >> 4 is < 15 and var few ? few : ReadUnsigned(ref rest); count > 0; count--)
                    Skip(ref rest, item, depth + 1);
                break;
            case FieldType.Struct:
                for (var id = 0; ReadField(ref rest, ref id) is var inner && inner is not FieldType.Stop;)
                    Skip(ref rest, inner, depth + 1);
                break;
            default:
                throw Damaged();
        }
    }

    static long ReadNumber(ref ReadOnlySpan<byte> rest) =>
        ReadUnsigned(ref rest) is var value && (value & 1) == 0 ? value >>> 1 : ~(value >>> 1);

    static long ReadUnsigned(ref ReadOnlySpan<byte> rest)
    {
        var value = 0L;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(ref rest, 1)[0];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw Damaged();
    }

    static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, long count)
    {
        if (count < 0 || count > rest.Length) throw Damaged();
        var taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }

    static WireException Damaged() => WireException.Malformed("the header of a Parquet page is damaged or cut short");

    /// <summary>A type of Thrift's compact protocol.</summary>
    enum FieldType
    {
        Stop = 0,
        True = 1,
        False = 2,
        Byte = 3,
        Int16 = 4,
        Int32 = 5,
        Int64 = 6,
        Double = 7,
        Binary = 8,
        List = 9,
        Set = 10,
        Struct = 12,
    }
}
