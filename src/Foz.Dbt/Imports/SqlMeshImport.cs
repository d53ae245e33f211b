using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using static Foz.Dbt.Imports.ImportedModel;

namespace Foz.Dbt.Imports;

/// <summary>Imports a SQLMesh project: each <c>MODEL (…);</c> becomes front matter.</summary>
/// <param name="folder">The folder with its <c>config.yaml</c>, as a full path.</param>
sealed partial class SqlMeshImport(string folder)
{
    static readonly string[] Configurations = ["config.yaml", "config.yml", "config.py"];
    static readonly string[] Dialects = ["duckdb", ""];
    static readonly string[] NotTaken = ["audits", "macros", "tests"];

    readonly SortedSet<string> schedules = new(StringComparer.Ordinal);
    SqlMeshDefaults defaults = SqlMeshDefaults.None;

    readonly ImportedProject project = new(
        "SQLMesh", ImportedProject.NameOf(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))));

    /// <summary>Whether a folder holds a project of SQLMesh.</summary>
    public static bool IsProject(string folder) =>
        Configurations.Any(file => File.Exists(Path.Combine(folder, file)))
            && Directory.Exists(Path.Combine(folder, "models"));

    public ImportedProject Read()
    {
        project.Files["foz.yml"] = ImportedProject.Settings(project.Name, "");
        foreach (var name in NotTaken.Where(name => Directory.Exists(Path.Combine(folder, name))
            && Directory.EnumerateFiles(Path.Combine(folder, name), "*", SearchOption.AllDirectories).Any()))
            project.Note(
                new(name), $"the folder '{name}' is not taken over",
                name == "tests" ? "unit tests of Foz stand in tests/*.yml" : null);
        defaults = new SqlMeshDefaults(folder, project);
        var root = Path.Combine(folder, "models");
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) == ".sql")
                ReadModel(path, File.ReadAllText(Path.Combine(folder, path)).ReplaceLineEndings("\n"));
            else if (Path.GetExtension(path) == ".py")
                project.Note(
                    new(path), "models in Python are not taken over",
                    "foz's stand in .py files too: docs/guide/programs.md");
        }
        if (schedules.Count > 0)
            project.Note(
                new("models"), $"the schedules of its models are not taken over ({string.Join(", ", schedules)})",
                "foz run makes what is due when it is called: let cron or another scheduler call it");
        return project;
    }

    void ReadModel(string path, string text)
    {
        var opening = Opening.Match(text);
        var end = opening.Success ? SqlMeshText.Close(text, opening.Index + opening.Length - 1) : -1;
        if (end < 0)
        {
            project.Note(new(path, 1), "the file has no MODEL (…)");
            return;
        }
        var said = new SqlMeshText(text[(opening.Index + opening.Length)..end]);
        var from = end + 1;
        while (from < text.Length && (char.IsWhiteSpace(text[from]) || text[from] == ';')) from++;
        var body = new SqlBody(text[from..], new SqlBody(text, new(path, 1, 1)).PlaceOf(from));
        var parts = (said["name"] ?? "").Split('.');
        if (parts.Length < 2 || !TableName.TryParse(string.Join('.', parts[^2..]), out var name))
        {
            project.Note(new(path, 1), $"'{said["name"]}' is not the name of a table");
            return;
        }
        var dialect = said["dialect"] ?? defaults.Dialect ?? "";
        if (!Dialects.Contains(dialect, StringComparer.OrdinalIgnoreCase))
            project.Note(new(path, 1), $"its dialect is {dialect}: the SQL stays unchanged", "Foz runs DuckDB's");
        if ((said["cron"] ?? defaults.Schedule) is { } schedule) schedules.Add(schedule);
        if (said["columns"] is not null)
            project.Note(
                new(path, 1),
                "the types of 'columns' are not taken over: columns have those of the SELECT, or of a seed's text",
                "state them under 'columns', such as id: {type: integer}, to have them held");
        var kind = SqlMeshKind.Of(said["kind"] ?? "VIEW");
        if (kind.Name == "SEED")
        {
            CopySeed(path, kind, name);
            return;
        }
        var model = new ImportedModel();
        Describe(model, said, path);
        SetKind(model, said, kind, path);
        project.Add($"models/{name.Schema}/{name.Name}.sql", model.File(Sql(body, kind)), new(path));
    }

    void Describe(ImportedModel model, SqlMeshText said, string path)
    {
        foreach (var key in (string[])["description", "owner"]) model.Set(key, said[key]);
        model.Set("tags", List(said.List("tags")));
        if (string.Equals(said["enabled"], "false", StringComparison.OrdinalIgnoreCase))
            model.Set("enabled", Flag(false));
        model.Set("grain", List(said.List("grain") is { Count: > 0 } grain ? grain : said.List("grains")));
        var descriptions = new SqlMeshText(SqlMeshText.Inside(said["column_descriptions"] ?? ""));
        model.Set("columns", new YamlNode.Sequence(
            [
                .. descriptions.Pairs("=")
                    .Select(pair => Map(("name", Text(pair.Key)), ("description", Text(pair.Value)))),
            ], default));
        model.Set("checks", new YamlNode.Sequence(
            [.. new SqlMeshAudits((audit) =>
                project.Note(
                    new(path, 1), $"the audit '{audit}' has no equivalent", "write it as a SQL check or in tests/"))
                .Read(said["audits"] ?? said["assertions"] ?? "")], default));
        foreach (var key in said.Keys.Except(SqlMeshText.Known, StringComparer.OrdinalIgnoreCase))
            project.Note(new(path, 1), $"'{key}' has no equivalent");
    }

    void SetKind(ImportedModel model, SqlMeshText said, SqlMeshKind kind, string path)
    {
        var partitions = said.List("partitioned_by");
        if (partitions.Any(column => column.Contains('(', StringComparison.Ordinal)))
        {
            project.Note(new(path, 1), "partitions are columns, not expressions: 'partitioned_by' is left out");
            partitions = [];
        }
        var start = said["start"] ?? defaults.Start;
        var materialization = kind.Materialization(start, said["cron"] ?? defaults.Schedule);
        if (materialization is null)
        {
            project.Note(new(path, 1), $"the kind {kind.Name} has no equivalent: it is a table here");
            materialization = Map(("type", Text("table")));
        }
        foreach (var key in kind.Said.Keys.Except(SqlMeshKind.Known, StringComparer.OrdinalIgnoreCase))
            project.Note(new(path, 1), $"'{key}' of the kind {kind.Name} has no equivalent");
        if (kind.IsOfIntervals && start is null)
            project.Note(
                new(path, 1), "the model has no start: its intervals begin on 2020-01-01 here",
                "write another 'begin'");
        model.Set("materialization", new YamlNode.Mapping(
        [
            .. materialization.Entries,
            .. Map(
                ("partition_by", partitions.Count > 0 ? List(partitions) : null),
                ("cluster_by", said.List("clustered_by") is { Count: > 0 } clusters && partitions.Count == 0
                    ? List(clusters)
                    : null)).Entries,
        ], default));
    }

    void CopySeed(string path, SqlMeshKind kind, TableName name)
    {
        var stated = kind.Said["path"] ?? "";
        var csv = Path.GetFullPath(stated.StartsWith("$root/", StringComparison.Ordinal)
            ? Path.Combine(folder, stated["$root/".Length..])
            : Path.Combine(folder, Path.GetDirectoryName(path)!, stated));
        if (File.Exists(csv)) project.Copies[$"seeds/{name.Schema}/{name.Name}.csv"] = csv;
        else project.Note(new(path, 1), $"the seed's file '{stated}' is not there");
    }

    /// <summary>The SELECT, with Foz's words for an interval's ends.</summary>
    string Sql(SqlBody body, SqlMeshKind kind)
    {
        if (!kind.IsOfIntervals && Bounds.Match(body.Text) is { Success: true } bound)
            project.Note(
                body.PlaceOf(bound.Index),
                $"'{bound.Value.Trim('\'')}' stands in a model without intervals: batch_start() and batch_end() are "
                    + "both the time of the run here",
                "give the model intervals (strategy: microbatch), or write another condition");
        foreach (var macro in Macro.Matches(body.Text).DistinctBy(
            macro => macro.Value, StringComparer.OrdinalIgnoreCase))
            project.Note(
                body.PlaceOf(macro.Index), $"the macro '{macro.Value}' has no equivalent: the SQL stays unchanged",
                "write it as SQL");
        return Bounds.Replace(body.Text, BoundOf).Trim().TrimEnd(';');
    }

    /// <summary>The end of an interval is part of it in SQLMesh: its last day, or its last microsecond.</summary>
    static string BoundOf(Match match) =>
        (match.Groups["bound"].Value.ToLowerInvariant(), match.Groups["form"].Value.ToLowerInvariant()) switch
        {
            ("start", _) => "batch_start()",
            (_, "date" or "ds") => "(batch_end() - interval 1 microsecond)::date",
            _ => "(batch_end() - interval 1 microsecond)",
        };

    [GeneratedRegex(
        @"\A(?>\s|--[^\n]*\n|/\*.*?\*/)*MODEL\s*\(",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Opening { get; }

    [GeneratedRegex(
        @"'?@(?<bound>start|end)_(?<form>date|ds|dt|dtntz|ts|tstz)\b'?",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Bounds { get; }

    [GeneratedRegex(
        @"(?<![\w@'])@(?!(start|end)_(date|ds|dt|dtntz|ts|tstz)\b)[A-Za-z_{]\w*|\bJINJA_\w+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Macro { get; }
}
