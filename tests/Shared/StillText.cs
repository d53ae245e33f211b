using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>Output of commands with what changes from run to run replaced.</summary>
public static partial class StillText
{
    /// <summary>
    /// Replaces clocks, dates before clocks, runs, durations, sizes, and the engine's and servers' versions.
    /// </summary>
    public static string Of(string text) => Moving.Replace(text, match => match.Value switch
    {
        _ when match.Groups["clock"].Success => "HH:mm:ss",
        _ when match.Groups["date"].Success => "yyyy-MM-dd",
        _ when match.Groups["run"].Success => "RUN",
        _ when match.Groups["size"].Success => "SIZE",
        _ when match.Groups["server"].Success => "SERVER",
        _ => "TIME",
    });

    /// <summary>
    /// Replaces the rows that break a check: which of several is shown depends on the threads that look.
    /// </summary>
    public static string WithoutSamples(string text) => Sample.Replace(text, "such as {…}");

    [GeneratedRegex(@"such as \{.*\}")]
    private static partial Regex Sample { get; }

    /// <summary>
    /// Returns the lines of a text in which clocks are replaced. Consecutive lines of ended steps are ordered by their
    /// text, as steps that run at the same time end in any order. Lines that are indented below a step stay with it.
    /// Progress messages of a long step are left out, as they depend on the machine's speed.
    /// </summary>
    public static IReadOnlyList<string> Ordered(string still)
    {
        var lines = new List<string>();
        var steps = new List<List<string>>();
        foreach (var line in still.TrimEnd('\n').Split('\n'))
        {
            if (Progress.IsMatch(line)) continue;
            if (line.StartsWith("HH:mm:ss ", StringComparison.Ordinal)) steps.Add([line]);
            else if (steps.Count > 0 && line.StartsWith(' ')) steps[^1].Add(line);
            else
            {
                AddSteps();
                lines.Add(line);
            }
        }
        AddSteps();
        return lines;

        void AddSteps()
        {
            lines.AddRange(steps.OrderBy(step => step[0], StringComparer.Ordinal).SelectMany(step => step));
            steps.Clear();
        }
    }

    [GeneratedRegex(@"^HH:mm:ss +\S+ +running ")]
    private static partial Regex Progress { get; }

    [GeneratedRegex(
        @"(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?= [0-9]{2}:))"
        + @"|(?<clock>\b[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(?=Z|\b))|(?<run>[0-9]{17}-[0-9a-f]{4})"
        + @"|(?<size>\b[0-9.]+ [KMG]?B\b)|(?<server>(?<=PostgreSQL |DuckDB v?)[0-9.]+( \([^)]*\))?)"
        + @"|(?<elapsed>\b([0-9]+ m )?[0-9.]+ m?s\b)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Moving { get; }
}
