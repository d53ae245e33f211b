using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

public class TextCacheTests
{
    [Fact]
    public void What_is_asked_for_stays_and_the_rest_goes()
    {
        var cache = new TextCache<string>();
        for (var i = 0; i < 10_000; i++)
        {
            cache.Add($"{i}", $"value {i}");
            Assert.Equal($"value {i}", cache.Find($"{i}"));
            Assert.Equal("value 0", cache.Find("0"));
        }
        Assert.Null(cache.Find("1"));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => cache.Find($"{i}") is not null), 256, 1024);
    }

    [Fact]
    public void Very_long_texts_are_not_kept()
    {
        var cache = new TextCache<string>();
        var text = new string('x', 1 << 20);
        cache.Add(text, "value");
        Assert.Null(cache.Find(text));
    }
}
