using System.Collections.Immutable;
using System.Text;
using Foz.Lake;
using Foz.Server.PgWire.Rows;
using Foz.Serving.Copying;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>Sends what cursors give: rows, or copies.</summary>
/// <param name="session">The session.</param>
/// <param name="output">Where to.</param>
/// <param name="clock">The time.</param>
sealed class RowSender(SqlSession session, PgOutput output, TimeProvider clock)
{
    /// <summary>After this time the rows so far are sent, however few: a client waits for them.</summary>
    static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(50);

    ClockZone zone = ClockZone.Utc;
    string? zoneName;

    /// <summary>Writes the RowDescription of columns.</summary>
    public void Describe(IReadOnlyList<ServedColumn> columns, ImmutableArray<ValueFormat> formats)
    {
        CheckFormats(columns, formats);
        RowDescription.Write(
            output.Writer,
            [
                .. columns.Select((c, i) => new RowColumn(c.Name, c.PgType.Oid)
                {
                    TypeBytes = c.PgType.Size, TypeModifier = c.PgType.Modifier,
                    Format = BindMessage.FormatOf(formats, i),
                }),
            ]);
    }

    /// <summary>What writes the rows of columns.</summary>
    public RowEncoder EncoderOf(IReadOnlyList<ServedColumn> columns, ImmutableArray<ValueFormat> formats)
    {
        CheckFormats(columns, formats);
        return RowEncoder.ForQuery(
            [.. columns.Select((c, i) => (c.Type, c.PgType.Oid, BindMessage.FormatOf(formats, i)))], Zone());
    }

    /// <summary>Sends rows.</summary>
    /// <returns>How many.</returns>
    public async Task<long> SendAsync(
        SqlCursor cursor, RowEncoder encoder, long rowsMax, CancellationToken cancellationToken)
    {
        var rows = 0L;
        var sent = clock.GetTimestamp();
        while (rows < rowsMax
            && await cursor.FetchAsync((int)Math.Min(rowsMax - rows, int.MaxValue), cancellationToken) is { } slice)
        {
            encoder.Begin();
            for (var row = slice.Start; row < slice.Start + slice.Count;)
            {
                row += encoder.Write(slice.Chunk, row, slice.Start + slice.Count - row, output.Writer);
                if (!output.IsFull) continue;
                await output.SendAsync();
                sent = clock.GetTimestamp();
            }

            rows += slice.Count;
            // The rest of a few rows, or the end, is mostly there at once, and goes with them.
            if (clock.GetElapsedTime(sent) < PauseMax) continue;
            await output.SendAsync();
            sent = clock.GetTimestamp();
        }

        return rows;
    }

    /// <summary>Sends a copy, from its beginning to its end.</summary>
    public async Task CopyAsync(SqlCursor cursor, CopyOptions options, CancellationToken cancellationToken)
    {
        var columns = cursor.Columns ?? [];
        var isBinary = options.Format is CopyFormat.Binary;
        var format = isBinary ? ValueFormat.Binary : ValueFormat.Text;
        new CopyOutResponse(format, [.. columns.Select(_ => format)]).Write(output.Writer);
        if (options.HasHeader && !isBinary) WriteNames(columns, options);
        var encoder = RowEncoder.ForCopy(options, [.. columns.Select(c => (c.Type, c.PgType.Oid))], Zone());
        if (isBinary) await CopyBinaryAsync(cursor, encoder, cancellationToken);
        else await SendAsync(cursor, encoder, long.MaxValue, cancellationToken);
        output.Writer.WriteCopyDone();
    }

    /// <summary>
    /// The header shares a message with the first row, as PostgreSQL has it, and as Npgsql expects it.
    /// </summary>
    async Task CopyBinaryAsync(SqlCursor cursor, RowEncoder encoder, CancellationToken cancellationToken)
    {
        var first = new MessageWriter();
        if (await cursor.FetchAsync(1, cancellationToken) is { } slice)
        {
            encoder.Begin();
            encoder.Write(slice.Chunk, slice.Start, 1, first);
        }

        var writer = output.Writer;
        writer.Begin(MessageType.CopyData);
        BinaryCopy.WriteHeader(writer);
        if (first.Length == 0)
        {
            writer.WriteInt16(-1);
            writer.End();
            return;
        }

        writer.WriteBytes(first.Written.Span[Message.HeaderBytes..]);
        writer.End();
        await SendAsync(cursor, encoder, long.MaxValue, cancellationToken);
        output.Writer.Begin(MessageType.CopyData);
        output.Writer.WriteInt16(-1);
        output.Writer.End();
    }

    void WriteNames(IReadOnlyList<ServedColumn> columns, CopyOptions options)
    {
        output.Writer.Begin(MessageType.CopyData);
        for (var i = 0; i < columns.Count; i++)
        {
            var frame = RowEncoder.FrameOf(options with { QuotesAll = false }, i, columns.Count);
            var name = Encoding.UTF8.GetBytes(columns[i].Name);
            frame.Write(name, output.Writer.Reserve(frame.BytesOf(name)));
        }

        output.Writer.End();
    }

    ClockZone Zone()
    {
        var name = session.Settings["TimeZone"];
        if (name == zoneName) return zone;
        (zone, zoneName) = (ClockZone.Of(name), name);
        return zone;
    }

    static void CheckFormats(IReadOnlyList<ServedColumn> columns, ImmutableArray<ValueFormat> formats)
    {
        if (formats.Length > 1 && formats.Length != columns.Count)
            throw new FozException(
                ErrorKind.Usage,
                $"bind message has {formats.Length} result formats but query has {columns.Count} columns")
            {
                SqlState = "08P01",
            };
    }
}
