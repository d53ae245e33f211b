using Foz.Connectors.Databases.Providers;

namespace Foz.Tests.Connectors.Databases.Providers;

public sealed class PackageVersionTests
{
    [Fact]
    public void Versions_are_in_the_order_of_their_parts()
    {
        string[] ordered =
        [
            "0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
            "1.0", "1.0.0.1", "1.0.2", "1.0.10", "2.0+build",
        ];
        var shuffled = ordered.Reverse()
            .Select(t => PackageVersion.TryParse(t, out var v) ? v : throw new FormatException(t));
        Assert.Equal(ordered.Select(t => t.Split('+')[0]), shuffled.Order().Select(v => v.Text));
    }

    [Theory]
    [InlineData("1.0", "1.0.0 1.5 2.0", "0.9 1.0-rc")]
    [InlineData("[1.0]", "1.0.0", "1.0.1 0.9")]
    [InlineData("[1.0, 2.0)", "1.0 1.9.9", "2.0 0.9")]
    [InlineData("(1.0, 2.0]", "1.0.1 2.0", "1.0 2.1")]
    [InlineData("(,2.0)", "0.1 1.9", "2.0")]
    [InlineData("", "0.1 9.9", "")]
    public void A_range_holds_what_it_says(string range, string inside, string outside)
    {
        var parsed = VersionRange.Parse(range);
        Assert.All(Read(inside), v => Assert.True(parsed.Contains(v)));
        Assert.All(Read(outside), v => Assert.False(parsed.Contains(v)));
    }

    static IEnumerable<PackageVersion> Read(string texts) => texts.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(t => PackageVersion.TryParse(t, out var v) ? v : throw new FormatException(t));
}
