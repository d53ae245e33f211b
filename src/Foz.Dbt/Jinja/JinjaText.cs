using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>How Python puts values into texts.</summary>
static class JinjaText
{
    /// <summary>Fills in <c>%s</c>, <c>%d</c> and the like.</summary>
    public static string Printf(string format, IReadOnlyList<object?> values, Place place)
    {
        var written = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                written.Append(format[i]);
                continue;
            }
            if (i + 1 < format.Length && format[i + 1] == '%')
            {
                written.Append('%');
                i++;
                continue;
            }
            var value = default(object?);
            var from = i + 1;
            if (from < format.Length && format[from] == '(')
            {
                var close = format.IndexOf(')', from);
                if (close < 0 || values is not [JinjaDict dict])
                    throw Error(place, "'%(name)s' needs a mapping of names to values");
                if (!dict.TryGet(format[(from + 1)..close], out value))
                    throw Error(place, $"there is no value for {format[from..(close + 1)]}");
                from = close + 1;
            }
            else value = next < values.Count
                ? values[next++]
                : throw Error(place, "the format has more places than there are values");
            i = from;
            while (i < format.Length && format[i] is '-' or '0' or '+' or ' ' or '.'
                || i < format.Length && char.IsAsciiDigit(format[i]))
                i++;
            if (i >= format.Length) throw Error(place, "the format ends inside of a '%'");
            written.Append(Format(format[from..i], format[i], value, place));
        }
        if (next < values.Count && next > 0) throw Error(place, "the format has fewer places than there are values");
        return written.ToString();
    }

    /// <summary>Fills in <c>{}</c>, <c>{0}</c> and <c>{name}</c>.</summary>
    public static string Format(string format, JinjaArguments arguments)
    {
        var written = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is not ('{' or '}'))
            {
                written.Append(c);
                continue;
            }
            if (i + 1 < format.Length && format[i + 1] == c)
            {
                written.Append(c);
                i++;
                continue;
            }
            var close = c == '{' ? format.IndexOf('}', i) : -1;
            if (close < 0) throw arguments.Error($"'{c}' stands alone in a format", $"write {c}{c} for the character");
            var (field, spec) = format[(i + 1)..close].Split(':', 2) is [var name, var rest]
                ? (name, rest)
                : (format[(i + 1)..close], "");
            var value = FieldOf(field.Split('!')[0], arguments, ref next);
            written.Append(spec.Length == 0 ? JinjaValue.ToText(value) : FormatSpec(spec, value, arguments.Place));
            i = close;
        }
        return written.ToString();
    }

    static object? FieldOf(string field, JinjaArguments arguments, ref int next)
    {
        var name = field.Split('.', '[')[0];
        var index = name.Length == 0
            ? next++
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var stated) ? stated : -1;
        var value = index >= 0
            ? index < arguments.Positional.Count
                ? arguments.Positional[index]
                : throw arguments.Error($"the format has no value {index}", hint: null)
            : arguments.Named.TryGetValue(name, out var named)
                ? named
                : throw arguments.Error($"the format has no value '{name}'", hint: null);
        foreach (var key in field.Split('.', '[').Skip(1))
            value = JinjaOperators.ItemOf(value, key.TrimEnd(']'), arguments.Place);
        return value;
    }

    static string FormatSpec(string spec, object? value, Place place)
    {
        var (fill, align) = (' ', '\0');
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^') (fill, align, spec) = (spec[0], spec[1], spec[2..]);
        else if (spec[0] is '<' or '>' or '^') (align, spec) = (spec[0], spec[1..]);
        var groups = spec.Contains(',', StringComparison.Ordinal);
        spec = spec.Replace(",", "", StringComparison.Ordinal);
        var kind = spec.Length > 0 && char.IsAsciiLetter(spec[^1]) || spec.EndsWith('%')
            ? spec[^1]
            : JinjaValue.IsNumber(value) ? 'g' : 's';
        var flags = spec.Length > 0 && spec[^1] == kind ? spec[..^1] : spec;
        var width = flags.Split('.')[0];
        var text = kind switch
        {
            '%' => Format(
                "." + (flags.Split('.') is [_, var digits] ? digits : "6"), 'f', JinjaNumber.ToDouble(value!) * 100,
                place) + "%",
            'g' when value is long or bool => Format(width, 'd', value, place),
            _ => Format(
                align == '\0'
                    ? flags
                    : "." + (flags.Split('.') is [_, var precision] ? precision : kind == 'f' ? "6" : ""), kind, value,
                    place),
        };
        if (groups) text = Grouped(text);
        if (align == '\0'
            || !int.TryParse(width.TrimStart('0'), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            return text;
        return align switch
        {
            '<' => text.PadRight(size, fill),
            '>' => text.PadLeft(size, fill),
            _ => text.PadLeft(text.Length + (size - text.Length) / 2, fill).PadRight(size, fill),
        };
    }

    static string Grouped(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        var first = whole.StartsWith('-') ? 1 : 0;
        for (var i = whole.Length - 3; i > first; i -= 3) whole = whole.Insert(i, ",");
        return whole + (point < 0 ? "" : text[point..]);
    }

    static string Format(string flags, char kind, object? value, Place place)
    {
        var isLeft = flags.Contains('-', StringComparison.Ordinal);
        var sign = flags.Contains('+', StringComparison.Ordinal);
        var parts = flags.TrimStart('-', '+', ' ').Split('.');
        var isZero = parts[0].StartsWith('0');
        var precision = parts.Length > 1
            ? int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var stated) ? stated : 0
            : -1;
        if (parts.Length > 1 && parts[1].Length == 0) precision = -1;
        var text = kind switch
        {
            's' => JinjaValue.ToText(value) is var shown && precision >= 0 && precision < shown.Length
                ? shown[..precision]
                : JinjaValue.ToText(value),
            'r' => JinjaValue.ToCode(value),
            'd' or 'i' or 'f' or 'F' or 'e' or 'x' or 'X' or 'g' when !JinjaValue.IsNumber(value) =>
                throw Error(place, $"'%{kind}' needs a number, not {JinjaValue.ToCode(value)}"),
            'd' or 'i' =>
                Math.Truncate(Convert.ToDecimal(value, CultureInfo.InvariantCulture)).ToString(
                    "0", CultureInfo.InvariantCulture),
            'f' or 'F' => Convert.ToDecimal(value, CultureInfo.InvariantCulture)
                .ToString("F" + (precision < 0 ? 6 : precision), CultureInfo.InvariantCulture),
            'e' => JinjaNumber.ToDouble(value!).ToString(
                "0." + new string('0', precision < 0 ? 6 : precision) + "e+00", CultureInfo.InvariantCulture),
            'x' => Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture),
            'X' => Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString("X", CultureInfo.InvariantCulture),
            'g' => JinjaValue.ToText(value),
            _ => throw Error(place, $"the format '%{kind}' is not supported"),
        };
        if (sign && kind is not ('s' or 'r') && !text.StartsWith('-')) text = "+" + text;
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            || text.Length >= width)
            return text;
        if (isLeft) return text.PadRight(width);
        if (!isZero || kind is 's' or 'r') return text.PadLeft(width);
        return text[0] is '-' or '+' ? text[0] + text[1..].PadLeft(width - 1, '0') : text.PadLeft(width, '0');
    }

    /// <summary>A text with its first letter large and the rest small.</summary>
    public static string Capitalize(string text) =>
        text.Length == 0 ? text : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    /// <summary>A text with the first letter of each word large.</summary>
    public static string Title(string text)
    {
        var written = text.ToLowerInvariant().ToCharArray();
        for (var i = 0; i < written.Length; i++)
            if (char.IsLetter(written[i]) && (i == 0 || !char.IsLetter(written[i - 1])))
                written[i] = char.ToUpperInvariant(written[i]);
        return new(written);
    }

    /// <summary>A text cut at a separator, or where that is null at blanks.</summary>
    /// <param name="text">The text.</param>
    /// <param name="separator">The separator; null for blanks.</param>
    /// <param name="cutsMax">How often it is cut at most; negative for everywhere.</param>
    public static IReadOnlyList<string> Split(string text, string? separator, long cutsMax)
    {
        var count = cutsMax < 0 ? int.MaxValue : (int)Math.Min(cutsMax, int.MaxValue - 1) + 1;
        if (separator is { Length: > 0 }) return text.Split(separator, count);
        var parts = new List<string>();
        var rest = text.AsSpan().TrimStart();
        while (rest.Length > 0)
        {
            var end = 0;
            while (end < rest.Length && !char.IsWhiteSpace(rest[end])) end++;
            if (parts.Count == count - 1)
            {
                parts.Add(rest.TrimEnd().ToString());
                break;
            }
            parts.Add(rest[..end].ToString());
            rest = rest[end..].TrimStart();
        }
        return parts;
    }

    static FozException Error(Place place, string message) => new(ErrorKind.Configuration, message) { Place = place };
}
