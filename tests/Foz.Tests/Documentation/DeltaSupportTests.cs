using System.Text.RegularExpressions;
using Foz.Delta.Log;

namespace Foz.Tests.Documentation;

/// <summary>Holds the tables of docs/reference/delta.md against the library's own list of table features.</summary>
public sealed partial class DeltaSupportTests
{
    static readonly string page = Path.Combine(Repository.Root, "docs", "reference", "delta.md");

    [Fact]
    public void Every_feature_has_the_row_that_the_library_gives_it()
    {
        var rows = File.ReadLines(page).Select(line => Row.Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["foz"].Value);

        Assert.Equal(TableFeature.All.Select(feature => feature.Name).Order(), rows.Keys.Order());
        Assert.All(TableFeature.All, feature =>
            Assert.Equal((feature.Name, SupportOf(feature)), (feature.Name, rows[feature.Name])));
    }

    [Fact]
    public void Features_of_readers_stand_in_the_first_table()
    {
        var readers = File.ReadAllText(page).Split("Features that only writers must know")[0];

        Assert.All(TableFeature.All, feature => Assert.Equal(
            feature.IsForReaders, readers.Contains($"| `{feature.Name}` |", StringComparison.Ordinal)));
    }

    static string SupportOf(TableFeature feature)
    {
        if (!feature.CanRead) return "–";
        var write = !feature.CanWrite ? "" : feature.ActiveWhen is null ? "W" : "a";
        if (feature.IsForReaders) return "R" + write;
        return write.Length == 0 ? "–" : write;
    }

    [GeneratedRegex(@"^\| `(?<name>[\w-]+)` \| (?<foz>\S+) \| \S+ \| \S+ \| \S+ \| \S+ \|$", RegexOptions.None, 1000)]
    private static partial Regex Row { get; }
}
