using Foz.Lake.Configuration;

namespace Foz.Tests.Lake.Configuration;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("1d2h3m4s5ms", 93_784_005)]
    public void Lengths_of_time_are_read(string text, long milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1m1h")]
    [InlineData("1.5h")]
    [InlineData("-1s")]
    [InlineData("5 m")]
    [InlineData("5m\n")]
    [InlineData("99999999999999d")]
    [InlineData("99999999999999999999s")]
    public void What_is_no_length_of_time_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));
}
