using System.Text;

namespace Foz.Serving.Trino.Translation;

/// <summary>Patterns of dates, as those of DuckDB's <c>strftime</c>.</summary>
static class TrinoDatePattern
{
    /// <summary>
    /// A pattern of MySQL, as <c>date_format</c> takes it; null for one that DuckDB has no letters for.
    /// </summary>
    public static string? OfMySql(string pattern)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%')
            {
                text.Append(pattern[i]);
                continue;
            }
            if (++i == pattern.Length) return null;
            var letters = pattern[i] switch
            {
                'Y' or 'y' or 'm' or 'd' or 'H' or 'I' or 'p' or 'a' or 'b' or 'j' or 'S' or 'f' or '%' =>
                    $"%{pattern[i]}",
                'e' => "%-d",
                'c' => "%-m",
                'k' => "%-H",
                'l' => "%-I",
                'h' => "%I",
                'i' => "%M",
                's' => "%S",
                'M' => "%B",
                'W' => "%A",
                'T' => "%H:%M:%S",
                'r' => "%I:%M:%S %p",
                'v' => "%V",
                'x' => "%G",
                _ => null,
            };
            if (letters is null) return null;
            text.Append(letters);
        }
        return text.ToString();
    }

    /// <summary>
    /// A pattern of Joda, as <c>format_datetime</c> takes it; null for one that DuckDB has no letters for.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isRead">Whether texts are read by it, where more letters mean the same.</param>
    public static string? OfJoda(string pattern, bool isRead)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length;)
        {
            if (pattern[i] == '\'')
            {
                var end = pattern.IndexOf('\'', i + 1);
                if (end < 0) return null;
                text.Append(end == i + 1 ? "'" : pattern[(i + 1)..end].Replace("%", "%%", StringComparison.Ordinal));
                i = end + 1;
                continue;
            }
            if (!char.IsAsciiLetter(pattern[i]))
            {
                text.Append(pattern[i] == '%' ? "%%" : pattern[i]);
                i++;
                continue;
            }
            var count = pattern.AsSpan(i).IndexOfAnyExcept(pattern[i]) is >= 0 and var other
                ? other
                : pattern.Length - i;
            if (LettersOf(pattern[i], count, isRead) is not { } letters) return null;
            text.Append(letters);
            i += count;
        }
        return text.ToString();
    }

    static string? LettersOf(char letter, int count, bool isRead) => (letter, count) switch
    {
        ('y' or 'Y', 2) => "%y",
        ('y' or 'Y', _) => "%Y",
        ('x', _) => "%G",
        ('M', 1) => "%-m",
        ('M', 2) => "%m",
        ('M', 3) => "%b",
        ('M', _) => "%B",
        ('d', 1) => "%-d",
        ('d', _) => "%d",
        ('D', 3) => "%j",
        ('D', 1) => isRead ? "%j" : "%-j",
        ('e', _) => "%u",
        ('E', <= 3) => "%a",
        ('E', _) => "%A",
        ('w', 2) => "%V",
        ('w', 1) when isRead => "%V",
        ('H', 1) => "%-H",
        ('H', _) => "%H",
        ('h', 1) => "%-I",
        ('h', _) => "%I",
        ('m', 1) => "%-M",
        ('m', _) => "%M",
        ('s', 1) => "%-S",
        ('s', _) => "%S",
        ('S', 3) => "%g",
        ('S', 6) => "%f",
        ('a', _) => "%p",
        // DuckDB writes an offset without its minutes.
        ('Z', 1 or 2) when isRead => "%z",
        _ => null,
    };
}
