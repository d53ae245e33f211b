using System.Buffers.Binary;
using System.Text;

namespace Foz.DuckDB;

/// <summary>
/// Reads values out of VARIANT vectors. Beneath, a VARIANT is a struct of the keys of its objects, the children of its
/// objects and lists, the type and place of each of its values (the first is the root), and the values' bytes.
/// </summary>
readonly ref struct VariantReader
{
    const int KeysField = 0, ChildrenField = 1, ValuesField = 2, DataField = 3;

    /// <summary>What the vector is beneath.</summary>
    static readonly LogicalType Storage = LogicalType.Struct(
        new("keys", LogicalType.List(LogicalType.Varchar)),
        new("children", LogicalType.List(LogicalType.Struct(
            new("keys_index", LogicalType.Of(TypeId.UInteger)), new("values_index", LogicalType.Of(TypeId.UInteger))))),
        new("values", LogicalType.List(LogicalType.Struct(
            new("type_id", LogicalType.Of(TypeId.UTinyInt)), new("byte_offset", LogicalType.Of(TypeId.UInteger))))),
        new("data", LogicalType.Blob));

    readonly Vector keys;
    readonly Vector children;
    readonly Vector values;
    readonly int keysStart;
    readonly int childrenStart;
    readonly int valuesStart;
    readonly ReadOnlySpan<byte> data;

    VariantReader(in Vector variant, int row)
    {
        var storage = variant.As(Storage);
        keysStart = storage.Field(KeysField).Values<ListEntry>()[row].Start;
        childrenStart = storage.Field(ChildrenField).Values<ListEntry>()[row].Start;
        valuesStart = storage.Field(ValuesField).Values<ListEntry>()[row].Start;
        keys = storage.Field(KeysField).Child;
        children = storage.Field(ChildrenField).Child;
        values = storage.Field(ValuesField).Child;
        data = storage.Field(DataField).Bytes(row);
    }

    /// <summary>The kinds of values, by their numbers in the vector.</summary>
    enum Kind : byte
    {
        Null = 0, True = 1, False = 2, Int8 = 3, Int16 = 4, Int32 = 5, Int64 = 6, Int128 = 7, UInt8 = 8, UInt16 = 9,
        UInt32 = 10, UInt64 = 11, UInt128 = 12, Float = 13, Double = 14, Decimal = 15, Varchar = 16, Blob = 17,
        Uuid = 18, Date = 19, Time = 20, TimeNs = 21, TimestampS = 22, TimestampMs = 23, Timestamp = 24,
        TimestampNs = 25, TimeTz = 26, TimestampTz = 27, Interval = 28, Object = 29, Array = 30, BigNum = 31,
        Bit = 32, Geometry = 33,
    }

    /// <summary>The value of a row; null for the NULL inside of a VARIANT too.</summary>
    public static object? Read(in Vector variant, int row) => new VariantReader(variant, row).ReadValue(0);

    object? ReadValue(int index)
    {
        var kind = (Kind)values.Field(0).Values<byte>()[valuesStart + index];
        var bytes = data[(int)values.Field(1).Values<uint>()[valuesStart + index]..];
        return kind switch
        {
            Kind.Null => null,
            Kind.True => true,
            Kind.False => false,
            Kind.Int8 => (sbyte)bytes[0],
            Kind.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            Kind.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            Kind.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            Kind.Int128 => BinaryPrimitives.ReadInt128LittleEndian(bytes),
            Kind.UInt8 => bytes[0],
            Kind.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            Kind.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            Kind.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            Kind.UInt128 => BinaryPrimitives.ReadUInt128LittleEndian(bytes),
            Kind.Float => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            Kind.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            Kind.Decimal => ReadDecimal(bytes),
            Kind.Varchar => Encoding.UTF8.GetString(ReadBytes(bytes)),
            Kind.Blob or Kind.Geometry => ReadBytes(bytes).ToArray(),
            Kind.BigNum => ValueReader.ReadBigNum(ReadBytes(bytes)),
            Kind.Bit => ValueReader.ReadBits(ReadBytes(bytes)),
            Kind.Uuid => UuidBits.ToGuid(BinaryPrimitives.ReadInt128LittleEndian(bytes)),
            Kind.Object => ReadObject(bytes),
            Kind.Array => ReadArray(bytes),
            _ => ReadTime(kind, bytes),
        };
    }

    static object ReadTime(Kind kind, ReadOnlySpan<byte> bytes) => kind switch
    {
        Kind.Date => new Date(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        Kind.Time => new Time(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimeNs => new TimeNs(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimeTz => new TimeTz(BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
        Kind.Timestamp => new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimestampS => new TimestampS(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimestampMs => new TimestampMs(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimestampNs => new TimestampNs(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.TimestampTz => new TimestampTz(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        Kind.Interval => new Interval(
            BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
        _ => throw new NotSupportedException($"a VARIANT holds a value of kind {(byte)kind}, which is not known"),
    };

    /// <summary>
    /// Width and scale, then an integer of the width's size. The width counts the digits of this value: it can be less
    /// than the scale, and is 0 for a zero.
    /// </summary>
    static DecimalValue ReadDecimal(ReadOnlySpan<byte> bytes)
    {
        var (width, scale) = ((byte)ReadNumber(ref bytes), (byte)ReadNumber(ref bytes));
        Int128 unscaled = Physical.DecimalSize(width) switch
        {
            sizeof(short) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            sizeof(long) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt128LittleEndian(bytes),
        };
        return new(unscaled, Math.Max(Math.Max(width, scale), (byte)1), scale);
    }

    StructValue ReadObject(ReadOnlySpan<byte> bytes)
    {
        var fields = new KeyValuePair<string, object?>[ReadNumber(ref bytes)];
        var first = fields.Length == 0 ? 0 : childrenStart + ReadNumber(ref bytes);
        for (var i = 0; i < fields.Length; i++)
        {
            var key = keysStart + (int)children.Field(0).Values<uint>()[first + i];
            fields[i] = new(keys.Text(key), ReadValue((int)children.Field(1).Values<uint>()[first + i]));
        }
        return new(fields);
    }

    object?[] ReadArray(ReadOnlySpan<byte> bytes)
    {
        var elements = new object?[ReadNumber(ref bytes)];
        var first = elements.Length == 0 ? 0 : childrenStart + ReadNumber(ref bytes);
        for (var i = 0; i < elements.Length; i++)
            elements[i] = ReadValue((int)children.Field(1).Values<uint>()[first + i]);
        return elements;
    }

    static ReadOnlySpan<byte> ReadBytes(ReadOnlySpan<byte> bytes)
    {
        var length = ReadNumber(ref bytes);
        return bytes[..length];
    }

    /// <summary>A number of seven bits a byte, the lowest first; the highest bit says that more follow.</summary>
    static int ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        var number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            number |= (next & 0x7F) << shift;
            if ((next & 0x80) == 0) return number;
        }
    }
}
