using Foz.Lake.Configuration;

namespace Foz.Tests.Lake.Configuration;

public sealed class MappingReaderTests
{
    [Fact]
    public void An_unknown_key_is_told_with_the_nearest_that_its_own_mapping_knows()
    {
        var errors = new ErrorList();
        var outer = Read("{model: {descriptio: a, name: b}, owne: c}", errors);
        var inner = MappingReader.Of(outer.Node("model"), outer.Place, "a model", errors);
        Assert.Equal("b", inner.Text("name"));
        Assert.Null(inner.Text("description"));
        Assert.Null(inner.Text("owned"));
        inner.Finish();
        Assert.Null(outer.Text("owner"));
        outer.Finish();
        Assert.Equal(["unknown key 'descriptio'", "unknown key 'owne'"], errors.Items.Select(error => error.Message));
        Assert.Contains("'description'", errors.Items[0].Hint, StringComparison.Ordinal);
        Assert.Contains("'owner'", errors.Items[1].Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("owned", errors.Items[1].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_read_or_refused_is_known()
    {
        var errors = new ErrorList();
        var reader = Read("{a: 1, b: , c: 3}", errors);
        Assert.Equal(("1", null), (reader.Text("a"), reader.Text("b")));
        Assert.Equal("1", reader.Text("a"));
        reader.Refuse("c", "is not supported yet");
        reader.Finish();
        Assert.Equal("'c' is not supported yet", Assert.Single(errors.Items).Message);
    }

    static MappingReader Read(string yaml, ErrorList errors) =>
        new((YamlNode.Mapping)YamlReader.Read(yaml, "x.yml", errors)!, errors);
}
