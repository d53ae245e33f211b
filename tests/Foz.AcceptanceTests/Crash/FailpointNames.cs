using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>The failpoints that the sources name.</summary>
static partial class FailpointNames
{
    // What tests of promotions, upgrades, backups, alerts and tasks stop at: runs do not come by.
    static readonly IReadOnlyList<string> apart =
        ["promote.", "upgrade.", "format.", "backup.", "restore.", "alerts.", "incidents.", "task.", "streams."];

    /// <summary>Those that runs come by, in order.</summary>
    public static IReadOnlyList<string> OfRuns { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => HitCall.Matches(File.ReadAllText(file))).Select(match => match.Groups["name"].Value)
            .Where(name => !apart.Any(start => name.StartsWith(start, StringComparison.Ordinal)))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Those that a run comes by which reads changes of a source that it has read before, in order.</summary>
    public static IReadOnlyList<string> OfStreams { get; } =
    [
        "streams.staged", "streams.batch", "streams.committed", "commit.before", "commit.after",
    ];

    [GeneratedRegex("""Failpoint\.Hit\("(?<name>[^"]+)"\)""")]
    private static partial Regex HitCall { get; }
}
