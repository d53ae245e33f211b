using System.Globalization;
using System.Text.RegularExpressions;

namespace Foz.Lake.Configuration;

/// <summary>
/// Reads lengths of time as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>, or in words: <c>7 days</c>.
/// </summary>
public static partial class Duration
{
    /// <summary>Reads numbers with units, the larger unit first.</summary>
    /// <returns>Whether the text is such a length.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Parts.Match(text);
        if (!match.Success || text.Length == 0) return false;
        try
        {
            duration = Of(match, "d", TimeSpan.TicksPerDay) + Of(match, "h", TimeSpan.TicksPerHour)
                + Of(match, "m", TimeSpan.TicksPerMinute) + Of(match, "s", TimeSpan.TicksPerSecond)
                + Of(match, "ms", TimeSpan.TicksPerMillisecond);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>Reads a length in either form, or as Spark writes it: <c>interval 1 week 2 days</c>.</summary>
    /// <returns>Whether the text is such a length.</returns>
    public static bool TryParseWords(string text, out TimeSpan duration)
    {
        if (TryParse(text, out duration)) return true;
        duration = default;
        if (!Words.IsMatch(text)) return false;
        try
        {
            foreach (Match part in Word.Matches(text))
            {
                var ticks = char.ToLowerInvariant(part.Groups["unit"].Value[0]) switch
                {
                    'w' => 7 * TimeSpan.TicksPerDay,
                    'd' => TimeSpan.TicksPerDay,
                    'h' => TimeSpan.TicksPerHour,
                    'm' => TimeSpan.TicksPerMinute,
                    _ => TimeSpan.TicksPerSecond,
                };
                var count = long.Parse(part.Groups["count"].Value, CultureInfo.InvariantCulture);
                duration += new TimeSpan(checked(count * ticks));
            }
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>A length of time in words, as its largest unit and the next: <c>3 days 4 hours</c>.</summary>
    public static string Describe(TimeSpan time)
    {
        var length = time.Duration();
        (string Unit, long Count)[] units =
        [
            ("day", length.Days), ("hour", length.Hours), ("minute", length.Minutes), ("second", length.Seconds),
        ];
        var parts = units.SkipWhile(part => part.Count == 0).Take(2).Where(part => part.Count > 0)
            .Select(part => $"{part.Count} {part.Unit}{(part.Count == 1 ? "" : "s")}").ToList();
        return (time < TimeSpan.Zero ? "-" : "") + (parts.Count == 0 ? "0 seconds" : string.Join(' ', parts));
    }

    [GeneratedRegex(
        @"(?<count>[0-9]+)\s*(?<unit>week|day|hour|minute|second)s?",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Word { get; }

    [GeneratedRegex(@"^\s*(interval\s+)?([0-9]+\s*(week|day|hour|minute|second)s?\s*)+\z",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Words { get; }

    static TimeSpan Of(Match match, string unit, long ticks) => match.Groups[unit] is { Success: true } group
        ? new TimeSpan(checked(long.Parse(group.Value, CultureInfo.InvariantCulture) * ticks))
        : TimeSpan.Zero;

    [GeneratedRegex(
        @"^((?<d>[0-9]+)d)?((?<h>[0-9]+)h)?((?<m>[0-9]+)m(?!s))?((?<s>[0-9]+)s)?((?<ms>[0-9]+)ms)?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Parts { get; }
}
