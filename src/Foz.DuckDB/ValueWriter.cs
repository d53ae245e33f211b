namespace Foz.DuckDB;

/// <summary>Writes single objects into vectors.</summary>
static class ValueWriter
{
    public static void Write(ref VectorWriter vector, int row, object? value)
    {
        if (value is null or DBNull)
        {
            vector.SetNull(row);
            return;
        }
        var type = vector.Type;
        switch (type.Id)
        {
            case TypeId.Boolean: Set(vector, row, ValueConversion.Exactly<bool>(value, type)); break;
            case TypeId.TinyInt: Set(vector, row, ValueConversion.Integer<sbyte>(value, type)); break;
            case TypeId.SmallInt: Set(vector, row, ValueConversion.Integer<short>(value, type)); break;
            case TypeId.Integer: Set(vector, row, ValueConversion.Integer<int>(value, type)); break;
            case TypeId.BigInt: Set(vector, row, ValueConversion.Integer<long>(value, type)); break;
            case TypeId.HugeInt: Set(vector, row, ValueConversion.Integer<Int128>(value, type)); break;
            case TypeId.UTinyInt: Set(vector, row, ValueConversion.Integer<byte>(value, type)); break;
            case TypeId.USmallInt: Set(vector, row, ValueConversion.Integer<ushort>(value, type)); break;
            case TypeId.UInteger: Set(vector, row, ValueConversion.Integer<uint>(value, type)); break;
            case TypeId.UBigInt: Set(vector, row, ValueConversion.Integer<ulong>(value, type)); break;
            case TypeId.UHugeInt: Set(vector, row, ValueConversion.Integer<UInt128>(value, type)); break;
            case TypeId.Float: Set(vector, row, (float)ValueConversion.Double(value, type)); break;
            case TypeId.Double: Set(vector, row, ValueConversion.Double(value, type)); break;
            case TypeId.Varchar: vector.SetText(row, ValueConversion.Exactly<string>(value, type)); break;
            case TypeId.Blob: vector.SetBytes(row, ValueConversion.Exactly<byte[]>(value, type)); break;
            case TypeId.Bit: vector.SetBytes(row, ValueConversion.Bits(value, type)); break;
            case TypeId.BigNum: vector.SetBytes(row, ValueConversion.BigNum(value, type)); break;
            case TypeId.Uuid:
                Set(vector, row, UuidBits.ToStored(ValueConversion.Exactly<Guid>(value, type)));
                break;
            case TypeId.Decimal: SetInteger(vector, row, ValueConversion.Decimal(value, type)); break;
            case TypeId.Enum: SetInteger(vector, row, ValueConversion.EnumIndex(value, type)); break;
            default: WriteTime(ref vector, row, value); break;
        }
    }

    static void WriteTime(ref VectorWriter vector, int row, object value)
    {
        var type = vector.Type;
        switch (type.Id)
        {
            case TypeId.Date: Set(vector, row, ValueConversion.Date(value, type)); break;
            case TypeId.Time: Set(vector, row, ValueConversion.Time(value, type)); break;
            case TypeId.TimeNs: Set(vector, row, ValueConversion.Exactly<TimeNs>(value, type)); break;
            case TypeId.TimeTz: Set(vector, row, ValueConversion.Exactly<TimeTz>(value, type)); break;
            case TypeId.Timestamp: Set(vector, row, ValueConversion.Timestamp(value, type)); break;
            case TypeId.TimestampTz: Set(vector, row, ValueConversion.TimestampTz(value, type)); break;
            case TypeId.TimestampS: Set(vector, row, ValueConversion.Exactly<TimestampS>(value, type)); break;
            case TypeId.TimestampMs: Set(vector, row, ValueConversion.Exactly<TimestampMs>(value, type)); break;
            case TypeId.TimestampNs: Set(vector, row, ValueConversion.Exactly<TimestampNs>(value, type)); break;
            case TypeId.Interval: Set(vector, row, ValueConversion.Interval(value, type)); break;
            default: WriteNested(ref vector, row, value); break;
        }
    }

    static void WriteNested(ref VectorWriter vector, int row, object value)
    {
        var type = vector.Type;
        switch (type.Id)
        {
            case TypeId.List or TypeId.Array:
                {
                    var elements = ValueConversion.Elements(value, type);
                    var start = type.Id == TypeId.List
                        ? vector.AppendList(row, elements.Length)
                        : row * type.ArraySize;
                    var child = vector.Child;
                    for (var i = 0; i < elements.Length; i++) child.SetValue(start + i, elements[i]);
                    break;
                }
            case TypeId.Map:
                {
                    var map = ValueConversion.Exactly<MapValue>(value, type);
                    var start = vector.AppendList(row, map.Count);
                    var child = vector.Child;
                    var keys = child.Field(0);
                    var values = child.Field(1);
                    for (var i = 0; i < map.Count; i++)
                    {
                        keys.SetValue(start + i, map[i].Key);
                        values.SetValue(start + i, map[i].Value);
                    }
                    break;
                }
            case TypeId.Struct:
                {
                    var fields = ValueConversion.Fields(value, type);
                    for (var i = 0; i < fields.Length; i++) vector.Field(i).SetValue(row, fields[i]);
                    break;
                }
            case TypeId.Union:
                {
                    var union = ValueConversion.Exactly<UnionValue>(value, type);
                    var tag = ValueConversion.UnionTag(union, type);
                    vector.SetTag(row, tag);
                    vector.Field(tag).SetValue(row, union.Value);
                    break;
                }
            default: throw ValueConversion.Mismatch(value, type);
        }
    }

    static void Set<T>(VectorWriter vector, int row, T value)
        where T : unmanaged => vector.Values<T>()[row] = value;

    /// <summary>An integer in as many bytes as the type has.</summary>
    static void SetInteger(VectorWriter vector, int row, Int128 value)
    {
        switch (Physical.SizeOf(vector.Type))
        {
            case sizeof(byte): vector.Values<byte>()[row] = (byte)value; break;
            case sizeof(short): vector.Values<short>()[row] = (short)value; break;
            case sizeof(int): vector.Values<int>()[row] = (int)value; break;
            case sizeof(long): vector.Values<long>()[row] = (long)value; break;
            default: vector.Values<Int128>()[row] = value; break;
        }
    }
}
