using System.Buffers.Binary;
using Foz.DuckDB;
using Foz.Serving.Copying;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire.Rows;

/// <summary>Writes rows of chunks as messages: DataRow, or CopyData with a row each. Not for several threads.</summary>
sealed class RowEncoder
{
    /// <summary>How many bytes are written before the caller may send them.</summary>
    const int BlockBytesMax = 64 << 10;

    readonly ColumnEncoder[] columns;
    readonly byte messageType;
    readonly bool hasCount;
    readonly int headerBytes;
    readonly int[] bytes = new int[ColumnEncoder.RowsMax];
    readonly int[] positions = new int[ColumnEncoder.RowsMax];
    int measuredFrom;
    int measuredCount;

    RowEncoder(ColumnEncoder[] columns, byte messageType, bool hasCount)
    {
        (this.columns, this.messageType, this.hasCount) = (columns, messageType, hasCount);
        headerBytes = Message.HeaderBytes + (hasCount ? sizeof(short) : 0);
    }

    /// <summary>Rows of a query.</summary>
    /// <param name="columns">The columns: their types in DuckDB and PostgreSQL, and how they are written.</param>
    /// <param name="zone">The session's clock.</param>
    public static RowEncoder ForQuery(
        IReadOnlyList<(LogicalType Type, uint Oid, ValueFormat Format)> columns, ClockZone zone)
    {
        var frame = new ColumnFrame.Prefixed();
        return new(
            [.. columns.Select(c => ColumnEncoders.Create(c.Type, c.Oid, c.Format, frame, zone))], MessageType.DataRow,
            hasCount: true);
    }

    /// <summary>Rows of a COPY.</summary>
    /// <param name="options">How it is written.</param>
    /// <param name="columns">The columns: their types in DuckDB and PostgreSQL.</param>
    /// <param name="zone">The session's clock.</param>
    public static RowEncoder ForCopy(
        CopyOptions options, IReadOnlyList<(LogicalType Type, uint Oid)> columns, ClockZone zone)
    {
        var valueFormat = options.Format is CopyFormat.Binary ? ValueFormat.Binary : ValueFormat.Text;
        return new(
            [
                .. columns.Select(
                    (c, i) =>
                        ColumnEncoders.Create(c.Type, c.Oid, valueFormat, FrameOf(options, i, columns.Count), zone)),
            ],
            MessageType.CopyData, hasCount: options.Format is CopyFormat.Binary);
    }

    /// <summary>What stands around the values of a column of a COPY.</summary>
    public static ColumnFrame FrameOf(CopyOptions options, int column, int columnCount) => options.Format switch
    {
        CopyFormat.Binary => new ColumnFrame.Prefixed(),
        CopyFormat.Csv => new ColumnFrame.Csv(options, column == columnCount - 1, columnCount == 1),
        _ => new ColumnFrame.CopyText(options, column == columnCount - 1),
    };

    /// <summary>Starts with a chunk, or with another one.</summary>
    public void Begin() => measuredCount = 0;

    /// <summary>Writes some of a chunk's rows: a block of bytes, or one row that is larger.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="from">The first row.</param>
    /// <param name="rowsMax">The maximum number of rows to write.</param>
    /// <param name="writer">Where the rows are written.</param>
    /// <returns>How many rows were written: at least one.</returns>
    /// <exception cref="WireException">Thrown when a value cannot be sent to a client.</exception>
    public int Write(DataChunk chunk, int from, int rowsMax, MessageWriter writer)
    {
        if (from < measuredFrom || from >= measuredFrom + measuredCount) Measure(chunk, from);
        var skip = from - measuredFrom;
        var count = 0;
        var total = 0;
        for (; count < Math.Min(measuredCount - skip, rowsMax); count++)
        {
            if (count > 0 && total + bytes[skip + count] > BlockBytesMax) break;
            positions[count] = total;
            total += bytes[skip + count];
        }

        var start = writer.Length;
        try
        {
            Fill(chunk, writer.Reserve(total), skip, count);
            return count;
        }
        catch
        {
            // Half of a message would be read as the beginning of the error's.
            writer.Truncate(start);
            throw;
        }
    }

    void Fill(DataChunk chunk, Span<byte> buffer, int skip, int count)
    {
        WriteHeaders(buffer, skip, count);
        for (var i = 0; i < columns.Length; i++)
            columns[i].Write(chunk[i], measuredFrom, skip, buffer, positions.AsSpan(0, count));
        if (!hasCount && columns.Length == 0)
            for (var i = 0; i < count; i++) buffer[positions[i]] = (byte)'\n';
    }

    void Measure(DataChunk chunk, int from)
    {
        measuredFrom = from;
        measuredCount = Math.Min(chunk.RowCount - from, ColumnEncoder.RowsMax);
        var rows = bytes.AsSpan(0, measuredCount);
        // A row of COPY in text ends with a newline, even one without columns.
        rows.Fill(headerBytes + (!hasCount && columns.Length == 0 ? 1 : 0));
        for (var i = 0; i < columns.Length; i++) columns[i].Measure(chunk[i], from, rows);
    }

    void WriteHeaders(Span<byte> buffer, int skip, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var header = buffer.Slice(positions[i], headerBytes);
            header[0] = messageType;
            BinaryPrimitives.WriteInt32BigEndian(header[1..], bytes[skip + i] - 1);
            if (hasCount) BinaryPrimitives.WriteInt16BigEndian(header[Message.HeaderBytes..], (short)columns.Length);
            positions[i] += headerBytes;
        }
    }
}
