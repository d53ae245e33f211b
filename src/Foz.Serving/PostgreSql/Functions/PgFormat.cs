using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>PostgreSQL's <c>format</c> (its documentation, 9.4.1).</summary>
static class PgFormat
{
    /// <summary>Returns the text with each <c>%s</c>, <c>%I</c> and <c>%L</c> replaced by a value.</summary>
    /// <param name="template">The text.</param>
    /// <param name="values">The values for its places; null for NULL.</param>
    /// <param name="check">Receives the length that the result is about to have; throws if that is too much.</param>
    /// <exception cref="FozException">A place names no value or no known form.</exception>
    public static string Apply(string template, IReadOnlyList<string?> values, Action<long> check)
    {
        var text = new StringBuilder(template.Length);
        var next = 0;
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '%')
            {
                text.Append(template[i]);
                continue;
            }
            if (++i < template.Length && template[i] == '%') text.Append('%');
            else
            {
                var (value, width, isLeft) = Place(template, ref i, values, ref next);
                check((long)text.Length + Math.Max(value.Length, width));
                text.Append(isLeft ? value.PadRight(width) : value.PadLeft(width));
            }
        }
        return text.ToString();
    }

    static (string Value, int Width, bool IsLeft) Place(
        string template, ref int i, IReadOnlyList<string?> values, ref int next)
    {
        var number = Number(template, ref i);
        if (number is { } position && At(template, i) == '$')
        {
            if (position == 0)
                throw FunctionFault.Of("22023", "format specifies argument 0, but arguments are numbered from 1");
            (next, number) = (position - 1, null);
            i++;
        }
        var isLeft = false;
        for (; number is null && At(template, i) == '-'; i++) isLeft = true;
        if (At(template, i) == '*')
            throw FunctionFault.Of("0A000", "format with the width of an argument (*) is not supported");
        var width = number ?? Number(template, ref i) ?? 0;
        var form = At(template, i);
        if (form == '\0') throw FunctionFault.Of("22023", "unterminated format() type specifier");
        if (form is not ('s' or 'I' or 'L'))
            throw FunctionFault.Of("22023", $"unrecognized format() type specifier \"{form}\"");
        if (next >= values.Count) throw FunctionFault.Of("22023", "too few arguments for format()");
        var value = values[next++];
        var text = form switch
        {
            's' => value ?? "",
            'L' => value is null ? "NULL" : Literal(value),
            _ => PgIdentifiers.Quote(
                value ?? throw FunctionFault.Of("22004", "null values cannot be formatted as an SQL identifier")),
        };
        return (text, width, isLeft);
    }

    static string Literal(string value)
    {
        var quoted = $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
        return value.Contains('\\', StringComparison.Ordinal)
            ? $"E{quoted.Replace(@"\", @"\\", StringComparison.Ordinal)}"
            : quoted;
    }

    static int? Number(string template, ref int i)
    {
        var start = i;
        while (char.IsAsciiDigit(At(template, i))) i++;
        if (i == start) return null;
        return int.TryParse(
            template.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw FunctionFault.Of("22003", "number is out of range");
    }

    static char At(string text, int i) => i < text.Length ? text[i] : '\0';
}
