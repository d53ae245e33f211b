using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Connectors.Files.Json;

/// <summary>
/// Rows that a connector fetches one by one as JSON: kept in files of the batch's work folder, then read as files of
/// JSON are, so that types, new columns and rejected rows are theirs. Safe for use by many threads.
/// </summary>
/// <param name="folder">The batch's work folder.</param>
/// <param name="source">What <c>_cdc_source</c> says, and a rejected row as its file.</param>
public sealed class SpooledRows(string folder, string source) : IDisposable
{
    const long FileBytesMax = 32 << 20;
    readonly Lock gate = new();
    readonly List<string> paths = [];
    FileStream? file;

    /// <summary>Counts the rows as they are fetched.</summary>
    public WorkMeter? Meter { get; init; }

    /// <summary>Whether they were XML.</summary>
    public bool IsXml { get; set; }

    /// <summary>How many rows there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="row">A JSON value; one that is no object becomes the field <c>value</c> of one.</param>
    /// <param name="extra">Fields to put before its own, as JSON separated by commas; empty for none.</param>
    public void Add(ReadOnlySpan<byte> row, ReadOnlySpan<byte> extra)
    {
        lock (gate)
        {
            if (file is null || file.Length > FileBytesMax) Roll();
            Count++;
            Meter?.AddRows(1);
            row = row.Trim(" \t\r\n"u8);
            if (row.StartsWith("{"u8))
            {
                if (extra.IsEmpty) Write(row);
                else
                {
                    file!.Write("{"u8);
                    file.Write(extra);
                    var rest = row[1..].TrimStart(" \t\r\n"u8);
                    if (!rest.StartsWith("}"u8)) file.Write(","u8);
                    Write(rest);
                }
            }
            else
            {
                file!.Write("{"u8);
                file.Write(extra);
                file.Write(extra.IsEmpty ? "\"value\":"u8 : ",\"value\":"u8);
                Write(row);
                file.Write("}"u8);
            }
            file!.Write("\n"u8);
        }
    }

    /// <summary>Adds a text that is no row: it is rejected as it stands.</summary>
    public void AddUnreadable(ReadOnlySpan<byte> text)
    {
        lock (gate)
        {
            if (file is null) Roll();
            Count++;
            Write(text);
            file!.Write("\n"u8);
        }
    }

    /// <summary>Returns the rows for the engine to read.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="outcome">Other results of fetching them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public StreamRows Read(
        StreamDefinition stream, ReadContext context, SpooledOutcome outcome, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (file is null) Roll();
            file!.Dispose();
        }
        using var session = context.Engine.Open(Workload.Ingestion);
        var columns = new FileColumns(
            context.TableFields, FileColumns.ReadDeclared(stream, session), context.Widen);
        var files = paths.Select(path =>
            new SourceFile(new(source, new FileInfo(path).Length, DateTimeOffset.UnixEpoch), path)
            {
                Meter = context.Meter,
            }).ToList();
        var read = (StreamRows.Selected)JsonBatch.Read(
            files, stream with { Settings = Foz.Lake.Configuration.Settings.Empty },
            FileFormat.JsonLines, columns, context, cancellationToken, isXml: IsXml);
        return Relabel(read, outcome);
    }

    /// <summary>The fields of the rows so far.</summary>
    public IReadOnlyList<Field> Sniff(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (file is null) return [];
            file.Dispose();
        }
        return new JsonFile(0, new(new(source, 0, DateTimeOffset.UnixEpoch), paths[0]), encoding: null, isLines: true)
            .Sniff(int.MaxValue, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    /// <summary>Returns the rows without a time of a file, as it is not known when the source changed them.</summary>
    StreamRows.Selected Relabel(StreamRows.Selected rows, SpooledOutcome outcome) => new(
        $"SELECT * REPLACE (CAST(NULL AS TIMESTAMPTZ) AS {ChangeColumns.CommitTs}) FROM ({rows.Sql})")
    {
        Fields = rows.Fields,
        RejectedSql = rows.RejectedSql,
        TellsPlaces = rows.TellsPlaces,
        RowsRead = rows.RowsRead,
        BytesRead = rows.BytesRead,
        Warnings = [.. rows.Warnings, .. outcome.Warnings],
        ActualInputs = outcome.ActualInputs,
        IsEmpty = Count == 0,
        OnDispose = rows.OnDispose,
        Recover = rows.Recover is { } recover
            ? async (error, ct) => await recover(error, ct) is { } recovered ? Relabel(recovered, outcome) : null
            : null,
    };

    void Roll()
    {
        file?.Dispose();
        paths.Add(Path.Combine(folder, $"rows-{paths.Count}.jsonl"));
        file = new FileStream(paths[^1], FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 17);
    }

    /// <summary>Writes on one line: in JSON an end of a line is nothing but space.</summary>
    void Write(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at)
        {
            file!.Write(text[..at]);
            file.Write(" "u8);
            text = text[(at + 1)..];
        }
        file!.Write(text);
    }
}

/// <summary>The results of fetching rows, other than the rows.</summary>
/// <param name="ActualInputs">How far the source has come.</param>
/// <param name="Warnings">Warnings for the user.</param>
public sealed record SpooledOutcome(StreamInputs ActualInputs, IReadOnlyList<Warning> Warnings);
