using Foz.Cli.Commands.Operating;
using Foz.Cli.Telemetry;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations.Calendars;
using Foz.Operations.Schedules;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Quality;

namespace Foz.Tests.Documentation;

/// <summary>
/// Writes into docs/reference/project.md the keys that a project's files may have, and holds it and checks.md against the words
/// that keys take. These are asked for with a word that nothing is near to: the error then lists those that there are.
/// </summary>
public sealed class ProjectReferenceTests
{
    const string Page = "docs/reference/project.md";
    const string Unknown = "qqqqqqqqqqqqqqqq";
    const string FozYml = "name: p\nconnections: {disk: {type: files}}\n";
    const string Source = "connection: disk\nstreams: {s: {path: '*.csv'}}\n";
    const string Model = "models/silver/m.sql";

    static readonly string[] KeysOfEveryCheck =
        ["on_violation", "severity", "blocking", "description", "where", "mostly"];

    static readonly EnginePool engines = new(new() { MemoryBytes = 256L << 20, Threads = 1 });

    /// <summary>The heading of each table, its keys, and a file in which one of them, <c>KEY</c>, is not known.</summary>
    static readonly (string Heading, IReadOnlyList<SettingSpec> Keys, string File, string Text)[] tables =
    [
        ("## foz.yml", ProjectKeys.File, "foz.yml", FozYml + "KEY: 1"),
        ("### lake", LakeReader.Settings, "foz.yml", "name: p\nlake: {url: lake, KEY: 1}"),
        ("### maintenance", ProjectKeys.Maintenance, "foz.yml", "name: p\nmaintenance: {KEY: 1}"),
        ("### openlineage", OpenLineageTarget.Settings, "foz.yml", "name: p\nopenlineage: {url: 'http://h', KEY: 1}"),
        ("### telemetry", TelemetryOptions.Settings, "foz.yml", "name: p\ntelemetry: {KEY: 1}"),
        ("#### otlp", TelemetryOptions.Otlp, "foz.yml", "name: p\ntelemetry: {otlp: {endpoint: 'http://h', KEY: 1}}"),
        ("### prices", PriceList.Settings, "foz.yml", "name: p\nprices: {KEY: 1}"),
        ("### serve", ServeOptions.Settings, "foz.yml", "name: p\nserve: {KEY: 1}"),
        ("#### workloads", WorkloadOptions.Settings, "foz.yml",
            "name: p\nserve: {workloads: {a: {users: [b], KEY: 1}}}"),
        ("#### tasks", Foz.Operations.Tasks.TaskKeys.Task, "foz.yml",
            "name: p\nschedules: {a: {tasks: {t: {shell: a, KEY: 1}}}}"),
        ("### schedules", ScheduleKeys.Schedule, "foz.yml", "name: p\nschedules: {a: {KEY: 1}}"),
        ("### scheduler", ScheduleKeys.Scheduler, "foz.yml", "name: p\nscheduler: {KEY: 1}"),
        ("#### calendars", CalendarReader.Keys, "foz.yml", "name: p\nscheduler: {calendars: {a: {KEY: 1}}}"),
        ("### Environments", ProjectKeys.Environment, "foz.yml", FozYml + "environments: {e: {KEY: 1}}"),
        ("## sources/*.yml", SourceKeys.Source, "sources/s.yml", Source + "KEY: 1"),
        ("### Streams", SourceKeys.Stream, "sources/s.yml", "connection: disk\nstreams: {s: {path: '*.csv', KEY: 1}}"),
        ("### Columns", ModelKeys.Column, "sources/s.yml",
            "connection: disk\nstreams: {s: {path: '*.csv', columns: [{name: a, KEY: 1}]}}"),
        ("## models/**/*.sql", ModelKeys.Model, Model, "/* @foz\nKEY: 1\n@foz */ select 1 as a"),
        ("### Materializations", MaterializationKeys.All, Model,
            "/* @foz\nmaterialization: {type: table, KEY: 1}\n@foz */ select 1 as a"),
        ("## models/**/*.py", ModelKeys.Program, "models/silver/m.py",
            "\"\"\"@foz\nKEY: 1\n@foz\"\"\"\ndef model(): pass\n"),
        ("## models/**/*.yml", ModelKeys.Command, "models/silver/m.yml", "command: [a]\nKEY: 1\n"),
        ("### Exports", ModelKeys.Export, Model, "/* @foz\nexport: {KEY: 1}\n@foz */ select 1 as a"),
        ("## seeds/**/*.csv", ModelKeys.Seed, "seeds/s.yml", "KEY: 1"),
        ("## tests/*.sql", ModelKeys.SqlTest, "tests/t.sql", "/* @foz\nKEY: 1\n@foz */ select 1 as a"),
        ("## tests/*.yml", ModelKeys.UnitTest, "tests/t.yml",
            "unit_tests: [{name: a, model: gold.m, expect: {rows: []}, KEY: 1}]"),
    ];

    public static TheoryData<string> Headings => [.. tables.Select(table => table.Heading)];

    /// <summary>The heading and key of each word that is one of several, and a file in which it is none.</summary>
    public static TheoryData<string, string, string, string> Words => new()
    {
        { "## foz.yml", "connections", "foz.yml", "name: p\nconnections: {c: {type: KEY}}" },
        { "### maintenance", "optimize", "foz.yml", "name: p\nmaintenance: {optimize: KEY}" },
        { "### maintenance", "vacuum", "foz.yml", "name: p\nmaintenance: {vacuum: KEY}" },
        { "### schedules", "catch_up", "foz.yml", "name: p\nschedules: {a: {catch_up: KEY}}" },
        { "### schedules", "catch_up_order", "foz.yml", "name: p\nschedules: {a: {catch_up_order: KEY}}" },
        { "### schedules", "when", "foz.yml", "name: p\nschedules: {b: {}, a: {after: b, when: KEY}}" },
        { "### schedules", "other_days", "foz.yml",
            "name: p\nschedules: {a: {cron: '@daily', calendar: br, other_days: KEY}}" },
        { "## sources/*.yml", "silver", "sources/s.yml", Source + "silver: KEY" },
        { "## sources/*.yml", "on_violation", "sources/s.yml", Source + "on_violation: KEY" },
        { "### Streams", "mode", "sources/s.yml", "connection: disk\nstreams: {s: {path: '*.csv', mode: KEY}}" },
        { "## models/**/*.sql", "on_violation", Model, "/* @foz\non_violation: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "materialization", Model, "/* @foz\nmaterialization: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "type", Model, "/* @foz\ntype: KEY\n@foz */ select 1 as a" },
        { "## models/**/*.sql", "dialect", Model, "/* @foz\ndialect: KEY\n@foz */ select 1 as a" },
        { "### Materializations", "type", Model, "/* @foz\nmaterialization: {type: KEY}\n@foz */ select 1 as a" },
        { "### Materializations", "strategy", Model,
            "/* @foz\nmaterialization: {type: incremental, strategy: KEY}\n@foz */ select 1 as a" },
        { "### Exports", "mode", Model, "/* @foz\nexport: {file: a.csv, mode: KEY}\n@foz */ select 1 as a" },
        { "### Exports", "format", Model, "/* @foz\nexport: {file: a.csv, format: KEY}\n@foz */ select 1 as a" },
        { "## tests/*.sql", "on_violation", "tests/t.sql", "/* @foz\non_violation: KEY\n@foz */ select 1 as a" },
    };

    [Theory]
    [MemberData(nameof(Headings))]
    public void Every_key_is_documented_as_it_is_declared(string heading)
    {
        var table = tables.Single(t => t.Heading == heading);
        Generated.Table(MarkdownDocument.Read(Page), heading, table.Keys.SelectMany(SettingRows.Of));
        var others = heading switch
        {
            "### Streams" => ConnectorRegistry.Find("files")!.StreamSettings.Select(s => s.Name),
            "### lake" => ["url"],
            "## models/**/*.py" => ModelKeys.Model.Select(key => key.Name),
            "## models/**/*.yml" => ModelKeys.PythonModel.Select(key => key.Name),
            _ => [],
        };
        Assert.Equal(
            table.Keys.Select(key => key.Name).Order(),
            Known(table.File, table.Text.Replace("KEY", Unknown, StringComparison.Ordinal)).Except(others).Order());
    }

    [Theory]
    [MemberData(nameof(Headings))]
    public void Every_key_that_is_declared_is_read(string heading)
    {
        var table = tables.Single(t => t.Heading == heading);
        foreach (var key in table.Keys.Where(key => !table.Text.Contains(key.Name + ":", StringComparison.Ordinal)))
            Assert.DoesNotContain(
                ErrorsOf(table.File, table.Text.Replace("KEY: 1", $"{key.Name}: ", StringComparison.Ordinal)),
                error => error.Message.Contains("unknown key", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_word_that_a_key_takes_is_documented_with_it(string heading, string key, string file,
        string text) =>
        Assert.Subset(
            MarkdownDocument.CodeIn(
                MarkdownDocument.Read(Page).Table(heading).Single(cells => cells[0] == $"`{key}`")[2]).ToHashSet(),
            Known(file, text.Replace("KEY", Unknown, StringComparison.Ordinal)).ToHashSet());

    [Fact]
    public void Every_check_is_documented_with_its_arguments_and_no_other()
    {
        var documented = MarkdownDocument.Find("docs/reference/checks.md").Table("# Checks")
            .SelectMany(cells =>
                MarkdownDocument.CodeIn(cells[0]).Select(name => (name, arguments: MarkdownDocument.CodeIn(cells[2]))))
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
            "models/silver/m.sql",
                $"/* @foz\nchecks: [{check}: {{{Unknown}: 1}}]\n@foz */ select 1 as a").Except(KeysOfEveryCheck);
        // A text or list of a check of columns is their names there, and its value where it stands at a column.
        return known.Contains("columns") || check is "positive"
            ? known.Except(["value", "column"])
            : known.Except(["column"]);
    }

    /// <summary>What there is in place of what a file says and is not known.</summary>
    static string[] Known(string file, string text)
    {
        var error = ErrorsOf(file, text).Single(e => e.Message.Contains(Unknown, StringComparison.Ordinal));
        Assert.StartsWith("known: ", error.Hint, StringComparison.Ordinal);
        return error.Hint!["known: ".Length..].Split(", ");
    }

    /// <summary>What is wrong with a project of one file more.</summary>
    static IReadOnlyList<FozException> ErrorsOf(string file, string text)
    {
        var folder = Directory.CreateTempSubdirectory("foz-reference-");
        try
        {
            Write("foz.yml", FozYml);
            Write("models/gold/m.sql", "select 1 as a");
            if (file is "seeds/s.yml") Write("seeds/s.csv", "a\n1\n");
            Write(file, text);
            return ProjectLoader.TryLoad(folder.FullName, new(), engines, TestContext.Current.CancellationToken)
                is ProjectResult.Refused refused
                ? refused.Errors
                : [
                    .. LiveSchedules.Check(
                        new(new()
                        {
                            Out = TextWriter.Null, Error = TextWriter.Null, In = static () => TextReader.Null,
                        }),
                        ProjectLoader.LoadFile(folder.FullName, new())),
                    .. HostObserver.Check(ProjectLoader.LoadFile(folder.FullName, new())),
                ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Write(string name, string content)
        {
            var path = Path.Combine(folder.FullName, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
    }
}
