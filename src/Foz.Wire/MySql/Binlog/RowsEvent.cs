using System.Runtime.CompilerServices;

namespace Foz.Wire.MySql.Binlog;

/// <summary>What an event of rows does to them.</summary>
public enum RowsOperation
{
    /// <summary>Adds them.</summary>
    Write,

    /// <summary>Changes them: each comes before and after its change.</summary>
    Update,

    /// <summary>Removes them.</summary>
    Delete,
}

/// <summary>Which columns are there, or null: a bit for each.</summary>
/// <param name="bits">The bits, the first in the lowest of the first byte.</param>
public readonly ref struct ColumnBits(ReadOnlySpan<byte> bits)
{
    const int BitsPerByte = 8;

    readonly ReadOnlySpan<byte> bits = bits;

    /// <summary>Gets the bit of a column, counted from 0.</summary>
    public bool this[int column] => (bits[column / BitsPerByte] >> column % BitsPerByte & 1) != 0;

    /// <summary>Returns how many of the first bits are set.</summary>
    public int CountOf(int columnCount)
    {
        var count = 0;
        for (var i = 0; i < columnCount; i++)
            if (this[i]) count++;
        return count;
    }
}

/// <summary>Rows that were added, changed or removed. Versions 1 and 2, and MariaDB's compressed ones.</summary>
public readonly ref struct RowsEvent
{
    const int IdBytes = 6;

    /// <summary>Gets what was done.</summary>
    public RowsOperation Operation { get; private init; }

    /// <summary>Gets the table, as the <see cref="TableMapEvent"/> before names it.</summary>
    public ulong TableId { get; private init; }

    /// <summary>Gets how many columns a row has.</summary>
    public int ColumnCount { get; private init; }

    /// <summary>Gets which columns are there: before the change of an update, else of the row.</summary>
    public ColumnBits Columns { get; private init; }

    /// <summary>Gets which columns are there after the change of an update.</summary>
    public ColumnBits ColumnsAfter { get; private init; }

    /// <summary>Gets the rows, each with as many bits as columns are there, then the values.</summary>
    public ReadOnlySpan<byte> Rows { get; private init; }

    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static RowsEvent Read(BinlogEvent data)
    {
        var (operation, hasExtra, isCompressed) = Kind(data.Type);
        var fields = data.Fields();
        var tableId = fields.ReadUnsigned(IdBytes);
        fields.ReadUInt16();
        if (hasExtra)
        {
            var extraBytes = fields.ReadUInt16();
            if (extraBytes < sizeof(ushort)) throw fields.Fault($"states {extraBytes} bytes of extra data");
            fields.ReadBytes(extraBytes - sizeof(ushort));
        }

        var count = fields.ReadLengthEncoded();
        if (count > ushort.MaxValue) throw fields.Fault($"states {count} columns");
        var bitBytes = ((int)count + 7) / 8;
        var columns = fields.ReadBytes(bitBytes);
        var after = operation == RowsOperation.Update ? fields.ReadBytes(bitBytes) : columns;
        var rows = fields.ReadRest();
        if (rows.Length > 0 && new ColumnBits(columns).CountOf((int)count) == 0
            && new ColumnBits(after).CountOf((int)count) == 0)
            throw fields.Fault("has rows without columns");
        return new RowsEvent
        {
            Operation = operation,
            TableId = tableId,
            ColumnCount = (int)count,
            Columns = new(columns),
            ColumnsAfter = new(after),
            Rows = isCompressed ? ZlibBlock.Decompress(rows, BinlogEvent.NameOf(data.Type)) : rows,
        };
    }

    static (RowsOperation Operation, bool HasExtra, bool IsCompressed) Kind(BinlogEventType type) => type switch
    {
        BinlogEventType.WriteRowsV1 => (RowsOperation.Write, false, false),
        BinlogEventType.UpdateRowsV1 => (RowsOperation.Update, false, false),
        BinlogEventType.DeleteRowsV1 => (RowsOperation.Delete, false, false),
        BinlogEventType.WriteRows => (RowsOperation.Write, true, false),
        BinlogEventType.UpdateRows => (RowsOperation.Update, true, false),
        BinlogEventType.DeleteRows => (RowsOperation.Delete, true, false),
        BinlogEventType.WriteRowsCompressedV1 => (RowsOperation.Write, false, true),
        BinlogEventType.UpdateRowsCompressedV1 => (RowsOperation.Update, false, true),
        BinlogEventType.DeleteRowsCompressedV1 => (RowsOperation.Delete, false, true),
        BinlogEventType.WriteRowsCompressed => (RowsOperation.Write, true, true),
        BinlogEventType.UpdateRowsCompressed => (RowsOperation.Update, true, true),
        BinlogEventType.DeleteRowsCompressed => (RowsOperation.Delete, true, true),
        _ => throw new ArgumentException($"{type} has no rows", nameof(type)),
    };
}

/// <summary>How the values of a table's columns are laid out in rows.</summary>
/// <param name="columns">The columns.</param>
public sealed class RowLayout(IReadOnlyList<BinlogColumn> columns)
{
    readonly (int LengthBytes, int ValueBytes)[] sizes = [.. columns.Select(c => (c.LengthBytes, c.ValueBytes))];

    /// <summary>Gets how many columns there are.</summary>
    public int Count => sizes.Length;

    internal (int LengthBytes, int ValueBytes) this[int column] => sizes[column];
}

/// <summary>Reads the values of rows, one row after the other.</summary>
/// <param name="layout">How they are laid out.</param>
/// <param name="rows">The rows.</param>
public ref struct RowValueReader(RowLayout layout, ReadOnlySpan<byte> rows)
{
    readonly RowLayout layout = layout;
    ByteReader reader = new(rows, "a row");
    ColumnBits nulls;
    int present;

    /// <summary>Gets where the value that was read last ends, in bytes.</summary>
    public readonly int At => reader.At;

    /// <summary>Gets whether there is another row.</summary>
    public readonly bool HasMore => reader.BytesLeft > 0;

    /// <summary>Starts a row.</summary>
    /// <param name="presentCount">How many columns are there.</param>
    /// <exception cref="WireException">Thrown when it is cut off.</exception>
    public void StartRow(int presentCount)
    {
        nulls = new(reader.ReadBytes((presentCount + 7) / 8));
        present = 0;
    }

    /// <summary>Reads the value of the next column that is there.</summary>
    /// <param name="column">The column, counted from 0.</param>
    /// <param name="value">Its bytes; empty for null.</param>
    /// <returns>False for null.</returns>
    /// <exception cref="WireException">Thrown when it is cut off.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(int column, out ReadOnlySpan<byte> value)
    {
        if (nulls[present++])
        {
            value = default;
            return false;
        }

        var (lengthBytes, valueBytes) = layout[column];
        if (lengthBytes > 0)
        {
            var length = reader.ReadUnsigned(lengthBytes);
            valueBytes = length <= (ulong)reader.BytesLeft
                ? (int)length
                : throw reader.Fault($"ends early: a value of {length} bytes, {reader.BytesLeft} left");
        }

        value = reader.ReadBytes(valueBytes);
        return true;
    }
}
