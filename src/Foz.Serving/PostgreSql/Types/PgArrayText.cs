using System.Text;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>PostgreSQL's text of arrays: <c>{1,2,NULL,"a b"}</c> (PostgreSQL's documentation, 8.15.6).</summary>
static class PgArrayText
{
    /// <summary>How many dimensions PostgreSQL's arrays have at most.</summary>
    public const int DimensionsMax = 6;

    /// <summary>The list as DuckDB writes it.</summary>
    /// <exception cref="FozException">The text is no array.</exception>
    public static string ToSql(string text, LogicalType element)
    {
        var position = text.AsSpan().IndexOf('{');
        if (position < 0) throw Malformed(text);
        var sql = new StringBuilder("CAST(");
        var depth = ReadList(text, ref position, sql, element, dimension: 1);
        if (text[position..].Trim().Length > 0) throw Malformed(text);
        sql.Append(" AS ").Append(element);
        for (var i = 0; i < depth; i++) sql.Append("[]");
        return sql.Append(')').ToString();
    }

    /// <returns>How many lists are in each other.</returns>
    static int ReadList(string text, ref int position, StringBuilder sql, LogicalType element, int dimension)
    {
        if (dimension > DimensionsMax)
            throw new FozException(
                ErrorKind.Data,
                $"number of array dimensions ({dimension}) exceeds the maximum allowed ({DimensionsMax})")
            { SqlState = "54000" };
        var depth = 1;
        position++;
        sql.Append('[');
        for (var count = 0; ; count++)
        {
            SkipSpace(text, ref position);
            if (At(text, position) == '}') break;
            if (count > 0) sql.Append(", ");
            if (At(text, position) == '{') depth = 1 + ReadList(text, ref position, sql, element, dimension + 1);
            else ReadElement(text, ref position, sql);
            SkipSpace(text, ref position);
            if (At(text, position) == ',') position++;
            else if (At(text, position) != '}') throw Malformed(text);
        }
        position++;
        sql.Append(']');
        return depth;
    }

    static void ReadElement(string text, ref int position, StringBuilder sql)
    {
        var value = new StringBuilder();
        var isQuoted = At(text, position) == '"';
        if (isQuoted) position++;
        while (isQuoted ? At(text, position) != '"' : At(text, position) is not (',' or '}'))
        {
            if (At(text, position) == '\\') position++;
            if (position >= text.Length) throw Malformed(text);
            value.Append(text[position++]);
        }
        if (isQuoted) position++;
        var element = isQuoted ? value.ToString() : value.ToString().TrimEnd();
        if (!isQuoted && element.Length == 0) throw Malformed(text);
        sql.Append(
            !isQuoted && element.Equals("NULL", StringComparison.OrdinalIgnoreCase)
                ? "NULL"
                : SqlText.Literal(element));
    }

    static void SkipSpace(string text, ref int position)
    {
        while (char.IsWhiteSpace(At(text, position))) position++;
    }

    static char At(string text, int position) => position < text.Length ? text[position] : '\0';

    static FozException Malformed(string text) =>
        new(ErrorKind.Data, $"malformed array literal: \"{text}\"") { SqlState = "22P02" };
}
