using System.Runtime.InteropServices;

namespace Foz.DuckDB.Native;

/// <summary>Logical types and values.</summary>
static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint duckdb_create_logical_type(int type);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_logical_type(ref nint type);

    [LibraryImport(Library)]
    public static partial byte* duckdb_logical_type_get_alias(nint type);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void duckdb_logical_type_set_alias(nint type, string alias);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_list_type(LogicalTypeHandle child);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_array_type(LogicalTypeHandle child, ulong size);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_map_type(LogicalTypeHandle key, LogicalTypeHandle value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_struct_type(nint* types, byte** names, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_union_type(nint* types, byte** names, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_enum_type(byte** names, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_decimal_type(byte width, byte scale);

    [LibraryImport(Library)]
    public static partial int duckdb_get_type_id(nint type);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_width(nint type);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_scale(nint type);

    [LibraryImport(Library)]
    public static partial uint duckdb_enum_dictionary_size(nint type);

    [LibraryImport(Library)]
    public static partial byte* duckdb_enum_dictionary_value(nint type, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_list_type_child_type(nint type);

    [LibraryImport(Library)]
    public static partial nint duckdb_array_type_child_type(nint type);

    [LibraryImport(Library)]
    public static partial ulong duckdb_array_type_array_size(nint type);

    [LibraryImport(Library)]
    public static partial nint duckdb_map_type_key_type(nint type);

    [LibraryImport(Library)]
    public static partial nint duckdb_map_type_value_type(nint type);

    [LibraryImport(Library)]
    public static partial ulong duckdb_struct_type_child_count(nint type);

    [LibraryImport(Library)]
    public static partial byte* duckdb_struct_type_child_name(nint type, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_struct_type_child_type(nint type, ulong index);

    [LibraryImport(Library)]
    public static partial ulong duckdb_union_type_member_count(nint type);

    [LibraryImport(Library)]
    public static partial byte* duckdb_union_type_member_name(nint type, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_union_type_member_type(nint type, ulong index);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_value(ref nint value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_null_value();

    [LibraryImport(Library)]
    public static partial nint duckdb_create_varchar_length(byte* text, ulong length);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_blob(byte* data, ulong length);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_bool(byte value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_int8(sbyte value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uint8(byte value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_int16(short value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uint16(ushort value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_int32(int value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uint32(uint value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_int64(long value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uint64(ulong value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_hugeint(NativeHugeInt value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uhugeint(NativeHugeInt value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_bignum(NativeBigNum value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_decimal(NativeDecimal value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_float(float value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_double(double value);

    // A struct of one number is passed as the number.
    [LibraryImport(Library)]
    public static partial nint duckdb_create_date(int days);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_time(long micros);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_time_ns(long nanos);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_time_tz_value(ulong bits);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_timestamp(long micros);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_timestamp_tz(long micros);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_timestamp_s(long seconds);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_timestamp_ms(long millis);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_timestamp_ns(long nanos);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_interval(NativeInterval value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_bit(NativeBit value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_uuid(NativeHugeInt value);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_enum_value(LogicalTypeHandle type, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_struct_value(LogicalTypeHandle type, nint* values);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_list_value(LogicalTypeHandle child, nint* values, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_array_value(LogicalTypeHandle child, nint* values, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_map_value(LogicalTypeHandle type, nint* keys, nint* values, ulong count);

    [LibraryImport(Library)]
    public static partial nint duckdb_create_union_value(LogicalTypeHandle type, ulong tag, nint value);

    [LibraryImport(Library)]
    public static partial nint duckdb_get_list_child(ValueHandle value, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_get_value_type(nint value);
}
