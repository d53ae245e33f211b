using System.Text;
using System.Text.Unicode;
using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>
/// One column of a chunk, to write. A fresh column holds no NULL; the bytes of values never set are undefined.
/// Its memory lives as long as the chunk.
/// </summary>
public unsafe ref struct VectorWriter
{
    const int StackBytesMax = 512;

    readonly nint handle;
    readonly void* data;
    ulong* validity;

    internal VectorWriter(nint handle, LogicalType type, int capacity)
    {
        this.handle = handle;
        data = NativeMethods.duckdb_vector_get_data(handle);
        validity = NativeMethods.duckdb_vector_get_validity(handle);
        Type = type;
        Capacity = capacity;
    }

    /// <summary>The type of the values.</summary>
    public LogicalType Type { get; }

    /// <summary>The number of values that there is room for.</summary>
    public int Capacity { get; }

    /// <summary>The values as they lie in memory, to be set; as <see cref="Vector.Values{T}"/> has them.</summary>
    /// <exception cref="InvalidOperationException">The size of the type is another.</exception>
    public readonly Span<T> Values<T>()
        where T : unmanaged
    {
        if (sizeof(T) != Physical.SizeOf(Type)) Physical.ThrowSize(Type, typeof(T));
        return new(data, Capacity);
    }

    /// <summary>Makes the row NULL, its fields and array elements too.</summary>
    public void SetNull(int row)
    {
        CheckRow(row);
        EnsureValidity();
        validity[row >> 6] &= ~(1UL << (row & 63));
        switch (Type.Id)
        {
            case TypeId.Struct or TypeId.Union:
                // DuckDB reads a field without looking at the struct around it.
                var fields = Type.Fields.Count + (Type.Id == TypeId.Union ? 1 : 0);
                for (var i = 0; i < fields; i++) StructChild(i).SetNull(row);
                break;
            case TypeId.Array:
                var child = Child;
                for (var i = 0; i < Type.ArraySize; i++) child.SetNull((row * Type.ArraySize) + i);
                break;
            case TypeId.List or TypeId.Map:
                ((ListEntry*)data)[row] = default;
                break;
        }
    }

    /// <summary>
    /// Sets which of the first <paramref name="count"/> rows are not NULL, by the bits of the words, the lowest first.
    /// For types without fields and elements.
    /// </summary>
    public void SetValidity(ReadOnlySpan<ulong> words, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        if (Type.Fields.Count > 0 || Type.Id == TypeId.Array)
            throw new InvalidOperationException($"the rows of {Type} are made NULL one by one");
        EnsureValidity();
        words[..((count + 63) / 64)].CopyTo(new(validity, (count + 63) / 64));
    }

    /// <summary>
    /// Makes those of the first <paramref name="count"/> rows NULL whose bits are not set in the words, the lowest
    /// first; their fields and array elements too.
    /// </summary>
    public void Restrict(ReadOnlySpan<ulong> words, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        if (Type.Id is not (TypeId.Union or TypeId.Array or TypeId.List or TypeId.Map))
        {
            EnsureValidity();
            for (var row = 0; row < count; row += 64)
                validity[row >> 6] &= words[row >> 6] | (count - row < 64 ? ulong.MaxValue << (count - row) : 0);
            if (Type.Id != TypeId.Struct) return;
            // DuckDB reads a field without looking at the struct around it.
            for (var i = 0; i < Type.Fields.Count; i++) StructChild(i).Restrict(words, count);
            return;
        }

        for (var row = 0; row < count; row++)
            if ((words[row >> 6] >> (row & 63) & 1) == 0) SetNull(row);
    }

    /// <summary>Sets a text from UTF-8.</summary>
    /// <exception cref="DuckDBException">The bytes are no UTF-8.</exception>
    public readonly void SetUtf8(int row, ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
            throw new DuckDBException(DuckDBErrorKind.InvalidInput, $"the text of row {row} is no valid UTF-8");
        SetBytes(row, utf8);
    }

    /// <summary>Sets a text.</summary>
    public readonly void SetText(int row, ReadOnlySpan<char> text)
    {
        var lengthMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        var buffer = lengthMax <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[lengthMax];
        SetBytes(row, buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
    }

    /// <summary>Sets the bytes of a BLOB, or of a VARCHAR where they are known to be valid UTF-8.</summary>
    public readonly void SetBytes(int row, ReadOnlySpan<byte> bytes)
    {
        if (!Physical.IsText(Type.Id)) Physical.ThrowSize(Type, typeof(ReadOnlySpan<byte>));
        CheckRow(row);
        if (bytes.Length <= NativeString.InlineLengthMax)
        {
            var text = (NativeString*)data + row;
            *text = new() { Length = (uint)bytes.Length };
            bytes.CopyTo(new(text->Inlined, NativeString.InlineLengthMax));
            return;
        }
        TextBudget.Take(bytes.Length);
        fixed (byte* pointer = bytes)
            NativeMethods.duckdb_unsafe_vector_assign_string_element_len(
                handle, (ulong)row, pointer, (ulong)bytes.Length);
    }

    /// <summary>
    /// Makes the values those of another column of the same type, without a copy: nothing may be set in this one
    /// afterwards.
    /// </summary>
    public readonly void Share(Vector other) => NativeMethods.duckdb_vector_reference_vector(handle, other.Handle);

    /// <summary>
    /// Gives a row of a LIST or MAP its number of elements; they follow those of the rows set before.
    /// </summary>
    /// <returns>The index of the first in <see cref="Child"/>, which must be read again afterwards.</returns>
    public readonly int AppendList(int row, int count)
    {
        CheckRow(row);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var entries = Values<ListEntry>();
        var start = NativeMethods.duckdb_list_vector_get_size(handle);
        if (NativeMethods.duckdb_list_vector_reserve(handle, start + (ulong)count) == State.Error
            || NativeMethods.duckdb_list_vector_set_size(handle, start + (ulong)count) == State.Error)
            throw new InvalidOperationException($"{Type} has no elements");
        entries[row] = new(start, (ulong)count);
        return (int)start;
    }

    /// <summary>Gives the first rows of a LIST or MAP their elements, which follow those that are there.</summary>
    /// <param name="offsets">Where the elements of each row start, and the end of the last one.</param>
    public readonly void AppendLists(ReadOnlySpan<int> offsets)
    {
        CheckRow(offsets.Length - 2);
        var start = (ulong)AppendList(0, offsets[^1] - offsets[0]);
        var entries = Values<ListEntry>();
        for (var i = 0; i + 1 < offsets.Length; i++)
            entries[i] = new(start + (ulong)(offsets[i] - offsets[0]), (ulong)(offsets[i + 1] - offsets[i]));
    }

    /// <summary>The elements of a LIST or MAP as far as they are appended, or of an ARRAY.</summary>
    public readonly VectorWriter Child => Type.Id switch
    {
        TypeId.List or TypeId.Map => new(
            NativeMethods.duckdb_list_vector_get_child(handle), Type.Element!,
            (int)NativeMethods.duckdb_list_vector_get_size(handle)),
        TypeId.Array => new(
            NativeMethods.duckdb_array_vector_get_child(handle), Type.Element!, Capacity * Type.ArraySize),
        _ => throw new InvalidOperationException($"{Type} has no elements"),
    };

    /// <summary>A field of a STRUCT or a member of a UNION, by its place.</summary>
    public readonly VectorWriter Field(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Type.Fields.Count, nameof(index));
        return StructChild(Type.Id == TypeId.Union ? index + 1 : index);
    }

    /// <summary>Says which member a row of a UNION has, and makes the other members NULL.</summary>
    public readonly void SetTag(int row, int member)
    {
        if (Type.Id != TypeId.Union) throw new InvalidOperationException($"{Type} has no tags");
        StructChild(0).Values<byte>()[row] = (byte)member;
        for (var i = 0; i < Type.Fields.Count; i++)
            if (i != member) Field(i).SetNull(row);
    }

    /// <summary>
    /// Sets a row from an object, null for NULL, as <see cref="Vector.GetValue"/> gives it: convenient, and slow.
    /// </summary>
    /// <exception cref="DuckDBException">The object does not fit the type.</exception>
    public void SetValue(int row, object? value) => ValueWriter.Write(ref this, row, value);

    /// <summary>A part of a struct in memory; a union has its tag as the first.</summary>
    readonly VectorWriter StructChild(int place)
    {
        var child = NativeMethods.duckdb_struct_vector_get_child(handle, (ulong)place);
        if (Type.Id != TypeId.Union) return new(child, Type.Fields[place].Type, Capacity);
        return new(child, place == 0 ? TagType : Type.Fields[place - 1].Type, Capacity);
    }

    static LogicalType TagType { get; } = LogicalType.Of(TypeId.UTinyInt);

    void EnsureValidity()
    {
        if (validity is not null) return;
        NativeMethods.duckdb_vector_ensure_validity_writable(handle);
        validity = NativeMethods.duckdb_vector_get_validity(handle);
    }

    readonly void CheckRow(int row) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Capacity, nameof(row));
}
