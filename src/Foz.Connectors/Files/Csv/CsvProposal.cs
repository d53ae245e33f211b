using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Csv;

/// <summary>Proposes how CSV files are to be read, by how each of them begins: delimiter, encoding and types.</summary>
static class CsvProposal
{
    const int SampleBytes = 1 << 20;
    const int RowsMax = 1_000;
    const double AlikeMin = 0.9;
    static readonly string[] KeyNames = ["id", "uuid", "code", "key", "number", "sku", "codigo", "chave", "numero"];
    static readonly string[] KeyEnds = ["_id", "_uuid", "_code", "_key", "_number", "_codigo", "_chave", "_numero"];

    /// <summary>What one file looks like.</summary>
    /// <param name="Delimiter">What stands between its fields.</param>
    /// <param name="Encoding">Its encoding; null where it need not be said.</param>
    readonly record struct Look(char Delimiter, string? Encoding);

    /// <summary>The proposal for the files of a stream.</summary>
    /// <param name="files">The files.</param>
    /// <param name="format">CSV or TSV.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static StreamProposal Of(
        IReadOnlyList<SourceFile> files, FileFormat format, CancellationToken cancellationToken)
    {
        var usual = format is FileFormat.Tsv ? '\t' : ',';
        var columns = new Dictionary<string, ColumnSniffer>(StringComparer.OrdinalIgnoreCase);
        var notes = new List<string>();
        Look? first = null;
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var (sample, isCut) = Sample(file);
                var isPlain = FileStreams.Utf16Of(file) is not null || TextEncoding.IsUtf8Start(sample);
                var look = new Look(usual, isPlain ? null : TextEncoding.Likely(sample));
                var rows = CsvHeader.Delimiters.OrderBy(c => c != usual)
                    .Select(c => (Delimiter: c, Rows: Rows(sample, isCut, look with { Delimiter = c }, file)))
                    .Where(way => IsAlike(way.Rows)).OrderByDescending(way => way.Rows[0].Count).FirstOrDefault();
                look = look with { Delimiter = rows.Rows is null ? usual : rows.Delimiter };
                Take(rows.Rows ?? Rows(sample, isCut, look, file), columns);
                if (first is null) first = look;
                else if (look != first) notes.Add($"{file.Input.Path} differs: {Yaml(SettingsOf(look, usual: null))}");
            }
            catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
            {
                notes.Add(e.Message);
            }
            catch (Exception e) when (FileStreams.IsReadError(e))
            {
                notes.Add(FileStreams.Error(file, e).Message);
            }
        }
        if (first is not { } common) return new([], [], notes);
        var fields = columns.Select(column => new Field(column.Key, column.Value.Field)).ToList();
        return new([.. SettingsOf(common, usual), .. ColumnSettings(columns)], fields, notes)
        {
            Keys = [.. columns.Where(column => column.Value.IsUnique && IsNamedAsKey(column.Key))
                .Select(column => column.Key).Take(1)],
        };
    }

    /// <summary>Whether a column is named as one that identifies rows.</summary>
    static bool IsNamedAsKey(string name) =>
        KeyNames.Contains(name, StringComparer.OrdinalIgnoreCase)
        || Array.Exists(KeyEnds, end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    static IEnumerable<(string Name, string Value)> SettingsOf(Look look, char? usual)
    {
        if (look.Delimiter != usual) yield return ("delimiter", look.Delimiter == '\t' ? "tab" : $"'{look.Delimiter}'");
        if (look.Encoding is { } encoding) yield return ("encoding", encoding);
        else if (usual is null) yield return ("encoding", "utf-8");
    }

    static string Yaml(IEnumerable<(string Name, string Value)> settings) =>
        string.Join(", ", settings.Select(s => $"{s.Name}: {s.Value}"));

    static IEnumerable<(string Name, string Value)> ColumnSettings(Dictionary<string, ColumnSniffer> columns)
    {
        var typed = columns.Where(column => column.Value.SqlType is not null).ToList();
        if (typed.Count == 0) yield break;
        yield return ("columns", typed.Exists(column => column.Value.Written is not null)
            ? $"[{string.Join(", ", typed.Select(c => $"{{name: {Quoted(c.Key)}, {c.Value.Setting}}}"))}]"
            : $"{{{string.Join(", ", typed.Select(c => $"{Quoted(c.Key)}: {Quoted(c.Value.SqlType!)}"))}}}");
    }

    /// <summary>A text as YAML writes it.</summary>
    public static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(text[0])
            ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    static (byte[] Bytes, bool IsCut) Sample(SourceFile file)
    {
        using var stream = FileStreams.Open(file);
        var bytes = new byte[SampleBytes];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return (bytes[..length], length == bytes.Length);
    }

    /// <summary>The rows of a sample, the header first; those that cannot be read without fields.</summary>
    static List<IReadOnlyList<string>> Rows(byte[] sample, bool isCut, Look look, SourceFile file)
    {
        var encoding = FileStreams.Utf16Of(file)
            ?? CsvDialect.ReadEncoding(look.Encoding is { } name ? Settings.Of(("encoding", name)) : Settings.Empty);
        using var bytes = new MemoryStream(sample, writable: false);
        using var text = encoding is null
            ? bytes : System.Text.Encoding.CreateTranscodingStream(bytes, encoding, System.Text.Encoding.UTF8);
        var dialect = new CsvDialect { Delimiter = (byte)look.Delimiter };
        var reader = new CsvRowReader(text, dialect);
        var rows = new List<IReadOnlyList<string>>();
        while (rows.Count <= RowsMax && reader.Read())
            rows.Add(reader.Fault is not null ? []
                : [.. reader.Fields.Select(f => CsvFile.Text(reader, f, dialect))]);
        if (isCut && rows.Count is > 1 and <= RowsMax) rows.RemoveAt(rows.Count - 1);
        return rows;
    }

    static bool IsAlike(List<IReadOnlyList<string>> rows) =>
        rows is [{ Count: > 1 } header, ..] && rows.Count(row => row.Count == header.Count) >= AlikeMin * rows.Count;

    static void Take(List<IReadOnlyList<string>> rows, Dictionary<string, ColumnSniffer> columns)
    {
        if (rows.Count == 0) return;
        var names = CsvFile.Unique(rows[0], ChangeColumns.Fields.Select(f => f.Name));
        foreach (var name in names) columns.TryAdd(name, new());
        var whole = rows.Skip(1).Where(row => row.Count == names.Count).ToList();
        foreach (var row in whole)
            foreach (var (name, value) in names.Zip(row)) columns[name].Add(value);
        // Of each file alone: a row that was corrected comes again in a later one.
        for (var i = 0; i < names.Count; i++)
            if (whole.Exists(row => row[i].Length == 0) || whole.DistinctBy(row => row[i]).Count() < whole.Count)
                columns[names[i]].IsUnique = false;
    }
}
