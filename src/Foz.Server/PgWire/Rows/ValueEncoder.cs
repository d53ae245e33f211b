using System.Buffers.Binary;
using System.Text;
using Foz.DuckDB;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire.Rows;

/// <summary>Writes single values: elements of arrays, and values without a kind of column of their own.</summary>
abstract class ValueEncoder
{
    /// <summary>Appends a value that is not NULL.</summary>
    public abstract void Append(in Vector vector, int row, ScratchBuffer buffer);
}

/// <summary>An encoder whose values a column can write without one call for each.</summary>
interface IPlainValue
{
    /// <summary>The encoder of a column of such values.</summary>
    ColumnEncoder ToColumn(FormatContext context, ColumnFrame frame);
}

/// <summary>Values of a few bytes.</summary>
sealed class PlainValue<T, TFormat>(FormatContext context) : ValueEncoder, IPlainValue
    where T : unmanaged
    where TFormat : struct, IValueFormat<T>
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer) =>
        buffer.Advance(TFormat.Write(vector.Values<T>()[row], context, buffer.GetSpan(TFormat.BytesMax)));

    /// <inheritdoc/>
    public ColumnEncoder ToColumn(FormatContext context, ColumnFrame frame) =>
        new PlainColumn<T, TFormat>(context, frame);
}

/// <summary>Values whose bytes are in the vector.</summary>
sealed class BytesValue : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer) => buffer.Add(vector.Bytes(row));
}

/// <summary>Texts of JSON as <c>jsonb</c> in binary form: the version 1, then the text.</summary>
sealed class VersionedBytesValue : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer)
    {
        buffer.Add(1);
        buffer.Add(vector.Bytes(row));
    }
}

/// <summary>The text of <c>bytea</c>: <c>\x</c> and hexadecimal digits.</summary>
sealed class HexValue : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer)
    {
        var bytes = vector.Bytes(row);
        var room = buffer.Reserve(checked(2 + (2 * bytes.Length)));
        "\\x"u8.CopyTo(room);
        Convert.TryToHexStringLower(bytes, room[2..], out _);
    }
}

/// <summary>Texts of an ENUM.</summary>
sealed class EnumValue : ValueEncoder
{
    readonly byte[][] texts;

    /// <summary>Values of a type.</summary>
    public EnumValue(LogicalType type) => texts = [.. type.EnumValues.Select(Encoding.UTF8.GetBytes)];

    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer) =>
        buffer.Add(texts[IndexOf(vector, row)]);

    int IndexOf(in Vector vector, int row) => texts.Length switch
    {
        <= byte.MaxValue => vector.Values<byte>()[row],
        <= ushort.MaxValue => vector.Values<ushort>()[row],
        _ => (int)vector.Values<uint>()[row],
    };
}

/// <summary>Values that .NET writes as PostgreSQL does; slow.</summary>
sealed class ObjectText : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer) =>
        buffer.Add(Encoding.UTF8.GetBytes(vector.GetValue(row)?.ToString() ?? ""));
}

/// <summary>Integers of any size as numeric.</summary>
sealed class BigNumValue : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer) =>
        buffer.Add(NumericFormat.ToBinary((System.Numerics.BigInteger)vector.GetValue(row)!));
}

/// <summary>The text of an array: <c>{1,NULL,"a b"}</c>.</summary>
sealed class ArrayTextValue(ValueEncoder element, char divider = ',', bool hasBraces = true) : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer)
    {
        var elements = vector.Child;
        var (start, count) = ListRange.Of(vector, row);
        if (hasBraces) buffer.Add((byte)'{');
        for (var i = 0; i < count; i++)
        {
            if (i > 0) buffer.Add((byte)divider);
            if (elements.IsNull(start + i)) buffer.Add("NULL"u8);
            else AppendElement(elements, start + i, buffer);
        }

        if (hasBraces) buffer.Add((byte)'}');
    }

    void AppendElement(in Vector elements, int row, ScratchBuffer buffer)
    {
        var from = buffer.Length;
        element.Append(elements, row, buffer);
        var text = buffer.From(from);
        if (!hasBraces || !TextQuoting.NeedsQuotes(text)) return;
        var elementBytes = text.Length;
        buffer.Reserve(TextQuoting.QuotedBytes(text) - elementBytes);
        TextQuoting.Quote(buffer.From(from), elementBytes);
    }
}

/// <summary>An array in binary form.</summary>
/// <param name="element">Writes the elements.</param>
/// <param name="elementOid">Their type.</param>
/// <param name="lowerBound">The number of the first element: 1, but 0 in vectors of the catalog.</param>
sealed class ArrayBinaryValue(ValueEncoder element, uint elementOid, int lowerBound) : ValueEncoder
{
    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer)
    {
        var elements = vector.Child;
        var (start, count) = ListRange.Of(vector, row);
        var hasNulls = false;
        for (var i = 0; i < count; i++) hasNulls |= elements.IsNull(start + i);

        var header = buffer.Reserve(count == 0 ? 12 : 20);
        BinaryPrimitives.WriteInt32BigEndian(header, count == 0 ? 0 : 1);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], hasNulls ? 1 : 0);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], elementOid);
        if (count == 0) return;
        BinaryPrimitives.WriteInt32BigEndian(header[12..], count);
        BinaryPrimitives.WriteInt32BigEndian(header[16..], lowerBound);
        for (var i = 0; i < count; i++)
        {
            var at = buffer.Length;
            BinaryPrimitives.WriteInt32BigEndian(buffer.Reserve(sizeof(int)), -1);
            if (elements.IsNull(start + i)) continue;
            element.Append(elements, start + i, buffer);
            BinaryPrimitives.WriteInt32BigEndian(buffer.From(at), buffer.Length - at - sizeof(int));
        }
    }
}

/// <summary>Where the elements of a list or array lie.</summary>
readonly record struct ListRange(int Start, int Count)
{
    /// <summary>Those of a row.</summary>
    public static ListRange Of(in Vector vector, int row)
    {
        if (vector.Type.Id is TypeId.Array) return new(row * vector.Type.ArraySize, vector.Type.ArraySize);
        var entry = vector.Values<ListEntry>()[row];
        return new(entry.Start, entry.Count);
    }
}
