using System.Text;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>Patterns of dates and times (PostgreSQL's documentation, 9.8).</summary>
static class PgDatePattern
{
    /// <summary>
    /// Patterns with what the engine has for them; null for those that it lacks, and that begin as another does.
    /// </summary>
    static readonly (string Pattern, string? Engine)[] patterns =
    [
        ("SSSS", null), ("SSSSS", null),
        ("YYYY", "%Y"), ("IYYY", "%G"), ("HH24", "%H"), ("HH12", "%I"), ("FMMonth", "%B"), ("FMDay", "%A"),
        ("FMMM", "%-m"),
        ("FMDD", "%-d"), ("FMHH24", "%-H"), ("DDD", "%j"), ("Mon", "%b"), ("Dy", "%a"), ("YY", "%y"), ("MM", "%m"),
        ("DD", "%d"),
        ("HH", "%I"), ("MI", "%M"), ("SS", "%S"), ("MS", "%g"), ("US", "%f"), ("IW", "%V"), ("AM", "%p"), ("PM", "%p"),
    ];

    /// <summary>The pattern as DuckDB's strftime has it; null where that has no such pattern.</summary>
    public static string? ToEngine(string pattern)
    {
        var engine = new StringBuilder();
        for (var i = 0; i < pattern.Length;)
        {
            if (pattern[i] == '"' && pattern.IndexOf('"', i + 1) is > 0 and var end)
            {
                engine.Append(pattern[(i + 1)..end].Replace("%", "%%", StringComparison.Ordinal));
                i = end + 1;
                continue;
            }
            if (Find(pattern.AsSpan(i)) is { } found)
            {
                if (found.Engine is null) return null;
                engine.Append(found.Engine);
                i += found.Pattern.Length;
            }
            else if (char.IsAsciiLetter(pattern[i])) return null;
            else
            {
                engine.Append(pattern[i] == '%' ? "%%" : pattern[i].ToString());
                i++;
            }
        }
        return engine.ToString();
    }

    static (string Pattern, string? Engine)? Find(ReadOnlySpan<char> text)
    {
        foreach (var entry in patterns.OrderByDescending(p => p.Pattern.Length))
        {
            // Names of months, days and halves of the day follow the case of their pattern; numbers do not.
            var comparison = entry.Pattern is "Mon" or "Dy" or "FMMonth" or "FMDay" or "AM" or "PM"
                ? StringComparison.Ordinal
                : StringComparison.OrdinalIgnoreCase;
            if (text.StartsWith(entry.Pattern, comparison)) return entry;
        }
        return null;
    }
}
