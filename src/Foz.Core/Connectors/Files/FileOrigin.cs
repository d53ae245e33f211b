using System.Globalization;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Files;

/// <summary>SQL of the change columns that say which file a row is from.</summary>
static class FileOrigin
{
    /// <summary>The column that the engine is told to put a file's path in.</summary>
    public const string PathColumn = "foz.path";

    /// <summary><see cref="PathColumn"/> as SQL writes it.</summary>
    public static string PathIdentifier { get; } = SqlText.Identifier(PathColumn);

    /// <summary>A SELECT of no rows.</summary>
    public static string NoRows(IEnumerable<Field> fields) =>
        $"SELECT {string.Join(", ", fields.Concat(Fields).Select(f => $"CAST(NULL AS {ColumnTypes.NameOf(f.Type)}) AS {SqlText.Identifier(f.Name)}"))} WHERE false";

    /// <summary>The two columns behind a stream's own, in a SELECT of files that are read with <see cref="PathColumn"/>.</summary>
    /// <param name="files">The path that the engine sees of each file, and the file.</param>
    public static string Select(IReadOnlyList<(string Path, SourceFile File)> files) =>
        $"{Value(files, Timestamp)} AS {ChangeColumns.CommitTs}, "
        + $"{Value(files, f => SqlText.Literal(f.Path))} AS {ChangeColumns.Source}";

    /// <summary>The two columns.</summary>
    public static IReadOnlyList<Field> Fields { get; } =
        [.. ChangeColumns.Fields.Where(f => f.Name is ChangeColumns.CommitTs or ChangeColumns.Source)];

    /// <summary>SQL of a value that each file has one of.</summary>
    public static string Value(IReadOnlyList<(string Path, SourceFile File)> files, Func<FileInput, string> value) =>
        files.Count == 1
            ? value(files[0].File.Input)
            : $"MAP {{{string.Join(", ", files.Select(f => $"{SqlText.Literal(f.Path)}: {value(f.File.Input)}"))}}}[{PathIdentifier}]";

    /// <summary>An instant in SQL.</summary>
    public static string Timestamp(FileInput file) => Timestamp(file.ModifiedAt);

    static string Timestamp(DateTimeOffset time) =>
        $"TIMESTAMPTZ '{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'";
}
