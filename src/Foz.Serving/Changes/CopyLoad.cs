using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Serving.Copying;
using Foz.Serving.Statements;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Changes;

/// <summary>
/// A COPY from the client under way: takes the rows in pieces of any size, and writes them to the table in one commit
/// at the end. Memory does not grow with their number. One thread at a time.
/// </summary>
public sealed class CopyLoad : IAsyncDisposable
{
    const int BytesMax = 1 << 30;

    readonly EngineSession engine;
    readonly Statement.Insert insert;
    readonly IReadOnlyList<Field> columns;
    readonly CopyOptions options;
    readonly StatementRun run;
    readonly CopyBatch batch;
    readonly CopyLines lines;
    readonly CopyFields fields;
    readonly ByteQueue tuples = new(BytesMax);
    readonly string table;
    bool hasHeader;
    bool hasTrailer;

    internal CopyLoad(
        EngineSession engine, Statement.Insert insert, IReadOnlyList<Field> columns, CopyOptions options,
        StatementRun run)
    {
        (this.engine, this.insert, this.columns, this.options, this.run) = (engine, insert, columns, options, run);
        table = insert.Table.Name!.Name;
        batch = new(engine, table, columns, Format is CopyFormat.Binary);
        (lines, fields) = (new(options), new(options));
    }

    /// <summary>How the client is to send the rows.</summary>
    public CopyFormat Format => options.Format;

    /// <summary>How many columns they have.</summary>
    public int ColumnCount => columns.Count;

    /// <summary>Takes some bytes of the rows.</summary>
    /// <exception cref="FozException">
    /// A row is malformed, or a value none of its type; nothing is written then.
    /// </exception>
    public void Write(ReadOnlySpan<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            // What it takes until the client sends more is the client's time.
            run.TryResume();
            if (Format is CopyFormat.Binary) tuples.Append(data);
            else lines.Append(data);
            Read(isLast: false, cancellationToken);
            run.Pause();
        }
        catch (Exception e)
        {
            run.Fail(e, rows: 0);
            throw;
        }
    }

    /// <summary>Writes the rows to the table, after the client has sent all of them.</summary>
    /// <returns>The tag for the client, such as <c>COPY 5</c>.</returns>
    /// <exception cref="FozException">
    /// The rows end early, or break a rule of the table; then nothing is written.
    /// </exception>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            var rows = await run.Context.Session.Work.RunAsync(WriteAsync, cancellationToken);
            run.EndChange(rows);
            return string.Create(CultureInfo.InvariantCulture, $"COPY {rows}");
        }
        catch (Exception e)
        {
            run.Fail(e, rows: 0);
            throw;
        }
    }

    /// <summary>Forgets the rows that are not written.</summary>
    public ValueTask DisposeAsync()
    {
        engine.Dispose();
        run.Fail(new OperationCanceledException(), rows: 0);
        return ValueTask.CompletedTask;
    }

    async Task<long> WriteAsync(CancellationToken cancellationToken)
    {
        Read(isLast: true, cancellationToken);
        batch.Flush(cancellationToken);
        if (batch.RowCount > 0)
        {
            await run.EnterAsync(cancellationToken);
            await new ChangeRunner(run.Context).InsertAsync(engine, insert, batch.Select, cancellationToken);
            run.Context.Session.Host.Catalogs.Invalidate();
        }
        return batch.RowCount;
    }

    void Read(bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            if (Format is CopyFormat.Binary) ReadTuples(isLast, cancellationToken);
            else ReadLines(isLast, cancellationToken);
        }
        catch (FozException)
        {
            // The first of several errors is reported; the engine may not have seen it yet.
            batch.Flush(cancellationToken);
            throw;
        }
    }

    void ReadLines(bool isLast, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (!lines.TryRead(isLast, out var line)) return;
                if (options.HasHeader && !hasHeader) ReadHeader(line);
                else ReadLine(line);
            }
            catch (FozException e) when (e.Context is null)
            {
                throw CopyFaults.In(
                    string.Create(CultureInfo.InvariantCulture, $"COPY {table}, line {lines.Number}"), e);
            }
            if (batch.IsFull) batch.Flush(cancellationToken);
        }
    }

    void ReadHeader(ReadOnlySpan<byte> line)
    {
        hasHeader = true;
        if (!options.HeaderMatches) return;
        fields.Read(line);
        if (fields.Count != columns.Count)
            throw CopyFaults.Format(
                $"wrong number of fields in header line: got {fields.Count}, expected {columns.Count}");
        for (var i = 0; i < columns.Count; i++)
            if (Encoding.UTF8.GetString(fields[i]) is var name && (fields.IsNull(i) || name != columns[i].Name))
                throw CopyFaults.Format(
                    $"column name mismatch in header line field {i + 1}: got "
                        + $"{(fields.IsNull(i) ? "null value" : $"\"{name}\"")}, expected \"{columns[i].Name}\"");
    }

    void ReadLine(ReadOnlySpan<byte> line)
    {
        var number = lines.Number;
        try
        {
            fields.Read(line);
            if (fields.Count > columns.Count) throw CopyFaults.Format("extra data after last expected column");
        }
        catch (FozException e)
        {
            throw CopyFaults.In(ContextOf(line), e);
        }
        for (var i = 0; i < columns.Count; i++)
        {
            if (i == fields.Count)
                throw CopyFaults.In(
                    ContextOf(line), CopyFaults.Format($"missing data for column \"{columns[i].Name}\""));
            var isNull = fields.IsNull(i);
            if (isNull && options.ForceNotNull.Contains(columns[i].Name)) isNull = false;
            else if (!isNull && fields.IsNullText(i) && options.ForceNull.Contains(columns[i].Name)) isNull = true;
            if (fields.HasNumbers && (!System.Text.Unicode.Utf8.IsValid(fields[i]) || fields[i].Contains((byte)0)))
                throw CopyFaults.Encoding(fields[i]);
            batch.Append(i, fields[i], isNull, number);
        }
        batch.EndRow(number);
    }

    string ContextOf(ReadOnlySpan<byte> line) =>
        string.Create(CultureInfo.InvariantCulture, $"COPY {table}, line {lines.Number}: {CopyFaults.Quoted(line)}");

    void ReadTuples(bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            while (!hasTrailer && LengthOfTuple(tuples.Unread) is { } length)
            {
                ReadTuple(tuples.Unread[..length]);
                tuples.Skip(length);
                if (batch.IsFull) batch.Flush(cancellationToken);
            }
            if (hasTrailer && tuples.Unread.Length > 0) throw CopyFaults.Format("received copy data after EOF marker");
            if (isLast && !hasHeader) throw CopyFaults.Format("COPY file signature not recognized");
            if (isLast && tuples.Unread.Length > 0) throw CopyFaults.Format("unexpected EOF in COPY data");
        }
        catch (FozException e) when (e.Context is null)
        {
            throw CopyFaults.In(
                string.Create(CultureInfo.InvariantCulture, $"COPY {table}, line {batch.RowCount + 1}"), e);
        }
    }

    /// <summary>How long the header or row is that the bytes begin with; null where more has to arrive.</summary>
    int? LengthOfTuple(ReadOnlySpan<byte> data)
    {
        try
        {
            if (!hasHeader) return HeaderLength(data);
            if (data.Length < sizeof(short)) return null;
            var reader = new TupleReader(data);
            for (var i = 0; i < reader.ValueCount; i++)
            {
                if (reader.Rest.Length < sizeof(int)) return null;
                var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(reader.Rest);
                if (length > reader.Rest.Length - sizeof(int)) return null;
                reader.TryReadValue(out _);
            }
            return data.Length - reader.Rest.Length;
        }
        catch (WireException e)
        {
            throw new FozException(ErrorKind.Data, e.Message, e) { SqlState = "22P04" };
        }
    }

    static int? HeaderLength(ReadOnlySpan<byte> data)
    {
        var known = Math.Min(data.Length, BinaryCopy.Signature.Length);
        if (!data[..known].SequenceEqual(BinaryCopy.Signature[..known]))
            throw CopyFaults.Format("COPY file signature not recognized");
        var lengthStart = BinaryCopy.Signature.Length + sizeof(int);
        if (data.Length < lengthStart + sizeof(int)) return null;
        var extension = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(data[lengthStart..]);
        if (extension is < 0 or > BytesMax / 2) throw CopyFaults.Format("invalid COPY file header (wrong length)");
        return data.Length < lengthStart + sizeof(int) + extension ? null : BinaryCopy.ReadHeader(data);
    }

    void ReadTuple(ReadOnlySpan<byte> tuple)
    {
        if (!hasHeader)
        {
            hasHeader = true;
            return;
        }
        var reader = new TupleReader(tuple);
        if (reader.ValueCount == -1)
        {
            hasTrailer = true;
            return;
        }
        if (reader.ValueCount != columns.Count)
            throw CopyFaults.Format($"row field count is {reader.ValueCount}, expected {columns.Count}");
        var number = batch.RowCount + 1;
        for (var i = 0; i < columns.Count; i++)
        {
            var isNull = !reader.TryReadValue(out var value);
            batch.Append(i, value, isNull, number);
        }
        batch.EndRow(number);
    }
}
