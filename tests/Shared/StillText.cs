using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>Output of commands with what changes from run to run replaced.</summary>
public static partial class StillText
{
    /// <summary>Replaces clocks, dates before clocks, runs, durations, sizes, and the engine's and servers' versions.</summary>
    public static string Of(string text) => Moving.Replace(text, match => match.Value switch
    {
        _ when match.Groups["clock"].Success => "HH:mm:ss",
        _ when match.Groups["date"].Success => "yyyy-MM-dd",
        _ when match.Groups["run"].Success => "RUN",
        _ when match.Groups["size"].Success => "SIZE",
        _ when match.Groups["server"].Success => "SERVER",
        _ => "TIME",
    });

    [GeneratedRegex(
        @"(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?= [0-9]{2}:))"
        + @"|(?<clock>\b[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(?=Z|\b))|(?<run>[0-9]{17}-[0-9a-f]{4})"
        + @"|(?<size>\b[0-9.]+ [KMG]?B\b)|(?<server>(?<=PostgreSQL |DuckDB v?)[0-9.]+( \([^)]*\))?)"
        + @"|(?<elapsed>\b([0-9]+ m )?[0-9.]+ m?s\b)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Moving { get; }
}
