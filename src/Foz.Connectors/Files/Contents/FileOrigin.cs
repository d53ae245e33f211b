using System.Globalization;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Contents;

/// <summary>SQL of the change columns that say which file a row is from.</summary>
static class FileOrigin
{
    static readonly Field[] fields =
    [
        .. ChangeColumns.Fields.Where(f => f.Name is ChangeColumns.CommitTs or ChangeColumns.Source),
    ];

    /// <summary>The column in which the engine puts a file's path.</summary>
    public const string PathColumn = "foz.path";

    /// <summary><see cref="PathColumn"/> as SQL writes it.</summary>
    public static string PathIdentifier { get; } = SqlText.Identifier(PathColumn);

    /// <summary>A SELECT of no rows.</summary>
    public static string NoRows(IEnumerable<Field> fields, bool withPlaces)
    {
        var columns = fields.Concat(Fields(withPlaces))
            .Select(f => $"CAST(NULL AS {ColumnTypes.NameOf(f.Type)}) AS {SqlText.Identifier(f.Name)}");
        return $"SELECT {string.Join(", ", columns)} WHERE false";
    }

    /// <summary>
    /// Returns the two columns after a stream's own, for a SELECT of files that are read with <see cref="PathColumn"/>.
    /// </summary>
    /// <param name="files">The path that the engine sees of each file, and the file.</param>
    public static string Select(IReadOnlyList<(string Path, SourceFile File)> files) =>
        $"{Value(files, Timestamp)} AS {ChangeColumns.CommitTs}, "
        + $"{Value(files, f => SqlText.Literal(f.Path))} AS {ChangeColumns.Source}";

    /// <summary>The two columns, and that of a row's place where rows say theirs.</summary>
    public static IReadOnlyList<Field> Fields(bool withPlaces) =>
        withPlaces ? [.. fields, .. ChangeColumns.Fields.Where(f => f.Name is ChangeColumns.Seq)] : fields;

    /// <summary>Returns the column of a row's place, after the others, where rows have one.</summary>
    /// <param name="place">SQL of the place; null where rows have none.</param>
    public static string Place(string? place) => place is null ? "" : $", {place} AS {ChangeColumns.Seq}";

    /// <summary>SQL of a value that each file has one of.</summary>
    public static string Value(IReadOnlyList<(string Path, SourceFile File)> files, Func<FileInput, string> value) =>
        files.Count == 1
            ? value(files[0].File.Input)
            : $"MAP {{{string.Join(", ", files.Select(f => $"{SqlText.Literal(f.Path)}: {value(f.File.Input)}"))}"
                + $"}}[{PathIdentifier}]";

    /// <summary>An instant in SQL.</summary>
    public static string Timestamp(FileInput file) => Timestamp(file.ModifiedAt);

    static string Timestamp(DateTimeOffset time) =>
        $"TIMESTAMPTZ '{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'";
}
