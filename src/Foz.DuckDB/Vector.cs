using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>Where a row's elements lie in the child of a LIST or MAP. Its memory is the vector's.</summary>
/// <param name="Offset">The first element's index in the child.</param>
/// <param name="Length">The number of elements.</param>
public readonly record struct ListEntry(ulong Offset, ulong Length)
{
    /// <summary>The first element's index in the child.</summary>
    public int Start => (int)Offset;

    /// <summary>The number of elements.</summary>
    public int Count => (int)Length;
}

/// <summary>
/// One column of a chunk, to read: values as spans over DuckDB's memory, which live as long as the chunk.
/// </summary>
public readonly unsafe ref struct Vector
{
    readonly nint handle;
    readonly void* data;
    readonly ulong* validity;

    internal Vector(nint handle, LogicalType type, int count)
    {
        this.handle = handle;
        data = NativeMethods.duckdb_vector_get_data(handle);
        validity = NativeMethods.duckdb_vector_get_validity(handle);
        Type = type;
        Count = count;
    }

    internal nint Handle => handle;

    /// <summary>The type of the values.</summary>
    public LogicalType Type { get; }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>Which values are not NULL.</summary>
    public ValidityMask Validity => new(validity, Count);

    /// <summary>Whether the value of the row is NULL.</summary>
    public bool IsNull(int row) => validity is not null && (validity[row >> 6] & (1UL << (row & 63))) == 0;

    /// <summary>
    /// The values as they lie in memory; those of NULL rows are undefined. For <typeparamref name="T"/> take the type's
    /// own form: bool, integers, float, double, Int128 (HUGEINT, UUID), <see cref="Date"/>, <see cref="Timestamp"/> and
    /// their like, the integer of a DECIMAL's width, the index of an ENUM, <see cref="ListEntry"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The size of the type is another.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        if (sizeof(T) != Physical.SizeOf(Type)) Physical.ThrowSize(Type, typeof(T));
        return new(data, Count);
    }

    /// <summary>The bytes of a VARCHAR (UTF-8), BLOB, BIT or BIGNUM; undefined for a NULL row.</summary>
    public ReadOnlySpan<byte> Bytes(int row) => AllBytes[row];

    /// <summary>The bytes of all values, as <see cref="Bytes"/> gives them one by one, for loops over many.</summary>
    public VectorBytes AllBytes
    {
        get
        {
            if (!Physical.IsText(Type.Id)) Physical.ThrowSize(Type, typeof(ReadOnlySpan<byte>));
            return new((NativeString*)data, Count);
        }
    }

    /// <summary>The bytes of the values, where the type is not a nested one.</summary>
    internal long ByteCount
    {
        get
        {
            var bytes = (long)Count * Physical.SizeOf(Type) + (validity is null ? 0 : (Count + 7) / 8);
            if (!Physical.IsText(Type.Id)) return bytes;
            for (var row = 0; row < Count; row++)
                if (!IsNull(row) && Bytes(row).Length is > NativeString.InlineLengthMax and var length) bytes += length;
            return bytes;
        }
    }

    /// <summary>The text of a VARCHAR.</summary>
    public string Text(int row) => Encoding.UTF8.GetString(Bytes(row));

    /// <summary>
    /// The end of the run of rows, from one on, that have its bytes: those of a VARCHAR, BLOB, BIT or BIGNUM. Fast
    /// where they share memory, as the rows of one file share its name.
    /// </summary>
    public int EndOfRun(int row)
    {
        var first = Bytes(row);
        // Equal structs are equal texts: inlined, or the same pointer. If each equals the next one, all are equal.
        var strings = new ReadOnlySpan<Int128>(data, Count);
        var rest = MemoryMarshal.AsBytes(strings[row..]);
        if (rest[sizeof(Int128)..].SequenceEqual(rest[..^sizeof(Int128)])) return Count;
        var end = row + 1;
        while (end < Count && (strings[end] == strings[row] || Bytes(end).SequenceEqual(first))) end++;
        return end;
    }

    /// <summary>
    /// The elements of a LIST (its entries say of which row), of an ARRAY (one row after the other) or of a MAP.
    /// </summary>
    public Vector Child => Type.Id switch
    {
        TypeId.List or TypeId.Map => new(
            NativeMethods.duckdb_list_vector_get_child(handle), Type.Element!,
            (int)NativeMethods.duckdb_list_vector_get_size(handle)),
        TypeId.Array => new(
            NativeMethods.duckdb_array_vector_get_child(handle), Type.Element!, Count * Type.ArraySize),
        _ => throw new InvalidOperationException($"{Type} has no elements"),
    };

    /// <summary>The same memory as another type that has the same form.</summary>
    internal Vector As(LogicalType type) => new(handle, type, Count);

    /// <summary>A field of a STRUCT or a member of a UNION, by its place.</summary>
    public Vector Field(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Type.Fields.Count, nameof(index));
        // A union is a struct whose first field is the tag.
        var place = Type.Id == TypeId.Union ? index + 1 : index;
        return new(NativeMethods.duckdb_struct_vector_get_child(handle, (ulong)place), Type.Fields[index].Type, Count);
    }

    /// <summary>Which member each row of a UNION has.</summary>
    public ReadOnlySpan<byte> Tags => Type.Id == TypeId.Union
        ? new(NativeMethods.duckdb_vector_get_data(NativeMethods.duckdb_struct_vector_get_child(handle, 0)), Count)
        : throw new InvalidOperationException($"{Type} has no tags");

    /// <summary>The unscaled digits of a DECIMAL.</summary>
    public Int128 UnscaledDecimal(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return Type.Id == TypeId.Decimal
            ? Physical.SizeOf(Type) switch
            {
                sizeof(short) => ((short*)data)[row],
                sizeof(int) => ((int*)data)[row],
                sizeof(long) => ((long*)data)[row],
                _ => Unsafe.ReadUnaligned<Int128>((Int128*)data + row),
            }
            : throw new InvalidOperationException($"{Type} is no decimal");
    }

    /// <summary>
    /// The value of a row as an object, null for NULL: convenient, and slow. bool, integers up to Int128 and UInt128,
    /// BigInteger, float, double, string (ENUM too), byte[], Guid, <see cref="DecimalValue"/>, <see cref="Date"/>,
    /// <see cref="Time"/>, <see cref="Timestamp"/> and their like, <see cref="Interval"/>, <see cref="BitValue"/>,
    /// object?[] (LIST, ARRAY), <see cref="StructValue"/>, <see cref="MapValue"/>, <see cref="UnionValue"/>; a VARIANT
    /// as what it holds.
    /// </summary>
    public object? GetValue(int row) => ValueReader.Read(this, row);
}

/// <summary>
/// The bytes of the values of a vector of VARCHAR, BLOB, BIT or BIGNUM; undefined for those that are NULL.
/// </summary>
public readonly unsafe ref struct VectorBytes
{
    readonly NativeString* values;
    readonly int count;

    internal VectorBytes(NativeString* values, int count)
    {
        this.values = values;
        this.count = count;
    }

    /// <summary>The bytes of a row's value.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)count, nameof(row));
            var text = values + row;
            return new(text->Length <= NativeString.InlineLengthMax ? text->Inlined : text->Pointer, (int)text->Length);
        }
    }
}

/// <summary>Which values of a vector are not NULL.</summary>
public readonly unsafe ref struct ValidityMask
{
    readonly ulong* words;
    readonly int count;

    internal ValidityMask(ulong* words, int count)
    {
        this.words = words;
        this.count = count;
    }

    /// <summary>Whether no value can be NULL: there is no mask.</summary>
    public bool IsAllValid => words is null;

    /// <summary>One bit a row, the lowest first, 1 for not NULL; empty if <see cref="IsAllValid"/>.</summary>
    public ReadOnlySpan<ulong> Words => words is null ? default : new(words, (count + 63) / 64);

    /// <summary>Whether the value of the row is not NULL.</summary>
    public bool IsValid(int row) => words is null || (words[row >> 6] & (1UL << (row & 63))) != 0;
}
