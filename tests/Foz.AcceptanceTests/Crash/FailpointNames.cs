using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>The failpoints that the sources name.</summary>
static partial class FailpointNames
{
    // What tests of promotions, upgrades, backups, alerts and tasks stop at: runs do not come by.
    static readonly IReadOnlyList<string> apart =
        ["promote.", "upgrade.", "format.", "backup.", "restore.", "alerts.", "incidents.", "task."];

    /// <summary>Those that runs come by, in order.</summary>
    public static IReadOnlyList<string> OfRuns { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => HitCall.Matches(File.ReadAllText(file))).Select(match => match.Groups["name"].Value)
            .Where(name => !apart.Any(start => name.StartsWith(start, StringComparison.Ordinal)))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    [GeneratedRegex("""Failpoint\.Hit\("(?<name>[^"]+)"\)""")]
    private static partial Regex HitCall { get; }
}
