using System.Collections.Frozen;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Csv;

/// <summary>The settings that the header of a CSV file reveals.</summary>
static class CsvHeader
{
    /// <summary>The characters that separate fields in common files, most likely first.</summary>
    public const string Delimiters = ";\t|,";

    static readonly FrozenSet<string> ownNames =
        ChangeColumns.Fields.Select(field => field.Name).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// What looks as if the file were read with wrong settings: one column that has delimiters in it, names that are
    /// there twice, or are those of Foz's own columns.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="names">The names in its header.</param>
    /// <param name="dialect">How it is read.</param>
    public static IReadOnlyList<Warning> Doubts(string path, IReadOnlyList<string> names, CsvDialect dialect)
    {
        if (Delimiter(names, dialect) is { } delimiter)
            return [new($"the header of {path} is one column, '{names[0]}'", Setting(delimiter))];
        return
        [
            .. names.Select(name => name.Trim()).Where(name => name.Length > 0)
                .GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(alike => alike.Count() > 1)
                .Select(alike => new Warning(
                    $"the header of {path} has '{alike.Key}' {alike.Count()} times: "
                    + "the columns after the first have a number",
                    dialect.SkipRows == 0 ? "set skip_rows where the header is further down" : null)),
            .. names.Select(name => name.Trim()).Where(ownNames.Contains).Select(name => new Warning(
                $"the header of {path} has '{name}', which is a column of Foz: the file's column has a number")),
        ];
    }

    /// <summary>The delimiter that a header of one column has in it; null where it has none.</summary>
    /// <param name="names">The names in the header.</param>
    /// <param name="dialect">How it is read.</param>
    public static char? Delimiter(IReadOnlyList<string> names, CsvDialect dialect) => names is [var name]
        ? Delimiters.Where(c => c != dialect.Delimiter && name.Contains(c)).Select(c => (char?)c).FirstOrDefault()
        : null;

    /// <summary>How a stream is set to a delimiter.</summary>
    public static string Setting(char delimiter) => $"set delimiter: {(delimiter == '\t' ? "tab" : $"'{delimiter}'")}";
}
