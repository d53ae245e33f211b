using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>Reads <c>dbt_project.yml</c> of a project and its packages.</summary>
/// <param name="root">The project's folder, as a full path.</param>
/// <param name="texts">Renders templates in YAML.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtPackageReader(string root, DbtTexts texts, ErrorList errors)
{
    static readonly (string Key, string[] Older, string[] Default)[] PathKeys =
    [
        ("model-paths", ["source-paths"], ["models"]), ("seed-paths", ["data-paths"], ["seeds"]),
        ("test-paths", [], ["tests"]),
        ("snapshot-paths", [], ["snapshots"]), ("macro-paths", [], ["macros"]), ("analysis-paths", [], ["analyses"]),
        ("asset-paths", [], []), ("function-paths", [], []), ("docs-paths", [], []),
    ];

    static readonly string[] ConfigKeys =
        [
            "models", "seeds", "snapshots", "sources", "tests", "data_tests", "exposures", "metrics", "semantic-models",
            "saved-queries", "unit_tests",
        ];

    static readonly string[] AskingFiles = ["packages.yml", "dependencies.yml"];

    /// <summary>Keys that say how dbt itself works, and mean nothing here.</summary>
    static readonly string[] OfDbt =
    [
        "config-version", "require-dbt-version", "target-path", "log-path", "clean-targets", "quoting", "query-comment",
        "flags", "dbt-cloud",
        "restrict-access", "sync", "functions", "description", "anchors", "model_paths",
    ];

    /// <summary>Reads the project, followed by its packages.</summary>
    public IReadOnlyList<DbtPackage> ReadAll()
    {
        if (Read("") is not { } project) return [];
        var packages = new List<DbtPackage> { project };
        var installed = Path.Combine(root, project.PackagesPath);
        if (!Directory.Exists(installed)) return packages;
        foreach (var folder in Directory.EnumerateDirectories(installed).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, DbtPackage.FileName))) continue;
            if (Read($"{project.PackagesPath}/{Path.GetFileName(folder)}/") is not { } package) continue;
            if (packages.All(known => known.Name != package.Name)) packages.Add(package);
        }
        return packages;
    }

    /// <summary>Reads one.</summary>
    /// <param name="path">Its folder below the project's, with <c>/</c> at the end.</param>
    public DbtPackage? Read(string path)
    {
        var file = path + DbtPackage.FileName;
        var yaml = YamlReader.Read(texts.Read(file), file, errors);
        var reader = MappingReader.Of(yaml, new(file, 1, 1), DbtPackage.FileName, errors);
        if (yaml is not YamlNode.Mapping) return null;
        var name = reader.RequiredText("name");
        var package = new DbtPackage
        {
            Name = name,
            Folder = Path.GetFullPath(Path.Combine(root, path)),
            Path = path,
            Version = reader.Text("version") ?? "",
            Profile = texts.Text(reader.Node("profile")),
            Paths = ReadPaths(reader),
            Vars = DbtValues.Of(reader.Node("vars")) as JinjaDict ?? new(),
            Configs = ReadConfigs(reader),
            Dispatch = ReadDispatch(reader.Node("dispatch")),
            RunHooks = (reader.Node("on-run-start"), reader.Node("on-run-end")),
            PackagesPath = texts.Text(reader.Node("packages-install-path")) ?? "dbt_packages",
            Asked = path.Length == 0 ? ReadAsked() : [],
        };
        foreach (var key in OfDbt) reader.Node(key);
        reader.Finish();
        return package;
    }

    Dictionary<string, IReadOnlyList<string>> ReadPaths(MappingReader reader)
    {
        var paths = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (key, older, missing) in PathKeys)
        {
            var stated = older.Prepend(key).Select(reader.Node).OfType<YamlNode>().FirstOrDefault();
            paths[key] = stated is null
                ? missing
                : [.. DbtValues.Texts(texts.Value(stated)).Select(path => path.TrimStart('.', '/').TrimEnd('/'))];
        }
        return paths;
    }

    static Dictionary<string, YamlNode> ReadConfigs(MappingReader reader)
    {
        var configs = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var key in ConfigKeys)
            if (reader.Node(key) is { } node) configs[key == "tests" ? "data_tests" : key] = node;
        return configs;
    }

    Dictionary<string, IReadOnlyList<string>> ReadDispatch(YamlNode? node)
    {
        var dispatch = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var item in (node as YamlNode.Sequence)?.Items ?? [])
        {
            if (texts.Value(item) is not JinjaDict said || !said.TryGet("macro_namespace", out var of)
                || !said.TryGet("search_order", out var order))
                errors.Add(item.Place, "an item of 'dispatch' needs 'macro_namespace' and 'search_order'");
            else dispatch[JinjaValue.ToText(of)] = DbtValues.Texts(order);
        }
        return dispatch;
    }

    List<string> ReadAsked()
    {
        var asked = new List<string>();
        foreach (var file in AskingFiles.Where(file => File.Exists(Path.Combine(root, file))))
        {
            var yaml = YamlReader.Read(texts.Read(file), file, errors) as YamlNode.Mapping;
            foreach (var item in (yaml?["packages"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [])
            {
                var from = (item["package"] ?? item["git"] ?? item["local"]) as YamlNode.Scalar;
                if (from is not null)
                    asked.Add(Path.GetFileNameWithoutExtension(from.Text.TrimEnd('/')).Replace('-', '_'));
            }
        }
        return asked;
    }
}
