using Foz.Core.Configuration;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Files;

/// <summary>Finds streams in a folder: files of one format whose names start alike, in one folder.</summary>
static class FileDiscovery
{
    const int JsonRowsMax = 1_000;

    /// <summary>The streams, by name.</summary>
    /// <param name="files">All files below the folder.</param>
    /// <param name="baseFolder">The folder.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<DiscoveredStream> Find(
        IReadOnlyList<SourceFile> files, string baseFolder, CancellationToken cancellationToken)
    {
        var groups = files
            .Select(file => (File: file, Format: FileNames.FormatOf(file.FullPath), Folder: FolderOf(file, baseFolder)))
            .Where(f => f.Format is not null)
            .GroupBy(f => (f.Folder, f.Format, Prefix: Prefix(f.File.FullPath)))
            .ToList();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. groups.OrderBy(g => g.Key.Folder, StringComparer.Ordinal).ThenBy(g => g.Key.Prefix, StringComparer.Ordinal)
                .Select(group =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var isAlone = groups.Count(g => g.Key.Folder == group.Key.Folder) == 1;
                    var first = group.Select(f => f.File).OrderBy(f => f.FullPath, StringComparer.Ordinal).First();
                    var name = Name(isAlone && group.Key.Folder.Length > 0 ? group.Key.Folder : group.Key.Prefix, names);
                    var path = Pattern(group.Key.Folder, isAlone, group.Key.Prefix, [.. group.Select(f => f.File.FullPath)]);
                    return new DiscoveredStream(
                        new() { Name = name, Mode = StreamMode.Incremental, Settings = Settings.Of(("path", path)) },
                        Fields(first, group.Key.Format!.Value, cancellationToken));
                }),
        ];
    }

    static string FolderOf(SourceFile file, string baseFolder) =>
        Path.GetRelativePath(baseFolder, Path.GetDirectoryName(file.FullPath)!).Replace(Path.DirectorySeparatorChar, '/') is var folder
            && folder == "." ? "" : folder;

    /// <summary>The name of a file up to its date or number: <c>orders</c> of <c>orders_2024-01.jsonl.gz</c>.</summary>
    static string Prefix(string path)
    {
        var name = Path.GetFileName(path);
        var stem = name[..name.IndexOf('.', 1)];
        var prefix = stem.TrimEnd("0123456789-_ ".ToCharArray());
        return prefix.Length == 0 ? stem : prefix;
    }

    static string Pattern(string folder, bool isAlone, string prefix, IReadOnlyList<string> paths)
    {
        var ends = paths.Select(p => Path.GetFileName(p) is var name ? name[name.IndexOf('.', 1)..] : "").Distinct()
            .Order(StringComparer.Ordinal).ToList();
        var end = ends.Count == 1 ? ends[0] : $"{{{string.Join(',', ends)}}}";
        var isOne = paths.Count == 1 && !isAlone;
        var name = isOne ? Path.GetFileName(paths[0]) : isAlone && folder.Length > 0 ? $"*{end}" : $"{prefix}*{end}";
        return folder.Length == 0 ? name : $"{folder}/{name}";
    }

    static string Name(string text, HashSet<string> taken)
    {
        var letters = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_')).Trim('_');
        var start = letters.Length == 0 ? "files" : letters;
        var name = start;
        for (var number = 2; !taken.Add(name); number++) name = $"{start}_{number}";
        return name;
    }

    static IReadOnlyList<Field> Fields(SourceFile file, FileFormat format, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case FileFormat.Parquet:
                {
                    using var pool = new EnginePool(new EngineOptions());
                    using var session = pool.Open(Workload.Query);
                    return [.. ParquetFile.Open(file, session, cancellationToken).Columns.Select(c => c.Field)];
                }
            case FileFormat.Json or FileFormat.JsonLines:
                return new JsonFile(0, file, encoding: null, format == FileFormat.JsonLines)
                    .Sniff(JsonRowsMax, cancellationToken);
            default:
                var header = CsvFile.Open(file, CsvDialect.Read(Settings.Empty, format));
                return [.. (header?.Names ?? []).Select(name => new Field(name, DataType.String))];
        }
    }
}
