using System.Diagnostics;
using Foz.DuckDB;
using Foz.Lake.Data;

namespace Foz.Lake.Engine.Functions;

/// <summary>Copies rows of a column into a vector of the engine.</summary>
static class ColumnWriter
{
    const int BitsPerWord = 64;

    /// <summary>
    /// Writes <paramref name="count"/> rows from <paramref name="first"/> on as the vector's first rows.
    /// </summary>
    public static void Write(Foz.Lake.Data.Column column, DataType type, int first, int count, ref VectorWriter vector)
    {
        switch (column)
        {
            case BytesColumn bytes: WriteBytes(bytes, type == DataType.String, first, count, vector); break;
            case ListColumn list: WriteLists(list, ((DataType.Array)type).Element, first, count, vector); break;
            case StructColumn s: WriteFields(s, ((DataType.Struct)type).Fields, first, count, vector); break;
            case FixedColumn<Int128> decimals:
                WriteDecimals(decimals, (DataType.Decimal)type, first, count, vector);
                break;
            case FixedColumn<byte> values: Copy(values, first, count, vector); break;
            case FixedColumn<sbyte> values: Copy(values, first, count, vector); break;
            case FixedColumn<short> values: Copy(values, first, count, vector); break;
            case FixedColumn<int> values: Copy(values, first, count, vector); break;
            case FixedColumn<long> values: Copy(values, first, count, vector); break;
            case FixedColumn<float> values: Copy(values, first, count, vector); break;
            case FixedColumn<double> values: Copy(values, first, count, vector); break;
            default: throw new UnreachableException($"a column of {column.GetType()}");
        }
        WriteValidity(column, first, count, ref vector);
    }

    static void Copy<T>(FixedColumn<T> column, int first, int count, VectorWriter vector) where T : unmanaged =>
        column.Values.AsSpan(first, count).CopyTo(vector.Values<T>());

    static void WriteDecimals(
        FixedColumn<Int128> column, DataType.Decimal type, int first, int count, VectorWriter vector)
    {
        var from = column.Values.AsSpan(first, count);
        switch (type.Precision)
        {
            case <= 4: Narrow(from, vector.Values<short>()); break;
            case <= 9: Narrow(from, vector.Values<int>()); break;
            case <= 18: Narrow(from, vector.Values<long>()); break;
            default: from.CopyTo(vector.Values<Int128>()); break;
        }
    }

    static void Narrow<T>(ReadOnlySpan<Int128> from, Span<T> to) where T : System.Numerics.INumberBase<T>
    {
        for (var i = 0; i < from.Length; i++) to[i] = T.CreateTruncating(from[i]);
    }

    static void WriteBytes(BytesColumn column, bool isText, int first, int count, VectorWriter vector)
    {
        for (var i = 0; i < count; i++)
        {
            if (column.IsNull(first + i)) continue;
            if (isText) vector.SetUtf8(i, column[first + i]);
            else vector.SetBytes(i, column[first + i]);
        }
    }

    static void WriteLists(ListColumn column, DataType element, int first, int count, VectorWriter vector)
    {
        var start = column.Offsets[first];
        if (count == 0) return;
        vector.AppendLists(column.Offsets.AsSpan(first, count + 1));
        var elements = vector.Child;
        Write(column.Elements, element, start, column.Offsets[first + count] - start, ref elements);
    }

    static void WriteFields(
        StructColumn column, IReadOnlyList<Foz.Lake.Data.Field> fields, int first, int count, VectorWriter vector)
    {
        for (var i = 0; i < column.Fields.Count; i++)
        {
            var field = vector.Field(i);
            Write(column.Fields[i], fields[i].Type, first, count, ref field);
        }
    }

    static void WriteValidity(Foz.Lake.Data.Column column, int first, int count, ref VectorWriter vector)
    {
        if (column.Validity is not { } validity) return;
        if (first % BitsPerWord == 0)
        {
            // A struct's fields are made null with it.
            if (column is StructColumn) vector.Restrict(validity.AsSpan(first / BitsPerWord), count);
            else vector.SetValidity(validity.AsSpan(first / BitsPerWord), count);
            return;
        }
        for (var i = 0; i < count; i++)
            if (column.IsNull(first + i)) vector.SetNull(i);
    }
}
