using System.Text;
using Foz.Delta.Log;

namespace Foz.Tests.Delta.Log;

public sealed class StringMapTests
{
    [Fact]
    public void Maps_are_equal_whatever_the_order()
    {
        var map = new StringMap(["a", "b"], ["1", null]);
        Assert.Equal(map, new StringMap(["b", "a"], [null, "1"]));
        Assert.Equal(map.GetHashCode(), new StringMap(["b", "a"], [null, "1"]).GetHashCode());
        Assert.NotEqual(map, new StringMap(["a", "b"], ["1", ""]));
        Assert.NotEqual(map, new StringMap(["a", "c"], ["1", null]));
        Assert.NotEqual(map, map.Without("b"));
    }

    [Fact]
    public void A_change_leaves_the_map_itself_alone()
    {
        var map = StringMap.Empty.With("a", "1").With("b", "2").With("a", "3");
        Assert.Equal(("3", "2", 2), (map["a"], map["b"], map.Count));
        Assert.Equal(2, map.Without("a").With("c", null).Count);
        Assert.Equal(2, map.Count);
        Assert.Null(map.Find("c"));
        Assert.False(map.ContainsKey("c"));
        Assert.Throws<KeyNotFoundException>(() => map["c"]);
    }

    [Fact]
    public void Lists_are_equal_in_the_same_order()
    {
        StringList list = ["a", "b"];
        Assert.Equal(list, ["a", "b"]);
        Assert.True(list.Equals(StringList.From(["a", "b"])));
        Assert.False(list.Equals(StringList.From(["b", "a"])));
        Assert.Equal(list.GetHashCode(), StringList.From(["a", "b"]).GetHashCode());
    }

    [Fact]
    public void A_pool_gives_the_same_bytes_the_same_text_and_keeps_copies()
    {
        var pool = new Utf8Pool(inputBytes: 1);
        var texts = Enumerable.Range(0, 5_000).Select(i => $"ü{i % 700}").ToArray();
        Assert.All(texts, text => Assert.Equal(text, pool.GetString(Encoding.UTF8.GetBytes(text))));
        Assert.Same(pool.GetString("again"u8), pool.GetString("again"u8));
        var copies = texts.Select(text => pool.Copy(Encoding.UTF8.GetBytes(text))).ToArray();
        Assert.Equal(texts, copies.Select(copy => Encoding.UTF8.GetString(copy.Span)));
        Assert.Equal(1_000, pool.Copy(new byte[1_000]).Length);
    }
}
