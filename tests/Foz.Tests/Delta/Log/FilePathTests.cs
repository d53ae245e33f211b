using Foz.Delta.Log;

namespace Foz.Tests.Delta.Log;

public sealed class FilePathTests
{
    [Theory]
    [InlineData("part-1.parquet", "part-1.parquet", false)]
    [InlineData("a%20b/c%2525", "a b/c%25", false)]
    [InlineData("col=a%2520b%252F/x", "col=a%20b%2F/x", false)]
    [InlineData("ts=2020-01-01%2000%253A00/x", "ts=2020-01-01 00%3A00/x", false)]
    [InlineData("a+b", "a+b", false)]
    [InlineData("bad%zz", "bad%zz", false)]
    [InlineData("%C3%BC", "ü", false)]
    [InlineData("/abs/x", "/abs/x", true)]
    [InlineData("file:/abs/x%20y", "/abs/x y", true)]
    [InlineData("file:///abs/x", "/abs/x", true)]
    [InlineData("FILE:///abs/x", "/abs/x", true)]
    [InlineData("file://localhost/abs/x", "/abs/x", true)]
    [InlineData("s3://bucket/a%20b", "s3://bucket/a b", true)]
    [InlineData("abfss://c@a.dfs.core.windows.net/x", "abfss://c@a.dfs.core.windows.net/x", true)]
    [InlineData("C:/x", "C:/x", true)]
    public void A_logged_path_is_decoded(string logged, string value, bool isAbsolute)
    {
        var path = FilePath.FromLog(logged);
        Assert.Equal(value, path.Value);
        Assert.Equal(logged, path.Logged);
        Assert.Equal(isAbsolute, path.IsAbsolute);
    }

    [Theory]
    [InlineData("part-1.parquet", "part-1.parquet")]
    [InlineData("col=a%20b%2F/x", "col=a%2520b%252F/x")]
    [InlineData("a b#?[]ü💧", "a%20b%23%3F%5B%5D%C3%BC%F0%9F%92%A7")]
    [InlineData("a:b/c", "a%3Ab/c")]
    public void A_relative_path_is_encoded(string value, string logged)
    {
        var path = FilePath.Relative(value);
        Assert.Equal(logged, path.Logged);
        Assert.Equal(value, FilePath.FromLog(logged).Value);
        Assert.False(FilePath.FromLog(logged).IsAbsolute);
    }

    [Fact]
    public void Every_relative_path_comes_back()
    {
        var random = new Random(17);
        for (var i = 0; i < 2_000; i++)
        {
            var chars = Enumerable.Range(0, random.Next(1, 20)).Select(_ => (char)random.Next(1, 0xD7FF)).ToArray();
            var text = "x" + new string(chars);
            Assert.Equal(text, FilePath.FromLog(FilePath.Relative(text).Logged).Value);
        }
    }

    [Fact]
    public void Paths_are_equal_if_they_name_the_same_file()
    {
        Assert.Equal(FilePath.FromLog("a%20b"), FilePath.FromLog("a b"));
        Assert.Equal(FilePath.FromLog("file:///x"), FilePath.FromLog("/x"));
        Assert.True(FilePath.FromLog("file:/x") == FilePath.FromLog("file:///x"));
        Assert.True(FilePath.FromLog("x") != FilePath.FromLog("X"));
        Assert.Equal(FilePath.FromLog("a%20b").GetHashCode(), FilePath.FromLog("a b").GetHashCode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/x")]
    public void Only_relative_paths_are_relative(string path) =>
        Assert.Throws<ArgumentException>(() => FilePath.Relative(path));
}
