using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality;

/// <summary>How texts write dates and times, in the words of DuckDB's <c>strptime</c>.</summary>
static class TimePattern
{
    /// <summary>What to write instead of a pattern that is none.</summary>
    public const string Hint = "write what the texts look like, such as '%d/%m/%Y' or '%Y-%m-%d %H:%M:%S'";

    const string Parts = "aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ", PartsUnpadded = "dmyHIMSj";

    /// <summary>What is wrong with a pattern; null where nothing is.</summary>
    public static string? FindFault(string pattern)
    {
        var parts = 0;
        for (var at = pattern.IndexOf('%', StringComparison.Ordinal); at >= 0; at = pattern.IndexOf('%', at))
        {
            var start = at++;
            var isUnpadded = at < pattern.Length && pattern[at] == '-';
            if (isUnpadded) at++;
            if (at == pattern.Length) return $"the pattern '{pattern}' ends within a part";
            if (!isUnpadded && pattern[at] == '%')
            {
                if (++at == pattern.Length) break;
                continue;
            }
            if (!(isUnpadded ? PartsUnpadded : Parts).Contains(pattern[at], StringComparison.Ordinal))
                return $"'{pattern[start..(at + 1)]}' is no part of a date or time";
            parts++;
        }
        return parts == 0 ? $"the pattern '{pattern}' names no part of a date or time" : null;
    }

    /// <summary>
    /// The date and time that a text writes, as SQL; null where it is none. A year has four digits where the pattern
    /// says <c>%Y</c>: <c>strptime</c> takes <c>24</c> for the year 24.
    /// </summary>
    /// <param name="text">SQL of the text.</param>
    /// <param name="pattern">The pattern.</param>
    public static string Parse(string text, string pattern)
    {
        var time = $"try_strptime(trim({text}), {Literal(pattern)})";
        return pattern.Contains("%Y", StringComparison.Ordinal)
            ? $"CASE WHEN {HasYear(text, time)} THEN {time} END"
            : time;
    }

    /// <summary>
    /// Whether the year of a date or time stands in the text that it was read from with four digits, as SQL.
    /// </summary>
    /// <param name="text">SQL of the text.</param>
    /// <param name="time">SQL of what was read.</param>
    public static string HasYear(string text, string time) =>
        $"(year({time}) >= 1000 OR contains({text}, lpad(year({time})::VARCHAR, 4, '0')))";
}
