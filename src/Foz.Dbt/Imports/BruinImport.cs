using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Dbt.Imports;

/// <summary>
/// Takes over a pipeline of Bruin: SQL and Python assets become models, seeds seeds, what ingestr copies becomes
/// streams of sources.
/// </summary>
/// <param name="folder">The folder with <c>pipeline.yml</c>, as a full path.</param>
sealed partial class BruinImport(string folder)
{
    const string Mark = "@bruin";

    static readonly string[] PipelineFiles = ["pipeline.yml", "pipeline.yaml"];

    readonly ErrorList errors = new();
    readonly List<BruinAsset> assets = [];

    /// <summary>Whether a folder is that of a pipeline, or of several.</summary>
    public static bool IsPipeline(string folder) =>
        PipelineFiles.Append(BruinConnections.FileName).Any(file => File.Exists(Path.Combine(folder, file)));

    /// <summary>The folder of the pipeline that a folder holds; null where it holds none.</summary>
    /// <exception cref="FozException">It holds several.</exception>
    public static string? FindPipeline(string folder)
    {
        if (PipelineFiles.Any(file => File.Exists(Path.Combine(folder, file)))) return folder;
        var below = Directory.EnumerateDirectories(folder)
            .Where(path => PipelineFiles.Any(file => File.Exists(Path.Combine(path, file))))
            .Order(StringComparer.Ordinal).ToList();
        return below.Count < 2
            ? below.FirstOrDefault()
            : throw new FozException(ErrorKind.Usage, $"{folder} holds {below.Count} pipelines")
            {
                Hint = $"name one of them: {string.Join(", ", below.Select(path => Path.GetFileName(path)))}",
            };
    }

    public ImportedProject Read()
    {
        var file = PipelineFiles.First(name => File.Exists(Path.Combine(folder, name)));
        var pipeline = YamlReader.Read(Text(file), file, errors) as YamlNode.Mapping ?? new([], new(file));
        var project = new ImportedProject(
            "Bruin", ImportedProject.NameOf(Scalar(pipeline["name"]) ?? Path.GetFileName(folder)));
        foreach (var key in (string[])["schedule", "notifications", "retries", "variables"])
            if (pipeline[key] is { IsNull: false } node)
                project.Note(node.Place, $"'{key}' has no equivalent yet", HintFor(key));
        foreach (var path in AssetFiles()) ReadAsset(project, path);
        errors.ThrowIfAny();
        var names = assets.Select(asset => asset.Name).OfType<TableName>().ToHashSet();
        var writer = new BruinAssetWriter(project, names, Scalar(pipeline["start_date"]));
        foreach (var asset in assets) writer.Write(asset);
        project.Files["foz.yml"] = ImportedProject.Settings(
            project.Name, new BruinConnections(folder, project).Write(writer.Sources));
        writer.WriteSources();
        return project;
    }

    static string? HintFor(string key) =>
        key == "variables" ? "foz run --vars gives values to templates of dbt projects only" : null;

    IEnumerable<string> AssetFiles()
    {
        var root = Path.Combine(folder, "assets");
        return Directory.Exists(root)
            ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)
            : [];
    }

    void ReadAsset(ImportedProject project, string path)
    {
        var extension = Path.GetExtension(path);
        if (extension is ".sql" or ".py")
        {
            var text = Text(path);
            if (Split(text, path) is var (yaml, body)) assets.Add(new(path, yaml, body, Path.Combine(folder, path)));
            else if (extension == ".py")
                project.Copies[$"models/{path["assets/".Length..]}"] = Path.Combine(folder, path);
            else project.Note(new(path), "the file says nothing of itself, and is no asset");
        }
        else if (extension is ".yml" or ".yaml")
        {
            if (YamlReader.Read(Text(path), path, errors) is YamlNode.Mapping yaml && yaml["type"] is not null)
                assets.Add(new(path, yaml, new("", new(path)), Path.Combine(folder, path)));
        }
        else if (extension is not (".csv" or ".txt" or ".md"))
            project.Note(new(path), "the file is no asset that Foz knows");
    }

    /// <summary>
    /// What stands between the marks at the top of a file, and what stands below; null where it has no marks.
    /// </summary>
    (YamlNode.Mapping Yaml, Foz.Pipelines.Projects.SqlBody Body)? Split(string text, string path)
    {
        var opening = Opening.Match(text);
        if (!opening.Success) return null;
        var start = opening.Index + opening.Length;
        var closing = text.IndexOf(Mark, start, StringComparison.Ordinal);
        if (closing < 0)
        {
            errors.Add(new Place(path, 1), $"'{Mark}' is never closed");
            return null;
        }
        var end = closing + Mark.Length;
        while (end < text.Length && text[end] is ' ' or '*' or '/' or '"' or '\'') end++;
        var from = end;
        while (from < text.Length && char.IsWhiteSpace(text[from])) from++;
        var place = new Foz.Pipelines.Projects.SqlBody(text, new(path, 1, 1)).PlaceOf(from);
        return (
            YamlReader.Read(text, start..closing, path, errors) as YamlNode.Mapping ?? new([], new(path, 1)),
            new(text[from..], place));
    }

    string Text(string path) => File.ReadAllText(Path.Combine(folder, path)).ReplaceLineEndings("\n");

    internal static string? Scalar(YamlNode? node) =>
        node is YamlNode.Scalar { IsNull: false } scalar ? scalar.Text : null;

    [GeneratedRegex(
        """\A\s*(/\*|[rRuU]?\"{3}|[rRuU]?'{3})\s*@bruin\b""", RegexOptions.ExplicitCapture)]
    private static partial Regex Opening { get; }
}

/// <summary>An asset of Bruin.</summary>
/// <param name="File">Its file, relative to the pipeline.</param>
/// <param name="Yaml">What it says of itself.</param>
/// <param name="Body">Its SQL or Python.</param>
/// <param name="FullPath">The file, as a full path.</param>
sealed record BruinAsset(string File, YamlNode.Mapping Yaml, Foz.Pipelines.Projects.SqlBody Body, string FullPath)
{
    /// <summary>Its table: stated, or by its folder and file; null where neither is <c>schema.table</c>.</summary>
    public TableName? Name
    {
        get
        {
            var stated = BruinImport.Scalar(Yaml["name"]);
            string[] folders = File.Split('/')[1..^1];
            stated ??= Path.GetFileName(File).Split('.')[0];
            if (!stated.Contains('.', StringComparison.Ordinal) && folders is [var first, ..])
                stated = $"{first}.{stated}";
            return TableName.TryParse(stated, out var name) ? name : null;
        }
    }

    /// <summary>Its type: <c>duckdb.sql</c>; empty where it says none.</summary>
    public string Type => BruinImport.Scalar(Yaml["type"]) ?? (Path.GetExtension(File) == ".py" ? "python" : "");
}
