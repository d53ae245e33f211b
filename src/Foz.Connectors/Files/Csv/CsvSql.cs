using System.Globalization;
using System.Text;
using Foz.Connectors.Files.Contents;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Csv;

/// <summary>
/// How the engine reads CSV files: strictly. It guesses only the end of lines, which it takes from the first one. (With
/// a wrong <c>new_line</c> it would find no rows at all, without an error.)
/// </summary>
public static class CsvSql
{
    const int BufferBytes = 2 * CsvDialect.RowBytesMax;

    /// <summary>A SELECT of files of one header.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="columns">Names and types of all their columns, in order.</param>
    /// <param name="dialect">How fields are separated; the files are in UTF-8.</param>
    /// <param name="skipLines">Lines before the header, or before the first row.</param>
    /// <param name="select">What to select.</param>
    public static string Read(
        IEnumerable<string> paths, IEnumerable<(string Name, string Type)> columns, CsvDialect dialect, int skipLines,
        string select)
    {
        var sql = new StringBuilder($"SELECT {select}\nFROM read_csv(");
        sql.Append(FileList(paths));
        sql.Append(", columns = {");
        sql.AppendJoin(", ", columns.Select(c => $"{SqlText.Identifier(c.Name)}: {SqlText.Literal(c.Type)}"));
        sql.Append("}, auto_detect = false, strict_mode = true, null_padding = false, ignore_errors = false");
        sql.Append(
            CultureInfo.InvariantCulture, $", header = {(dialect.HasHeader ? "true" : "false")}, skip = {skipLines}");
        sql.Append($", delim = {Character(dialect.Delimiter)}");
        sql.Append($", quote = {Character(dialect.Quote)}, escape = {Character(dialect.Escape)}");
        sql.Append($", filename = {SqlText.Literal(FileOrigin.PathColumn)}, allow_quoted_nulls = false, nullstr = [");
        sql.AppendJoin(", ", dialect.NullValues.Prepend("").Distinct().Select(SqlText.Literal));
        sql.Append(CultureInfo.InvariantCulture,
            $"], max_line_size = {CsvDialect.RowBytesMax}, buffer_size = {BufferBytes})");
        return sql.ToString();
    }

    /// <summary>A list of paths, none of which is taken for a pattern.</summary>
    public static string FileList(IEnumerable<string> paths) =>
        $"[{string.Join(", ", paths.Select(p => SqlText.Literal(EscapeGlob(p))))}]";

    static string EscapeGlob(string path)
    {
        if (!path.AsSpan().ContainsAny('*', '?', '[')) return path;
        var escaped = new StringBuilder();
        foreach (var c in path) escaped.Append(c is '*' or '?' or '[' ? $"[{c}]" : c);
        return escaped.ToString();
    }

    static string Character(byte? character) => SqlText.Literal(character is { } c ? $"{(char)c}" : "");
}
