using Foz.Connectors.MongoDb;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Settings that are wrong, and what is said of them.</summary>
public sealed class MongoDbSettingsTests
{
    [Theory]
    [InlineData("filter", "{\"a\": ", "'filter' must be a JSON object")]
    [InlineData("filter", "[1]", "'filter' must be a JSON object")]
    [InlineData("document", "maybe", "'document' must be true or false")]
    public void A_wrong_setting_is_named(string name, string value, string expected) =>
        Assert.Contains(expected, Wrong(MongoProject.Of("c", settings: (name, value))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("x", "a..b", "given with a path of names for 'x'")]
    [InlineData("x", "\"a", "given with a path of names for 'x'")]
    [InlineData("x", "", "given with a path of names for 'x'")]
    [InlineData("_cdc_op", "a", "without '_cdc_op'")]
    [InlineData("_ID", "a", "another name")]
    public void A_wrong_path_is_named(string name, string path, string expected) => Assert.Contains(
        expected,
        Wrong(MongoProject.Of("c", settings: ("fields", new Dictionary<string, string> { [name] = path }))).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("\"a.b\"")]
    [InlineData("a..b")]
    [InlineData("$a")]
    public void A_cursor_must_be_a_path_of_names(string cursor) => Assert.Contains(
        "'cursor' must be a column of the stream", Wrong(MongoProject.Of("c", cursor: cursor)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("mongodb://u:s3cret@/x")]
    [InlineData("mongodb://u:s3cret/x@h/d")]
    [InlineData("postgres://u:s3cret@h/d")]
    [InlineData("mongodb://u:s3cret@h/d?readPreference=some")]
    [InlineData("mongodb://u:s3cret@h:port/d")]
    public void A_wrong_url_is_not_repeated(string url)
    {
        var error = Assert.Throws<FozException>(() => MongoDbOptions.Read(Settings.Of(("url", url))));
        Assert.StartsWith("'url' must be a MongoDB connection string", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", $"{error}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_must_be_stated() => Assert.Equal("'database' is missing", Assert.Throws<FozException>(
        () => MongoDbOptions.Read(Settings.Of(("url", "mongodb://h")))).Message);

    [Fact]
    public void Times_of_the_url_hold_unless_the_connection_states_its_own()
    {
        var url = ("url", (object)"mongodb://h/d?serverSelectionTimeoutMS=1500&readPreference=secondary");
        Assert.Equal(TimeSpan.FromSeconds(1.5), MongoDbOptions.Read(Settings.Of(url)).Timeout);
        var options = MongoDbOptions.Read(Settings.Of(url, ("timeout", "2s"), ("read_preference", "nearest")));
        Assert.Equal(TimeSpan.FromSeconds(2), options.Timeout);
        Assert.Equal("Nearest", $"{options.Client.ReadPreference.ReadPreferenceMode}");
    }

    static FozException Wrong(Foz.Connectors.StreamDefinition stream) =>
        Assert.Throws<FozException>(() => MongoDbStream.Read("shop", stream));
}
