using Foz.Lake.Configuration;

namespace Foz.Tests.Lake.Configuration;

public sealed class YamlReaderTests
{
    [Fact]
    public void Nodes_know_where_they_stand()
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read("# first\na: 1\n\nb:\n  - ção\n  - {c: 'd'}\n", "x.yml", errors)!;

        Assert.True(errors.IsEmpty);
        Assert.Equal("x.yml:2:1", yaml.Place.ToString());
        Assert.Equal("x.yml:2:4", yaml["a"]!.Place.ToString());
        var list = (YamlNode.Sequence)yaml["b"]!;
        Assert.Equal("x.yml:5:3", list.Place.ToString());
        var map = (YamlNode.Mapping)list.Items[1];
        Assert.Equal("x.yml:6:6", map.Entries[0].KeyPlace.ToString());
        Assert.Equal("d", ((YamlNode.Scalar)map["c"]!).Text);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("# nothing\n", true)]
    [InlineData("~", false)]
    public void An_empty_document_is_no_error(string text, bool isAbsent)
    {
        var errors = new ErrorList();
        var yaml = YamlReader.Read(text, "x.yml", errors);
        Assert.True(errors.IsEmpty);
        Assert.Equal(isAbsent, yaml is null);
        Assert.True(yaml is null or { IsNull: true });
    }

    [Theory]
    [InlineData("a: 1\n\tb: 2\n", "x.yml:2:1: a tab in the indentation\n  indent YAML with spaces")]
    [InlineData("x: 1\na:\n\tb: {c: 1, d: 2}\n", "x.yml:3:1: a tab in the indentation\n  indent YAML with spaces")]
    [InlineData(
        "x: |\n  a\n  \tb\nc:\n  a: {b: 1,\n\tc: 2}\n",
        "x.yml:6:1: a tab in the indentation\n  indent YAML with spaces")]
    [InlineData("a:\n\tb: 2\n", "x.yml:2:1: a tab in the indentation\n  indent YAML with spaces")]
    [InlineData("a:\n  b: 1\n  \tc: 2\n", "x.yml:3:3: a tab in the indentation\n  indent YAML with spaces")]
    [InlineData("a: 1\nb: 2\na: 3\n", "x.yml:3:1: the key 'a' stands here twice\n  first at line 1")]
    [InlineData("a: {b: 1, b: 2}", "x.yml:1:11: the key 'b' stands here twice\n  first at line 1")]
    [InlineData(
        "a: b: c",
        "x.yml:1:5: a ':' stands where no key can be\n  quote a text that holds ': ', or check how this line and the one above are indented")]
    [InlineData(
        "a: 1\n  b: 2",
        "x.yml:2:4: a ':' stands where no key can be\n  quote a text that holds ': ', or check how this line and the one above are indented")]
    [InlineData(
        "a:\n  - x\n - y",
        "x.yml:3:2: this is no key of the mapping above\n  write 'key: value', in the same column as the keys above")]
    [InlineData(
        "- a\nb: c",
        "x.yml:2:1: this is no item of the list above\n  items of one list start with '- ' in the same column")]
    [InlineData(
        "key: value\nbad\n",
        "x.yml:2:1: this is no key of the mapping above\n  write 'key: value', in the same column as the keys above")]
    [InlineData("x: @y", "x.yml:1:4: a text cannot start with this character\n  quote the text")]
    [InlineData("x: `y`", "x.yml:1:4: a text cannot start with this character\n  quote the text")]
    [InlineData("a: 'b\nc: d\n", "x.yml:1:4: a quote is never closed\n  close the quote that starts here")]
    [InlineData(
        "a: \"\\d\"",
        "x.yml:1:4: no such escape in a text in double quotes\n  use single quotes for a text with backslashes")]
    [InlineData(
        "a: [1, 2\n",
        "x.yml:2:1: the list in [ ] is not closed here\n  separate items by ',' and quote texts that hold { } [ ] or ','")]
    [InlineData("a: {", "x.yml:2:1: a value is missing here\n  close every [ and {")]
    [InlineData("a: [1, 2\nb: 3", "x.yml: the YAML ends inside a list or mapping\n  close every [ and {")]
    [InlineData(
        "a: {p: ${PW}}",
        "x.yml:1:9: the mapping in { } is not closed here\n  separate entries by ',' and quote texts that hold { } [ ] or ','; a variable too: \"${NAME}\"")]
    [InlineData(
        "a: !!int 1",
        "x.yml:1:4: the tag 'tag:yaml.org,2002:int' is not supported\n  quote the value to make it a text")]
    [InlineData("a: *b", "x.yml:1:4: the anchor 'b' is not defined above")]
    [InlineData("a: &b [*b]", "x.yml:1:8: the anchor 'b' is not defined above")]
    [InlineData(
        "a: 1\n---\nb: 2\n",
        "x.yml:2:1: a second document starts here\n  one file holds one document: remove the '---'")]
    [InlineData("? [a]\n: 1\n", "x.yml:1:3: a key must be a single text")]
    [InlineData("<<: 1\n", "x.yml:1:5: '<<' takes a mapping or a list of mappings")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected)
    {
        var errors = new ErrorList();
        YamlReader.Read(text, "x.yml", errors);
        Assert.Equal(expected, Assert.Single(errors.Items).Describe());
    }

    [Fact]
    public void All_double_keys_are_told_and_not_only_the_first()
    {
        var errors = new ErrorList();
        YamlReader.Read("a: 1\na: 2\nb: {c: 1, c: 2}\n", "x.yml", errors);
        Assert.Equal([2, 3], errors.Items.Select(e => e.Place!.Value.Line));
    }

    [Fact]
    public void Anchors_and_merge_keys_work_and_own_keys_win()
    {
        var errors = new ErrorList();
        var yaml = (YamlNode.Mapping)YamlReader.Read(
            "base: &base {host: a, port: 1}\nprod:\n  host: b\n  <<: *base\n", "x.yml", errors)!;
        Assert.True(errors.IsEmpty);
        var prod = (YamlNode.Mapping)yaml["prod"]!;
        Assert.Equal("b", ((YamlNode.Scalar)prod["host"]!).Text);
        Assert.Equal("1", ((YamlNode.Scalar)prod["port"]!).Text);
    }

    [Fact]
    public void An_anchor_bomb_is_refused_and_not_expanded()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 12)
            .Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        var errors = new ErrorList();
        YamlReader.Read(bomb, "x.yml", errors);
        Assert.Contains("anchors make more than", Assert.Single(errors.Items).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_refused(string opening)
    {
        var errors = new ErrorList();
        YamlReader.Read(string.Concat(Enumerable.Repeat(opening, 5_000)), "x.yml", errors);
        Assert.Contains("nested deeper than 32 levels", Assert.Single(errors.Items).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused()
    {
        var errors = new ErrorList();
        YamlReader.Read(new string('a', (1 << 20) + 1), "x.yml", errors);
        Assert.Equal("x.yml: the file is longer than 1,048,576 characters", Assert.Single(errors.Items).Describe());
    }

    [Fact]
    public void A_key_without_its_value_is_refused()
    {
        var errors = new ErrorList();
        YamlReader.Read("- :\t? \\&x ,- 😀  ${A}---b: #", "x.yml", errors);
        Assert.Equal("x.yml", Assert.Single(errors.Items).Place!.Value.File);
    }

    [Fact]
    public void Any_text_reads_or_is_told_what_is_wrong()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        string[] pieces = ["a", "b: ", ":", "- ", "\n", "  ", "\t", "{", "}", "[", "]", ",", "'", "\"", "&x ", "*x",
            "|", ">",
            "#", "?", "!t ", "%", "@", "é", "😀", "---", "...", "<<: ", "~", "\\", "\0", "${A}"];
        for (var round = 0; round < 3_000; round++)
        {
            var text = string.Concat(
                Enumerable.Range(0, random.Next(1, 25)).Select(_ => pieces[random.Next(pieces.Length)]));
            var errors = new ErrorList();
            var escaped = Record.Exception(() => YamlReader.Read(text, "x.yml", errors));
            Assert.True(escaped is null, $"seed {seed}, round {round}: {escaped} on {text}");
            Assert.All(errors.Items, e => Assert.Equal("x.yml", e.Place!.Value.File));
        }
    }
}
