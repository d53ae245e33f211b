using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Lake.Configuration;

/// <summary>What is read plainly is what the parser that knows all of YAML reads, with the same places.</summary>
public sealed class FastYamlReaderTests
{
    const string Signs = "  \n\n:-#,[]{}'\"|>&*!?%@~.\\\tabç0";

    static readonly string[] Words =
    [
        "id", "the order", "1.5", "-3", "~", "null", "true", "a:b", "x#y", "'quoted'", "\"double\"", "'it''s'", "\"\"",
        "''", "ação", "<<", "a-b", "http://x/y",
        "12:30", "...", "---", "/* x */", "$1", "(a + b)", "a, b", "what? no", "- x", "'a: b'", "\"c # d\"",
    ];

    static readonly string[] Texts =
    [
        "a: 1\nb:\n  - c\n  - d: 2\n    e: 3\nf: {g: 'h', i: [1, 2, \"3\"]}\n",
        "a:\n- b\n- c: d\n  e:\n  - f\n  -  g: h\n     i: j\nk:\n# note\nl: m # n\n",
        "  a: [b,\n      c , d\n    ]\n  e:\n\n    f: {g: h,\n     i: j}\n  'k l': \"m\"\n",
        "columns:\n  - {name: id, description: The order, checks: [not_null]}\n  - {name: status, checks: "
            + "[{accepted_values: [new, paid]}]}\n",
        "name: silver.orders\nmaterialization: {type: incremental, unique_key: [id], "
            + "strategy: merge}\nmeta: {}\ntags: []\n",
        "a: >-\n  folded\n  text\n\nb:\n  - |\n    select 1\n\n      from x\n    where y # z\n\n  # note\n  - c: "
            + "|-\n      one\nd: >\n two\n\n",
        "description: >\n  folded\n  text\nsql: |\n  select 1\n\n  from x\nother: &a {b: c}\nsame: *a\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Texts_with_some_characters_changed_read_the_same(int seed)
    {
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < 4_000; round++)
        {
            var text = new StringBuilder(Texts[random.Next(Texts.Length)]);
            for (var change = random.Next(4); change > 0; change--)
            {
                var at = random.Next(text.Length);
                if (random.Next(3) == 0) text.Remove(at, 1);
                else if (random.Next(2) == 0) text.Insert(at, Signs[random.Next(Signs.Length)]);
                else text[at] = Signs[random.Next(Signs.Length)];
            }
            if (IsReadTheSame($"{text}")) read++;
        }
        Assert.True(read > 500, $"{read} texts were plain");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Texts_made_by_chance_read_the_same(int seed)
    {
        var random = new Random(seed);
        var read = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var text = new StringBuilder();
            AddMapping(text, random, indent: random.Next(3), depth: 0);
            if (IsReadTheSame($"{text}")) read++;
        }
        Assert.True(read > 100, $"{read} texts were plain");
    }

    [Fact]
    public void The_front_matter_of_the_examples_is_plain()
    {
        var files = Directory.GetFiles(
            Path.Combine(Repository.Root, "examples", "loja", "models"), "*.sql", SearchOption.AllDirectories);
        var yaml = files.Select(File.ReadAllText).Where(text => text.StartsWith("/* @foz\n", StringComparison.Ordinal))
            .Select(text => text["/* @foz".Length..text.IndexOf("@foz */", StringComparison.Ordinal)]).ToList();
        Assert.True(yaml.Count > 3, $"{yaml.Count} models have front matter");
        Assert.All(yaml, text => Assert.True(IsReadTheSame(text), text));
        foreach (var text in Texts[..^1]) Assert.NotNull(FastYamlReader.Read(text, new("x.yml", 1, 1)));
    }

    [Fact]
    public void A_part_of_a_file_has_the_places_of_the_file()
    {
        const string Text = "/* @foz\nname: a.b\nchecks: [x]\n@foz */ select 1";
        var errors = new ErrorList();
        var plain = YamlReader.Read(Text, 7..Text.IndexOf("@foz */", StringComparison.Ordinal), "x.sql", errors);
        var any = YamlReader.ReadAny("       \nname: a.b\nchecks: [x]\n", "x.sql", errors);
        Assert.True(errors.IsEmpty);
        Assert.Equal(Show(any!), Show(plain!));
        const string Anchored = "/* @foz\nname: &n a.b\nother: *n\n@foz */ select 1";
        var fallen = YamlReader.Read(
            Anchored, 7..Anchored.IndexOf("@foz */", StringComparison.Ordinal), "x.sql", errors);
        Assert.Equal("x.sql:2:7", $"{((YamlNode.Mapping)fallen!)["name"]!.Place}");
    }

    /// <returns>Whether it was read at all.</returns>
    static bool IsReadTheSame(string text)
    {
        var start = new Place("x.yml", 1, 1);
        if (FastYamlReader.Read(text, start) is not { } plain) return false;
        var errors = new ErrorList();
        var any = YamlReader.ReadAny(text, "x.yml", errors);
        Assert.True(errors.IsEmpty, $"{text}\n{string.Join('\n', errors.Items.Select(error => error.Describe()))}");
        Assert.True(Show(any!) == Show(plain), $"{text}\n{Show(any!)}\n{Show(plain)}");
        return true;
    }

    static string Show(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => $"{scalar.Place}'{scalar.Text}'{scalar.IsQuoted}{scalar.IsLiteralBlock}",
        YamlNode.Sequence sequence => $"{sequence.Place}[{string.Join(',', sequence.Items.Select(Show))}]",
        YamlNode.Mapping mapping =>
            $"{mapping.Place}{{{string.Join(',', mapping.Entries.Select(entry => $"{entry.KeyPlace}'{entry.Key}'={Show(entry.Value)}"))}}}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static void AddMapping(StringBuilder text, Random random, int indent, int depth, bool isInLine = false)
    {
        for (var entry = random.Next(1, 4); entry > 0; entry--)
        {
            text.Append(' ', isInLine ? 0 : indent)
                .Append(random.Next(4) == 0 ? Words[random.Next(Words.Length)] : $"key{random.Next(6)}").Append(':');
            isInLine = false;
            AddValue(text, random, indent, depth);
        }
    }

    static void AddValue(StringBuilder text, Random random, int indent, int depth)
    {
        var kind = depth > 3 ? random.Next(4) : random.Next(8);
        if (kind < 3) text.Append(' ', random.Next(1, 3)).Append(Words[random.Next(Words.Length)]);
        else if (kind == 3) AddBlock(text.Append(' '), random, indent);
        else if (kind == 4) AddFlow(text.Append(' '), random, depth);
        if (random.Next(8) == 0) text.Append(" # why");
        text.Append('\n');
        if (random.Next(10) == 0) text.Append(' ', random.Next(4)).Append("# note\n");
        if (kind == 5) AddMapping(text, random, indent + random.Next(1, 4), depth + 1);
        if (kind < 6) return;
        var column = indent + random.Next(3);
        for (var item = random.Next(1, 4); item > 0; item--)
        {
            text.Append(' ', column).Append('-').Append(' ', random.Next(1, 3));
            if (random.Next(2) == 0) AddMapping(text, random, column + 2, depth + 1, isInLine: true);
            else text.Append(Words[random.Next(Words.Length)]).Append('\n');
        }
    }

    static void AddBlock(StringBuilder text, Random random, int indent)
    {
        text.Append(random.Next(2) == 0 ? '|' : '>').Append(random.Next(2) == 0 ? "-" : "").Append('\n');
        for (var line = random.Next(1, 4); line > 0; line--)
        {
            text.Append(' ', indent + 2 + (random.Next(8) == 0 ? random.Next(3) : 0))
                .Append(Words[random.Next(Words.Length)]).Append('\n');
            if (random.Next(6) == 0) text.Append('\n');
        }
    }

    static void AddFlow(StringBuilder text, Random random, int depth)
    {
        var isMapping = random.Next(2) == 0;
        text.Append(isMapping ? '{' : '[');
        for (var item = random.Next(4); item > 0; item--)
        {
            if (isMapping) text.Append("key").Append(random.Next(6)).Append(": ");
            if (depth < 4 && random.Next(3) == 0) AddFlow(text, random, depth + 1);
            else text.Append(Words[random.Next(Words.Length)]);
            if (item > 1) text.Append(random.Next(5) == 0 ? ",\n      " : ", ");
        }
        text.Append(isMapping ? '}' : ']');
    }
}
