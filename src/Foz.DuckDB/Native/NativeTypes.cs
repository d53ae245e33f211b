using System.Runtime.InteropServices;

namespace Foz.DuckDB.Native;

/// <summary><c>duckdb_state</c>.</summary>
enum State
{
    Success = 0,
    Error = 1,
}

/// <summary><c>duckdb_result</c>: passed by value to the fetch functions; only the last field is in use.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeResult
{
    public ulong ColumnCount;
    public ulong RowCount;
    public ulong RowsChanged;
    public nint Columns;
    public nint ErrorMessage;
    public nint InternalData;
}

/// <summary><c>duckdb_query_progress_type</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeProgress
{
    public double Percentage;
    public ulong RowsProcessed;
    public ulong TotalRowsToProcess;
}

/// <summary>
/// <c>duckdb_hugeint</c> and <c>duckdb_uhugeint</c>: two halves, so that no 16-byte alignment is assumed.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeHugeInt
{
    public ulong Lower;
    public ulong Upper;

    public static implicit operator NativeHugeInt(Int128 value) =>
        new() { Lower = (ulong)value, Upper = (ulong)(value >> 64) };

    public static implicit operator NativeHugeInt(UInt128 value) =>
        new() { Lower = (ulong)value, Upper = (ulong)(value >> 64) };
}

/// <summary><c>duckdb_decimal</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeDecimal
{
    public byte Width;
    public byte Scale;
    public NativeHugeInt Value;
}

/// <summary><c>duckdb_interval</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
struct NativeInterval
{
    public int Months;
    public int Days;
    public long Micros;
}

/// <summary><c>duckdb_bit</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeBit
{
    public byte* Data;
    public ulong Size;
}

/// <summary><c>duckdb_bignum</c>: magnitude in big-endian order and sign.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeBigNum
{
    public byte* Data;
    public ulong Size;
    public byte IsNegative;
}

/// <summary>
/// <c>duckdb_string_t</c>: up to 12 bytes lie in the struct itself, longer ones where a pointer after a prefix points.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
unsafe struct NativeString
{
    public const int InlineLengthMax = 12;

    [FieldOffset(0)] public uint Length;
    [FieldOffset(4)] public fixed byte Inlined[InlineLengthMax];
    [FieldOffset(8)] public byte* Pointer;
}
