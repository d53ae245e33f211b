using System.Numerics;
using System.Text;

namespace Foz.DuckDB;

/// <summary>Reads single values out of vectors as objects.</summary>
static class ValueReader
{
    const int BigNumHeaderLength = 3;
    const byte BigNumPositive = 0x80;

    public static object? Read(in Vector vector, int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)vector.Count, nameof(row));
        if (vector.IsNull(row)) return null;
        return vector.Type.Id switch
        {
            TypeId.Boolean => vector.Values<bool>()[row],
            TypeId.TinyInt => vector.Values<sbyte>()[row],
            TypeId.SmallInt => vector.Values<short>()[row],
            TypeId.Integer => vector.Values<int>()[row],
            TypeId.BigInt => vector.Values<long>()[row],
            TypeId.UTinyInt => vector.Values<byte>()[row],
            TypeId.USmallInt => vector.Values<ushort>()[row],
            TypeId.UInteger => vector.Values<uint>()[row],
            TypeId.UBigInt => vector.Values<ulong>()[row],
            TypeId.Float => vector.Values<float>()[row],
            TypeId.Double => vector.Values<double>()[row],
            TypeId.Varchar => vector.Text(row),
            TypeId.Blob or TypeId.Geometry => vector.Bytes(row).ToArray(),
            TypeId.Bit => ReadBits(vector.Bytes(row)),
            TypeId.Enum => vector.Type.EnumValues[(int)ReadEnum(vector, row)],
            TypeId.SqlNull => null,
            TypeId.HugeInt or TypeId.UHugeInt or TypeId.BigNum or TypeId.Decimal or TypeId.Uuid =>
                ReadWide(vector, row),
            _ => ReadTime(vector, row),
        };
    }

    // Apart from the others, because code of 128-bit integers cannot be compiled ahead of time.
    static object? ReadWide(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.HugeInt => vector.Values<Int128>()[row],
        TypeId.UHugeInt => vector.Values<UInt128>()[row],
        TypeId.BigNum => ReadBigNum(vector.Bytes(row)),
        TypeId.Decimal => new DecimalValue(vector.UnscaledDecimal(row), vector.Type.Width, vector.Type.Scale),
        _ => UuidBits.ToGuid(vector.Values<Int128>()[row]),
    };

    static object? ReadTime(in Vector vector, int row) => vector.Type.Id switch
    {
        TypeId.Date => vector.Values<Date>()[row],
        TypeId.Time => vector.Values<Time>()[row],
        TypeId.TimeNs => vector.Values<TimeNs>()[row],
        TypeId.TimeTz => vector.Values<TimeTz>()[row],
        TypeId.Timestamp => vector.Values<Timestamp>()[row],
        TypeId.TimestampS => vector.Values<TimestampS>()[row],
        TypeId.TimestampMs => vector.Values<TimestampMs>()[row],
        TypeId.TimestampNs => vector.Values<TimestampNs>()[row],
        TypeId.TimestampTz => vector.Values<TimestampTz>()[row],
        TypeId.Interval => vector.Values<Interval>()[row],
        _ => ReadNested(vector, row),
    };

    static object? ReadNested(in Vector vector, int row)
    {
        switch (vector.Type.Id)
        {
            case TypeId.List:
                {
                    var entry = vector.Values<ListEntry>()[row];
                    return ReadElements(vector.Child, entry.Start, entry.Count);
                }
            case TypeId.Array:
                return ReadElements(vector.Child, row * vector.Type.ArraySize, vector.Type.ArraySize);
            case TypeId.Map: return ReadMap(vector, row);
            case TypeId.Struct:
                {
                    var fields = new KeyValuePair<string, object?>[vector.Type.Fields.Count];
                    for (var i = 0; i < fields.Length; i++)
                        fields[i] = new(vector.Type.Fields[i].Name, Read(vector.Field(i), row));
                    return new StructValue(fields);
                }
            case TypeId.Union:
                {
                    var tag = vector.Tags[row];
                    return new UnionValue(vector.Type.Fields[tag].Name, Read(vector.Field(tag), row));
                }
            case TypeId.Variant: return VariantReader.Read(vector, row);
            default:
                throw new NotSupportedException(
                    $"{vector.Type} has no value in .NET; cast it to VARCHAR or JSON in SQL");
        }
    }

    static object?[] ReadElements(in Vector child, int start, int count)
    {
        var elements = new object?[count];
        for (var i = 0; i < count; i++) elements[i] = Read(child, start + i);
        return elements;
    }

    static MapValue ReadMap(in Vector vector, int row)
    {
        var entry = vector.Values<ListEntry>()[row];
        var child = vector.Child;
        var keys = child.Field(0);
        var values = child.Field(1);
        var entries = new KeyValuePair<object, object?>[entry.Count];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new(Read(keys, entry.Start + i)!, Read(values, entry.Start + i));
        return new(entries);
    }

    static uint ReadEnum(in Vector vector, int row) => Physical.SizeOf(vector.Type) switch
    {
        sizeof(byte) => vector.Values<byte>()[row],
        sizeof(ushort) => vector.Values<ushort>()[row],
        _ => vector.Values<uint>()[row],
    };

    /// <summary>
    /// Three bytes of length and sign, then the magnitude, big-endian; all bits inverted if negative.
    /// </summary>
    public static BigInteger ReadBigNum(ReadOnlySpan<byte> bytes)
    {
        var magnitude = bytes[BigNumHeaderLength..];
        if ((bytes[0] & BigNumPositive) != 0) return new(magnitude, isUnsigned: true, isBigEndian: true);
        var inverted = new byte[magnitude.Length];
        for (var i = 0; i < inverted.Length; i++) inverted[i] = (byte)~magnitude[i];
        return -new BigInteger(inverted, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>Reads one byte with the number of bits of padding, then the bits after the padding.</summary>
    public static BitValue ReadBits(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 8);
        for (var bit = 8 + bytes[0]; bit < bytes.Length * 8; bit++)
            text.Append((bytes[bit / 8] & (0x80 >> (bit % 8))) == 0 ? '0' : '1');
        return new(text.ToString());
    }
}

/// <summary>UUIDs: DuckDB keeps them as 128-bit integers whose highest bit is flipped, so that they sort.</summary>
static class UuidBits
{
    static readonly UInt128 SignBit = UInt128.One << 127;

    public static Guid ToGuid(Int128 stored)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, (UInt128)stored ^ SignBit);
        return new(bytes, bigEndian: true);
    }

    /// <summary>The number that the hexadecimal digits spell.</summary>
    public static UInt128 Plain(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static Int128 ToStored(Guid value) => (Int128)(Plain(value) ^ SignBit);
}
