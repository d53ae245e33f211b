using System.Globalization;
using System.Text.RegularExpressions;

namespace Foz.Core.Configuration;

/// <summary>Reads lengths of time as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>.</summary>
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

    static TimeSpan Of(Match match, string unit, long ticks) => match.Groups[unit] is { Success: true } group
        ? new TimeSpan(checked(long.Parse(group.Value, CultureInfo.InvariantCulture) * ticks))
        : TimeSpan.Zero;

    [GeneratedRegex(
        @"^((?<d>[0-9]+)d)?((?<h>[0-9]+)h)?((?<m>[0-9]+)m(?!s))?((?<s>[0-9]+)s)?((?<ms>[0-9]+)ms)?\z",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts { get; }
}
