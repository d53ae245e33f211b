using System.Text;
using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>Makes values of the C API.</summary>
static unsafe class NativeValues
{
    /// <summary>The value as the type, which must be one that it can have.</summary>
    public static ValueHandle Create(object? value, LogicalType type) => CreateRaw(value, type) is var native and not 0
        ? new(native)
        : throw new DuckDBException(DuckDBErrorKind.MismatchType, $"DuckDB makes no {type} of {value}");

    static nint CreateRaw(object? value, LogicalType type)
    {
        if (value is null or DBNull || type.Id == TypeId.SqlNull) return NativeMethods.duckdb_create_null_value();
        return type.Id switch
        {
            TypeId.Boolean => NativeMethods.duckdb_create_bool(
                ValueConversion.Exactly<bool>(value, type) ? (byte)1 : (byte)0),
            TypeId.TinyInt => NativeMethods.duckdb_create_int8(ValueConversion.Integer<sbyte>(value, type)),
            TypeId.SmallInt => NativeMethods.duckdb_create_int16(ValueConversion.Integer<short>(value, type)),
            TypeId.Integer => NativeMethods.duckdb_create_int32(ValueConversion.Integer<int>(value, type)),
            TypeId.BigInt => NativeMethods.duckdb_create_int64(ValueConversion.Integer<long>(value, type)),
            TypeId.HugeInt => NativeMethods.duckdb_create_hugeint(ValueConversion.Integer<Int128>(value, type)),
            TypeId.UTinyInt => NativeMethods.duckdb_create_uint8(ValueConversion.Integer<byte>(value, type)),
            TypeId.USmallInt => NativeMethods.duckdb_create_uint16(ValueConversion.Integer<ushort>(value, type)),
            TypeId.UInteger => NativeMethods.duckdb_create_uint32(ValueConversion.Integer<uint>(value, type)),
            TypeId.UBigInt => NativeMethods.duckdb_create_uint64(ValueConversion.Integer<ulong>(value, type)),
            TypeId.UHugeInt => NativeMethods.duckdb_create_uhugeint(ValueConversion.Integer<UInt128>(value, type)),
            TypeId.Float => NativeMethods.duckdb_create_float((float)ValueConversion.Double(value, type)),
            TypeId.Double => NativeMethods.duckdb_create_double(ValueConversion.Double(value, type)),
            TypeId.Varchar => CreateText(ValueConversion.Exactly<string>(value, type)),
            TypeId.Blob => CreateBlob(ValueConversion.Exactly<byte[]>(value, type)),
            TypeId.Decimal => NativeMethods.duckdb_create_decimal(new()
            {
                Width = type.Width, Scale = type.Scale, Value = ValueConversion.Decimal(value, type),
            }),
            TypeId.Uuid => NativeMethods.duckdb_create_uuid(UuidBits.Plain(ValueConversion.Exactly<Guid>(value, type))),
            TypeId.Bit => CreateBits(ValueConversion.Bits(value, type)),
            TypeId.BigNum => CreateBigNum(ValueConversion.Integer<System.Numerics.BigInteger>(value, type)),
            _ => CreateTime(value, type),
        };
    }

    static nint CreateTime(object value, LogicalType type) => type.Id switch
    {
        TypeId.Date => NativeMethods.duckdb_create_date(ValueConversion.Date(value, type).Days),
        TypeId.Time => NativeMethods.duckdb_create_time(ValueConversion.Time(value, type).Micros),
        TypeId.TimeNs => NativeMethods.duckdb_create_time_ns(ValueConversion.Exactly<TimeNs>(value, type).Nanos),
        TypeId.TimeTz => NativeMethods.duckdb_create_time_tz_value(ValueConversion.Exactly<TimeTz>(value, type).Bits),
        TypeId.Timestamp => NativeMethods.duckdb_create_timestamp(ValueConversion.Timestamp(value, type).Micros),
        TypeId.TimestampTz => NativeMethods.duckdb_create_timestamp_tz(
            ValueConversion.TimestampTz(value, type).Micros),
        TypeId.TimestampS => NativeMethods.duckdb_create_timestamp_s(
            ValueConversion.Exactly<TimestampS>(value, type).Seconds),
        TypeId.TimestampMs => NativeMethods.duckdb_create_timestamp_ms(
            ValueConversion.Exactly<TimestampMs>(value, type).Millis),
        TypeId.TimestampNs => NativeMethods.duckdb_create_timestamp_ns(
            ValueConversion.Exactly<TimestampNs>(value, type).Nanos),
        TypeId.Interval => CreateInterval(ValueConversion.Interval(value, type)),
        _ => CreateNested(value, type),
    };

    static nint CreateInterval(Interval value) => NativeMethods.duckdb_create_interval(
        new() { Months = value.Months, Days = value.Days, Micros = value.Micros });

    static nint CreateNested(object value, LogicalType type)
    {
        using var native = type.ToNative();
        switch (type.Id)
        {
            case TypeId.Enum:
                return NativeMethods.duckdb_create_enum_value(native, (ulong)ValueConversion.EnumIndex(value, type));
            case TypeId.List or TypeId.Array:
                {
                    using var element = type.Element!.ToNative();
                    using var values = new NativeValueArray(ValueConversion.Elements(value, type), _ => type.Element!);
                    fixed (nint* pointers = values.Pointers)
                        return type.Id == TypeId.List
                            ? NativeMethods.duckdb_create_list_value(element, pointers, (ulong)values.Count)
                            : NativeMethods.duckdb_create_array_value(element, pointers, (ulong)values.Count);
                }
            case TypeId.Struct:
                {
                    using var values = new NativeValueArray(
                        ValueConversion.Fields(value, type), i => type.Fields[i].Type);
                    fixed (nint* pointers = values.Pointers)
                        return NativeMethods.duckdb_create_struct_value(native, pointers);
                }
            case TypeId.Map:
                {
                    var map = ValueConversion.Exactly<MapValue>(value, type);
                    using var keys = new NativeValueArray([.. map.Select(e => e.Key)], _ => type.MapKey);
                    using var values = new NativeValueArray([.. map.Select(e => e.Value)], _ => type.MapValue);
                    fixed (nint* keyPointers = keys.Pointers, valuePointers = values.Pointers)
                        return NativeMethods.duckdb_create_map_value(
                            native, keyPointers, valuePointers, (ulong)map.Count);
                }
            case TypeId.Union:
                {
                    var union = ValueConversion.Exactly<UnionValue>(value, type);
                    var tag = ValueConversion.UnionTag(union, type);
                    using var member = union.Value is null
                        ? CreateTypedNull(type.Fields[tag].Type)
                        : Create(union.Value, type.Fields[tag].Type);
                    return NativeMethods.duckdb_create_union_value(native, (ulong)tag, member.DangerousGetHandle());
                }
            default: throw ValueConversion.Mismatch(value, type);
        }
    }

    /// <summary>A NULL of a type: an element of a list, which has it cast.</summary>
    static ValueHandle CreateTypedNull(LogicalType type)
    {
        using var native = type.ToNative();
        using var untyped = Create(null, type);
        var element = untyped.DangerousGetHandle();
        using var list = new ValueHandle(NativeMethods.duckdb_create_list_value(native, &element, 1));
        return new(NativeMethods.duckdb_get_list_child(list, 0));
    }

    static nint CreateText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        // An empty array pins to a null pointer, which is no string.
        fixed (byte* pointer = bytes.Length == 0 ? "\0"u8 : bytes)
            return NativeMethods.duckdb_create_varchar_length(pointer, (ulong)bytes.Length);
    }

    static nint CreateBlob(byte[] bytes)
    {
        fixed (byte* pointer = bytes.Length == 0 ? "\0"u8 : bytes)
            return NativeMethods.duckdb_create_blob(pointer, (ulong)bytes.Length);
    }

    static nint CreateBits(byte[] bytes)
    {
        fixed (byte* pointer = bytes)
            return NativeMethods.duckdb_create_bit(new() { Data = pointer, Size = (ulong)bytes.Length });
    }

    static nint CreateBigNum(System.Numerics.BigInteger number)
    {
        var magnitude = System.Numerics.BigInteger.Abs(number).ToByteArray(isUnsigned: true, isBigEndian: true);
        fixed (byte* pointer = magnitude)
            return NativeMethods.duckdb_create_bignum(new()
            {
                Data = pointer, Size = (ulong)magnitude.Length, IsNegative = number < 0 ? (byte)1 : (byte)0,
            });
    }
}

/// <summary>Values of the C API side by side.</summary>
sealed class NativeValueArray : IDisposable
{
    readonly List<ValueHandle> handles = [];

    public NativeValueArray(object?[] values, Func<int, LogicalType> typeOf)
    {
        try
        {
            for (var i = 0; i < values.Length; i++) handles.Add(NativeValues.Create(values[i], typeOf(i)));
        }
        catch
        {
            Dispose();
            throw;
        }
        // At least one, so that it pins to a pointer even when empty.
        Pointers = [.. handles.Select(h => h.DangerousGetHandle()), 0];
    }

    public int Count => handles.Count;

    public nint[] Pointers { get; } = [];

    public void Dispose()
    {
        foreach (var handle in handles) handle.Dispose();
    }
}
