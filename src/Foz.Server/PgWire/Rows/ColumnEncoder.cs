using System.Buffers.Binary;
using Foz.DuckDB;
using Foz.Wire;

namespace Foz.Server.PgWire.Rows;

/// <summary>
/// Writes one column of consecutive rows: first adds the size of the column's value to each row's, then, column by
/// column, writes at each row's position and advances it.
/// </summary>
abstract class ColumnEncoder
{
    /// <summary>The most rows that are measured at once.</summary>
    public const int RowsMax = 256;

    /// <summary>Adds the bytes of the column to those of the rows.</summary>
    /// <param name="vector">The column.</param>
    /// <param name="from">The first row.</param>
    /// <param name="bytes">Bytes of each row.</param>
    public abstract void Measure(in Vector vector, int from, Span<int> bytes);

    /// <summary>Writes the column of some of the rows that were just measured.</summary>
    /// <param name="vector">The column.</param>
    /// <param name="from">The first row that was measured.</param>
    /// <param name="skip">How many of the measured rows come before.</param>
    /// <param name="buffer">The buffer of all rows.</param>
    /// <param name="positions">Where each row continues.</param>
    public abstract void Write(in Vector vector, int from, int skip, Span<byte> buffer, Span<int> positions);

    /// <summary>Adds bytes to a row's, which no message could hold above a limit.</summary>
    protected static void Add(ref int bytes, long more)
    {
        var sum = bytes + more;
        if (sum > ColumnFrame.BytesMax)
            throw new WireException(WireErrorKind.TooLong, $"a row has more than {ColumnFrame.BytesMax} bytes");
        bytes = (int)sum;
    }
}

/// <summary>Values of a few bytes: numbers, dates, times.</summary>
sealed class PlainColumn<T, TFormat>(FormatContext context, ColumnFrame frame) : ColumnEncoder
    where T : unmanaged
    where TFormat : struct, IValueFormat<T>
{
    readonly int nullBytes = frame.NullBytes;
    readonly int overhead = frame.IsPrefixed ? ColumnFrame.Prefixed.LengthBytes : 1;
    readonly bool isPrefixed = frame.IsPrefixed;
    readonly byte delimiter = frame.Delimiter;
    readonly byte[] slots = TFormat.IsFixed ? [] : new byte[RowsMax * TFormat.BytesMax];
    readonly byte[] lengths = TFormat.IsFixed ? [] : new byte[RowsMax];

    /// <inheritdoc/>
    public override void Measure(in Vector vector, int from, Span<int> bytes)
    {
        if (TFormat.IsFixed && vector.Validity.IsAllValid)
        {
            foreach (ref var row in bytes) row += overhead + TFormat.BytesMax;
            return;
        }

        var values = vector.Values<T>().Slice(from, bytes.Length);
        for (var i = 0; i < values.Length; i++)
        {
            if (vector.IsNull(from + i))
            {
                bytes[i] += nullBytes;
            }
            else if (TFormat.IsFixed)
            {
                bytes[i] += overhead + TFormat.BytesMax;
            }
            else
            {
                var length = TFormat.Write(values[i], context, slots.AsSpan(i * TFormat.BytesMax, TFormat.BytesMax));
                lengths[i] = (byte)length;
                bytes[i] += overhead + length;
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(in Vector vector, int from, int skip, Span<byte> buffer, Span<int> positions)
    {
        var values = vector.Values<T>().Slice(from + skip, positions.Length);
        var hasNulls = !vector.Validity.IsAllValid;
        for (var i = 0; i < values.Length; i++)
        {
            ref var position = ref positions[i];
            if (hasNulls && vector.IsNull(from + skip + i))
            {
                frame.WriteNull(buffer[position..]);
                position += nullBytes;
                continue;
            }

            var length = TFormat.IsFixed ? TFormat.BytesMax : lengths[skip + i];
            var room = buffer.Slice(position, overhead + length);
            position += overhead + length;
            if (isPrefixed)
            {
                BinaryPrimitives.WriteInt32BigEndian(room, length);
                room = room[ColumnFrame.Prefixed.LengthBytes..];
            }
            else
            {
                room[^1] = delimiter;
            }

            if (TFormat.IsFixed) TFormat.Write(values[i], context, room);
            else slots.AsSpan((skip + i) * TFormat.BytesMax, length).CopyTo(room);
        }
    }
}

/// <summary>Values whose bytes are in the vector as they are sent.</summary>
sealed class BytesColumn(ColumnFrame frame) : ColumnEncoder
{
    readonly bool isPrefixed = frame.IsPrefixed;
    readonly int nullBytes = frame.NullBytes;

    /// <inheritdoc/>
    public override void Measure(in Vector vector, int from, Span<int> bytes)
    {
        var values = vector.AllBytes;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (vector.IsNull(from + i)) Add(ref bytes[i], nullBytes);
            else if (isPrefixed) Add(ref bytes[i], (long)ColumnFrame.Prefixed.LengthBytes + values[from + i].Length);
            else Add(ref bytes[i], frame.BytesOf(values[from + i]));
        }
    }

    /// <inheritdoc/>
    public override void Write(in Vector vector, int from, int skip, Span<byte> buffer, Span<int> positions)
    {
        var values = vector.AllBytes;
        for (var i = 0; i < positions.Length; i++)
        {
            var row = from + skip + i;
            ref var position = ref positions[i];
            if (vector.IsNull(row))
            {
                frame.WriteNull(buffer[position..]);
                position += nullBytes;
            }
            else if (isPrefixed)
            {
                position += ColumnFrame.Prefixed.WriteValue(values[row], buffer[position..]);
            }
            else
            {
                position += frame.Write(values[row], buffer[position..]);
            }
        }
    }
}

/// <summary>Values that have to be written to know how long they are.</summary>
sealed class ScratchColumn(ValueEncoder encoder, ColumnFrame frame) : ColumnEncoder
{
    readonly ScratchBuffer scratch = new();
    readonly int[] ends = new int[RowsMax];

    /// <inheritdoc/>
    public override void Measure(in Vector vector, int from, Span<int> bytes)
    {
        scratch.Clear();
        for (var i = 0; i < bytes.Length; i++)
        {
            var start = scratch.Length;
            var isNull = vector.IsNull(from + i);
            if (!isNull) encoder.Append(vector, from + i, scratch);
            ends[i] = scratch.Length;
            Add(ref bytes[i], isNull ? frame.NullBytes : frame.BytesOf(scratch.From(start)));
        }
    }

    /// <inheritdoc/>
    public override void Write(in Vector vector, int from, int skip, Span<byte> buffer, Span<int> positions)
    {
        for (var i = 0; i < positions.Length; i++)
        {
            var index = skip + i;
            ref var position = ref positions[i];
            if (vector.IsNull(from + index))
            {
                frame.WriteNull(buffer[position..]);
                position += frame.NullBytes;
                continue;
            }

            position += frame.Write(scratch.Slice(index == 0 ? 0 : ends[index - 1], ends[index]), buffer[position..]);
        }
    }
}
