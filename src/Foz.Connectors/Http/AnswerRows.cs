using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Connectors.Files.Formats;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>The rows of one answer, each as JSON.</summary>
/// <param name="Text">What holds them.</param>
/// <param name="Rows">Where each stands in it.</param>
sealed record AnswerRows(ReadOnlyMemory<byte> Text, IReadOnlyList<Range> Rows)
{
    const string GraphQlErrors = "errors";

    /// <summary>Where texts stand that are no rows.</summary>
    public IReadOnlyList<Range> Unreadable { get; private init; } = [];

    /// <summary>Whether they were XML.</summary>
    public bool IsXml { get; private init; }

    static readonly AnswerRows None = new(ReadOnlyMemory<byte>.Empty, []);

    /// <summary>Finds the rows of an answer.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The request.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="secrets">Secrets that no error may quote.</param>
    /// <exception cref="FozException">Thrown when the answer does not match the stream's settings.</exception>
    public static AnswerRows Read(HttpStream stream, HttpCall call, HttpAnswer answer, Secrets secrets)
    {
        if (answer.Status is (int)HttpStatusCode.NoContent) return None;
        var format = stream.Format ?? FormatOf(answer.MediaType);
        if (answer.Body.Span.Trim(" \t\r\n"u8).IsEmpty) return NothingOf(stream, call, format);
        try
        {
            return format switch
            {
                AnswerFormat.JsonLines => Lines(answer.Body),
                AnswerFormat.Csv or AnswerFormat.Tsv => Csv(stream, answer.Body, format),
                AnswerFormat.Xml => Xml(stream, answer.Body),
                _ => Json(stream, call, answer.Body),
            };
        }
        catch (Exception e) when (e is JsonException or XmlException)
        {
            throw new FozException(
                ErrorKind.Source, $"{call}: the answer is not {NameOf(format)}: {e.Message}{answer.Excerpt(secrets)}")
            {
                Place = stream.Definition.Settings.PlaceOf("format"),
                Hint = answer.MediaType.Length == 0
                    ? null
                    : $"the server says that it is {answer.MediaType}; 'format' says otherwise",
            };
        }
    }

    /// <summary>Where a text is empty that has no rows then; no text of JSON or XML is.</summary>
    static AnswerRows NothingOf(HttpStream stream, HttpCall call, AnswerFormat format) =>
        format is not (AnswerFormat.Json or AnswerFormat.Xml)
            ? None
            : throw new FozException(ErrorKind.Source, $"{call}: the answer is empty, which is not {NameOf(format)}")
            {
                Place = stream.Definition.Settings.PlaceOf("format"),
                Hint = "a server that has no rows says so: by an empty list, or status 204",
            };

    static string NameOf(AnswerFormat format) => format switch
    {
        AnswerFormat.Json => "JSON",
        AnswerFormat.JsonLines => "JSON lines",
        AnswerFormat.Csv => "CSV",
        AnswerFormat.Tsv => "TSV",
        _ => "XML",
    };

    /// <summary>The last row; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Last => Rows.Count == 0 ? default : Text[Rows[^1]];

    static AnswerFormat FormatOf(string mediaType) =>
        mediaType.Contains("ndjson", StringComparison.Ordinal) || mediaType.Contains("jsonl", StringComparison.Ordinal)
            ? AnswerFormat.JsonLines
        : mediaType.Contains("json", StringComparison.Ordinal) ? AnswerFormat.Json
        : mediaType.Contains("csv", StringComparison.Ordinal) ? AnswerFormat.Csv
        : mediaType.Contains("tab-separated", StringComparison.Ordinal) ? AnswerFormat.Tsv
        : mediaType.Contains("xml", StringComparison.Ordinal) ? AnswerFormat.Xml
        : AnswerFormat.Json;

    static AnswerRows Json(HttpStream stream, HttpCall call, ReadOnlyMemory<byte> body)
    {
        // A byte-order mark is none of JSON's, and some servers write it.
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        if (stream.GraphQl is not null) CheckErrors(call, body.Span);
        var rows = new List<Range>();
        if (!stream.Records.Find(body.Span, unfolds: true, rows) && !stream.MayMissRecords)
        {
            var names = stream.Records.NamesAtEnd(body.Span);
            throw new FozException(ErrorKind.Source, $"{call}: the answer has no '{stream.Records.Text}'")
            {
                Place = stream.Definition.Settings.PlaceOf("records"),
                Hint = (NearestName.Hint(stream.Records.Text.Split('.')[^1], names) is { } hint ? $"{hint} " : "")
                    + "where it leaves an empty list out, set records_missing: empty",
            };
        }
        return new(body, rows);
    }

    /// <summary>Checks an answer of GraphQL, which can have errors as well as data, with status 200.</summary>
    static void CheckErrors(HttpCall call, ReadOnlySpan<byte> body)
    {
        var errors = new List<Range>();
        JsonPath.Parse(GraphQlErrors).Find(body, unfolds: true, errors);
        if (errors.Count > 0)
            throw new FozException(
                ErrorKind.Source,
                $"{call}: GraphQL answers with {errors.Count} errors: "
                    + $"{JsonPath.Parse("message").FindText(body[errors[0]]) ?? "without a message"}");
    }

    static AnswerRows Lines(ReadOnlyMemory<byte> body)
    {
        var rows = new List<Range>();
        var span = body.Span;
        for (var start = 0; start < span.Length;)
        {
            var length = span[start..].IndexOf((byte)'\n') is >= 0 and var found ? found : span.Length - start;
            if (!span.Slice(start, length).Trim(" \t\r"u8).IsEmpty) rows.Add(start..(start + length));
            start += length + 1;
        }
        return new(body, rows);
    }

    /// <summary>
    /// Fields as strings, by the names of the first row; a row that cannot be read stands as its text.
    /// </summary>
    static AnswerRows Csv(HttpStream stream, ReadOnlyMemory<byte> body, AnswerFormat format)
    {
        var dialect = CsvDialect.Read(
            stream.Definition.Settings, format is AnswerFormat.Tsv ? FileFormat.Tsv : FileFormat.Csv);
        var encoding = dialect.Encoding ?? (body.Span is [0xFF, 0xFE, ..] ? Encoding.Unicode : null);
        if (encoding is not null) body = Encoding.UTF8.GetBytes(encoding.GetString(body.Span));
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        using var bytes = new MemoryStream(body.ToArray(), writable: false);
        var reader = new CsvRowReader(bytes, dialect);
        if (!reader.Read()) return None;
        var names = CsvFile.Unique(reader.Fields.Select(f => CsvFile.Text(reader, f, dialect)), reserved: []);
        reader.ColumnCount = names.Count;
        var text = new MemoryStream();
        var (rows, unreadable) = (new List<Range>(), new List<Range>());
        while (reader.Read())
        {
            var start = (int)text.Length;
            if (reader.Fault is not null) text.Write(reader.Text);
            else text.Write(Encoding.UTF8.GetBytes(RowOf(names, reader, dialect).ToJsonString()));
            (reader.Fault is null ? rows : unreadable).Add(start..(int)text.Length);
        }
        return new(text.ToArray(), rows) { Unreadable = unreadable };
    }

    static JsonObject RowOf(List<string> names, CsvRowReader reader, CsvDialect dialect)
    {
        var row = new JsonObject();
        foreach (var (name, field) in names.Zip(reader.Fields))
            row[name] = field is { Length: 0, IsQuoted: false } ? null : CsvFile.Text(reader, field, dialect);
        return row;
    }

    static AnswerRows Xml(HttpStream stream, ReadOnlyMemory<byte> body)
    {
        using var bytes = new MemoryStream(body.ToArray(), writable: false);
        var text = new MemoryStream();
        var rows = new List<Range>();
        foreach (var row in XmlRows.Read(bytes, stream.Records.Text is "$" ? "" : stream.Records.Text))
        {
            var start = (int)text.Length;
            text.Write(Encoding.UTF8.GetBytes(row.ToJsonString()));
            rows.Add(start..(int)text.Length);
        }
        return new(text.ToArray(), rows) { IsXml = true };
    }
}
