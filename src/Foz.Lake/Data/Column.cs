namespace Foz.Lake.Data;

/// <summary>
/// The values of one column in a <see cref="ColumnBatch"/>: plain arrays that are filled once and then only read.
/// Which class holds a type: booleans <see cref="FixedColumn{T}"/> of byte (0 or 1); byte, short, integer, long,
/// float and double of their own type; date of int (days since 1970-01-01); timestamp and timestamp_ntz of long
/// (microseconds since 1970-01-01); decimal of Int128 (unscaled); string and binary <see cref="BytesColumn"/>; array
/// <see cref="ListColumn"/>; struct <see cref="StructColumn"/>.
/// </summary>
/// <param name="validity">
/// One bit a row, least significant first, set where the row is not null; null where no row is null.
/// </param>
public abstract class Column(ulong[]? validity)
{
    /// <summary>One bit a row, least significant first, set where not null; null where no row is null.</summary>
    public ulong[]? Validity { get; } = validity;

    /// <summary>Whether a row is null.</summary>
    public bool IsNull(int row) => Validity is not null && (Validity[row >> 6] >> (row & 63) & 1) == 0;
}

/// <summary>Values of one size each.</summary>
/// <param name="values">One value a row; whatever it holds where the row is null is not read.</param>
/// <param name="validity">See <see cref="Column"/>.</param>
public sealed class FixedColumn<T>(T[] values, ulong[]? validity) : Column(validity)
    where T : unmanaged
{
    /// <summary>One value a row, and maybe more after them.</summary>
    public T[] Values { get; } = values;
}

/// <summary>Texts in UTF-8, or bytes.</summary>
/// <param name="bytes">All values, one after the other.</param>
/// <param name="offsets">Where each value starts, and the last one ends: one more than there are rows.</param>
/// <param name="validity">See <see cref="Column"/>.</param>
public sealed class BytesColumn(byte[] bytes, int[] offsets, ulong[]? validity) : Column(validity)
{
    /// <summary>The value of a row; empty where it is null.</summary>
    public ReadOnlySpan<byte> this[int row] => bytes.AsSpan(offsets[row], offsets[row + 1] - offsets[row]);
}

/// <summary>Lists of values.</summary>
/// <param name="elements">All elements, list after list.</param>
/// <param name="offsets">Where each list starts, and the last one ends: one more than there are rows.</param>
/// <param name="validity">See <see cref="Column"/>.</param>
public sealed class ListColumn(Column elements, int[] offsets, ulong[]? validity) : Column(validity)
{
    /// <summary>All elements, list after list.</summary>
    public Column Elements { get; } = elements;

    /// <summary>Where each list starts in <see cref="Elements"/>, and the last one ends.</summary>
    public int[] Offsets { get; } = offsets;
}

/// <summary>Structs of fields.</summary>
/// <param name="fields">One column a field, each with as many rows; none where all structs are null.</param>
/// <param name="validity">See <see cref="Column"/>.</param>
public sealed class StructColumn(IReadOnlyList<Column> fields, ulong[]? validity) : Column(validity)
{
    /// <summary>One column a field, in the order of the type's fields; none where all structs are null.</summary>
    public IReadOnlyList<Column> Fields { get; } = fields;
}
