using System.Globalization;

namespace Foz.Core.Serving.Trino;

/// <summary>The properties of a Trino session.</summary>
public static class TrinoProperties
{
    /// <summary>The longest time of a statement by the properties of its session; null for any.</summary>
    public static TimeSpan? TimeMax(IReadOnlyDictionary<string, string> properties)
    {
        TimeSpan? least = null;
        foreach (var name in new[] { "query_max_run_time", "query_max_execution_time" })
            if (properties.TryGetValue(name, out var text) && Duration(text) is { } time && !(least <= time)) least = time;
        return least;
    }

    /// <summary>A time as Trino writes it, such as <c>10m</c>; null for something else.</summary>
    internal static TimeSpan? Duration(string text)
    {
        var value = text.Trim();
        var digits = value.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!double.TryParse(value.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        double? seconds = value[digits..].Trim() switch
        {
            "ms" => number / 1000,
            "s" => number,
            "m" => number * 60,
            "h" => number * 3600,
            "d" => number * 86_400,
            _ => null,
        };
        return seconds is > 0 and < int.MaxValue / 1000 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }
}
