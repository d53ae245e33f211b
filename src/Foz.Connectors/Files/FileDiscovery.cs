using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Connectors.Files.Formats;
using Foz.Connectors.Files.Json;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Connectors.Files;

/// <summary>
/// Finds streams in a folder: files of one format whose names have the same beginning, in one folder.
/// </summary>
static class FileDiscovery
{
    const int JsonRowsMax = 1_000;
    static readonly char[] Separators = [.. "0123456789-_ "];

    /// <summary>The streams, by name.</summary>
    /// <param name="files">All files below the folder.</param>
    /// <param name="baseFolder">The folder.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<DiscoveredStream> Find(
        IReadOnlyList<SourceFile> files, string baseFolder, CancellationToken cancellationToken)
    {
        var groups = files
            .Select(file =>
                (File: file, Format: FileNames.FormatOf(file.FullPath), Folder: FolderOf(file, baseFolder),
                    Name: NameOf(file)))
            .Where(f => f.Format is not null)
            .GroupBy(f => (f.Folder, f.Format, f.Name.Prefix))
            .SelectMany(alike =>
                alike.GroupBy(f => f.Name.Date).All(date => date.Select(f => f.Name.Words).Distinct().Count() == 1)
                    ? [.. alike.Select(f => (Key: (f.Folder, f.Format, f.Name.Prefix, Words: (string?)null), f.File))]
                    : alike.Select(f =>
                        (Key: (f.Folder, f.Format, f.Name.Prefix, Words: (string?)f.Name.Words), f.File)))
            .GroupBy(f => f.Key, f => f.File)
            .ToList();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. groups.OrderBy(g => g.Key.Folder, StringComparer.Ordinal)
                .ThenBy(g => g.Key.Prefix, StringComparer.Ordinal)
                .Select(group =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var isAlone = groups.Count(g => g.Key.Folder == group.Key.Folder) == 1;
                    var ofGroup = group.OrderBy(f => f.FullPath, StringComparer.Ordinal).ToList();
                    var format = group.Key.Format!.Value;
                    var (fields, faults) = Fields(ofGroup, format, cancellationToken);
                    var name = Name(
                        isAlone && group.Key.Folder.Length > 0
                            ? group.Key.Folder
                            : $"{group.Key.Prefix}_{group.Key.Words}", names);
                    var path = Pattern(
                        group.Key.Folder, isAlone, group.Key.Prefix, group.Key.Words,
                        [.. group.Select(f => f.FullPath)]);
                    return new DiscoveredStream(
                        new() { Name = name, Mode = StreamMode.Incremental, Settings = Settings.Of(("path", path)) },
                        fields)
                    {
                        Propose = token => format is FileFormat.Csv or FileFormat.Tsv
                            ? CsvProposal.Of(ofGroup, format, token)
                            : new([], [], faults),
                    };
                }),
        ];
    }

    static string FolderOf(SourceFile file, string baseFolder) =>
        Path.GetRelativePath(baseFolder, Path.GetDirectoryName(file.FullPath)!).Replace(
            Path.DirectorySeparatorChar, '/') is var folder
            && folder == "." ? "" : folder;

    /// <summary>
    /// Returns the parts of a file's name: <c>orders</c>, <c>_2024-01</c> and <c>items</c> of
    /// <c>orders_2024-01_items.jsonl.gz</c>. Words after a date separate streams where files of one date differ in
    /// them.
    /// </summary>
    static (string Prefix, string Date, string Words) NameOf(SourceFile file)
    {
        var name = Path.GetFileName(file.FullPath);
        var stem = name[..name.IndexOf('.', 1)];
        var end = 1;
        while (end < stem.Length && !(char.IsAsciiDigit(stem[end]) && !char.IsAsciiLetterOrDigit(stem[end - 1]))) end++;
        var prefix = stem[..end].TrimEnd(Separators);
        if (prefix.Length == 0) return (stem, "", "");
        var words = end;
        while (words < stem.Length && !IsWord(stem.AsSpan(words - 1))) words++;
        return (prefix, stem[prefix.Length..words].TrimEnd('-', '_', ' '), stem[words..]);
    }

    /// <summary>
    /// Whether a word begins after the first character: not <c>Q1</c>, nor a letter of a hexadecimal number.
    /// </summary>
    static bool IsWord(ReadOnlySpan<char> text) =>
        text[0] is '-' or '_' or ' ' && char.IsAsciiLetter(text[1])
            && (text.Length == 2 || !char.IsAsciiDigit(text[2]));

    static string Pattern(string folder, bool isAlone, string prefix, string? words, IReadOnlyList<string> paths)
    {
        var ends = Alternatives(paths.Select(p => Path.GetFileName(p) is var name ? name[name.IndexOf('.', 1)..] : ""));
        var isOne = paths.Count == 1 && !isAlone;
        var name = isOne ? Path.GetFileName(paths[0])
            : isAlone && folder.Length > 0 ? $"*{ends}"
            : words is { Length: 0 } ? Alternatives(paths.Select(p => MaskDigits(Path.GetFileName(p), prefix.Length)))
            : $"{prefix}*{words}{ends}";
        return folder.Length == 0 ? name : $"{folder}/{name}";
    }

    static string MaskDigits(string name, int start) =>
        string.Concat(name.Select((c, i) => i >= start && i < name.IndexOf('.', 1) && char.IsAsciiDigit(c) ? '?' : c));

    static string Alternatives(IEnumerable<string> texts) =>
        texts.Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 1 } several
            ? $"{{{string.Join(',', several)}}}"
            : texts.First();

    static string Name(string text, HashSet<string> taken)
    {
        var letters = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'))
            .Trim('_');
        var start = letters.Length == 0 ? "files" : letters;
        var name = start;
        for (var number = 2; !taken.Add(name); number++) name = $"{start}_{number}";
        return name;
    }

    /// <summary>Returns the columns of the first file that can be read, and the faults of those before it.</summary>
    static (IReadOnlyList<Field> Fields, IReadOnlyList<string> Faults) Fields(
        IReadOnlyList<SourceFile> files, FileFormat format, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var file in files)
            try
            {
                return (Fields(file, format, cancellationToken), faults);
            }
            catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
            {
                faults.Add(e.Message);
            }
        return ([], faults);
    }

    static IReadOnlyList<Field> Fields(SourceFile file, FileFormat format, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case FileFormat.Parquet:
                {
                    using var pool = new EnginePool(new EngineOptions());
                    using var session = pool.Open(Workload.Query);
                    var opened = ParquetInput.Open(file, session, workFolder: null, cancellationToken);
                    return [.. (opened?.Columns ?? []).Select(c => c.Field)];
                }
            case FileFormat.Avro:
                {
                    using var pool = new EnginePool(new EngineOptions());
                    return AvroRows.Fields(file, pool, cancellationToken);
                }
            case FileFormat.Excel:
                return [.. ExcelRows.Names(file).Select(name => new Field(name, DataType.String))];
            case FileFormat.Json or FileFormat.JsonLines:
                return new JsonFile(0, file, encoding: null, format == FileFormat.JsonLines)
                    .Sniff(JsonRowsMax, cancellationToken);
            default:
                var header = CsvFile.Open(file, CsvDialect.Read(Settings.Empty, format));
                return [.. (header?.Names ?? []).Select(name => new Field(name, DataType.String))];
        }
    }
}
