using Foz.Core.Connectors;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;

namespace Foz.Tests.Documentation;

/// <summary>
/// Holds docs/reference/project.md and checks.md against what a project may say. What it may say is asked for with a key,
/// or a word, that nothing is near to: the error then lists those that there are.
/// </summary>
public sealed class ProjectReferenceTests
{
    const string Unknown = "qqqqqqqqqqqqqqqq";
    const string FozYml = "name: p\nconnections: {disk: {type: files}}\n";
    const string Source = "connection: disk\nstreams: {s: {path: '*.csv'}}\n";

    static readonly string[] KeysOfEveryCheck =
        ["on_violation", "severity", "blocking", "description", "where", "mostly"];

    static readonly EnginePool engines = new(new() { MemoryBytes = 256L << 20, Threads = 1 });

    /// <summary>The heading of each table of keys, and a file in which one of them is not known.</summary>
    public static TheoryData<string, string, string> Keys => new()
    {
        { "## foz.yml", "foz.yml", FozYml + "KEY: 1" },
        { "### lake", "foz.yml", "name: p\nlake: {url: lake, KEY: 1}" },
        { "### serve", "foz.yml", "name: p\nserve: {KEY: 1}" },
        { "#### workloads", "foz.yml", "name: p\nserve: {workloads: {a: {users: [b], KEY: 1}}}" },
        { "### Environments", "foz.yml", FozYml + "environments: {e: {KEY: 1}}" },
        { "## sources/*.yml", "sources/s.yml", Source + "KEY: 1" },
        { "### Streams", "sources/s.yml", "connection: disk\nstreams: {s: {path: '*.csv', KEY: 1}}" },
        { "### Columns", "sources/s.yml", "connection: disk\nstreams: {s: {path: '*.csv', columns: [{name: a, KEY: 1}]}}" },
        { "## models/**/*.sql", "models/silver/m.sql", "/* @foz\nKEY: 1\n@foz */ select 1 as a" },
        { "### Materializations", "models/silver/m.sql", "/* @foz\nmaterialization: {type: table, KEY: 1}\n@foz */ select 1 as a" },
        { "## seeds/**/*.csv", "seeds/s.yml", "KEY: 1" },
        { "### Exports", "models/silver/m.sql", "/* @foz\nexport: {KEY: 1}\n@foz */ select 1 as a" },
        { "## tests/*.sql", "tests/t.sql", "/* @foz\nKEY: 1\n@foz */ select 1 as a" },
    };

    /// <summary>The heading and key of each word that is one of several, and a file in which it is none.</summary>
    public static TheoryData<string, string, string, string> Words => new()
    {
        { "## foz.yml", "connections", "foz.yml", "name: p\nconnections: {c: {type: KEY}}" },
        { "## foz.yml", "cache", "foz.yml", "name: p\ncache: {KEY: 1}" },
        { "## sources/*.yml", "silver", "sources/s.yml", Source + "silver: KEY" },
        { "## sources/*.yml", "on_violation", "sources/s.yml", Source + "on_violation: KEY" },
        { "### Streams", "mode", "sources/s.yml", "connection: disk\nstreams: {s: {path: '*.csv', mode: KEY}}" },
        { "## models/**/*.sql", "on_violation", "models/silver/m.sql", "/* @foz\non_violation: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "materialization", "models/silver/m.sql", "/* @foz\nmaterialization: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "type", "models/silver/m.sql", "/* @foz\ntype: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "dialect", "models/silver/m.sql", "/* @foz\ndialect: KEY\n@foz */ select 1 as a" },
        { "### Materializations", "type", "models/silver/m.sql", "/* @foz\nmaterialization: {type: KEY}\n@foz */ select 1 as a" },
        { "### Materializations", "strategy", "models/silver/m.sql", "/* @foz\nmaterialization: {type: incremental, strategy: KEY}\n@foz */ select 1 as a" },
        { "## tests/*.sql", "on_violation", "tests/t.sql", "/* @foz\non_violation: KEY\n@foz */ select 1 as a" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_is_documented_and_no_other(string heading, string file, string text)
    {
        IEnumerable<string> others = heading switch
        {
            "### Streams" => ConnectorRegistry.Find("files")!.StreamSettings.Select(s => s.Name),
            "### lake" => ["url"],
            _ => [],
        };
        Assert.Equal(
            Known(file, text.Replace("KEY", Unknown, StringComparison.Ordinal)).Except(others).Order(),
            DocumentedKeys("project.md", heading).Keys.Order());
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_word_that_a_key_takes_is_documented_with_it(string heading, string key, string file, string text) =>
        Assert.Subset(
            MarkdownDocument.CodeIn(DocumentedKeys("project.md", heading)[key]).ToHashSet(),
            Known(file, text.Replace("KEY", Unknown, StringComparison.Ordinal)).ToHashSet());

    [Fact]
    public void Every_check_is_documented_with_its_arguments_and_no_other()
    {
        var documented = MarkdownDocument.Find("docs/reference/checks.md").Table("# Checks")
            .SelectMany(cells => MarkdownDocument.CodeIn(cells[0]).Select(name => (name, arguments: MarkdownDocument.CodeIn(cells[2]))))
            .ToDictionary(check => check.name, check => check.arguments);

        Assert.Equal(CheckReader.TypeNames.Order(), documented.Keys.Order());
        Assert.All(documented, check => Assert.Equal(
            ArgumentsOf(check.Key).Order(), check.Value.Order()));
    }

    [Fact]
    public void What_a_violation_does_is_documented() => Assert.Equal(
        CheckReader.OnViolationWords.Keys.Order(),
        MarkdownDocument.Find("docs/reference/checks.md").Table("## What a violation does")
            .SelectMany(cells => MarkdownDocument.CodeIn(cells[0])).Order());

    /// <summary>The arguments of a check, without those that say where it stands.</summary>
    static IEnumerable<string> ArgumentsOf(string check)
    {
        var known = Known(
            "models/silver/m.sql", $"/* @foz\nchecks: [{check}: {{{Unknown}: 1}}]\n@foz */ select 1 as a").Except(KeysOfEveryCheck);
        // A text or list of a check of columns is their names there, and its value where it stands at a column.
        return known.Contains("columns") || check is "positive"
            ? known.Except(["value", "column"])
            : known.Except(["column"]);
    }

    /// <summary>What there is in place of what a file says and is not known.</summary>
    static string[] Known(string file, string text)
    {
        var folder = Directory.CreateTempSubdirectory("foz-reference-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "foz.yml"), FozYml);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder.FullName, file))!);
            File.WriteAllText(Path.Combine(folder.FullName, file), text);
            if (file is "seeds/s.yml") File.WriteAllText(Path.Combine(folder.FullName, "seeds/s.csv"), "a\n1\n");
            var refused = Assert.IsType<ProjectResult.Refused>(
                Project.TryLoad(folder.FullName, new(), engines, TestContext.Current.CancellationToken));
            var error = refused.Errors.Single(e => e.Message.Contains(Unknown, StringComparison.Ordinal));
            Assert.StartsWith("known: ", error.Hint, StringComparison.Ordinal);
            return error.Hint!["known: ".Length..].Split(", ");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The keys of a table with what it says of each.</summary>
    static Dictionary<string, string> DocumentedKeys(string document, string heading) =>
        MarkdownDocument.Find($"docs/reference/{document}").Table(heading)
            .SelectMany(cells => MarkdownDocument.CodeIn(cells[0]).Select(key => (key, cells[1])))
            .ToDictionary(row => row.key, row => row.Item2);
}
