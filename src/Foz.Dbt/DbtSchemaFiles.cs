using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Dbt;

/// <summary>Reads the YAML files next to models, seeds, snapshots, tests and macros.</summary>
/// <param name="texts">Reads and renders.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtSchemaFiles(DbtTexts texts, ErrorList errors)
{
    static readonly string[] PathKeys =
    [
        "model-paths", "seed-paths", "snapshot-paths", "test-paths", "macro-paths", "analysis-paths",
    ];

    static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["models"] = "model", ["seeds"] = "seed", ["snapshots"] = "snapshot", ["analyses"] = "analysis",
    };

    /// <summary>Other keys in them, for dbt's own services or for people.</summary>
    static readonly string[] Others =
        [
            "version", "macros", "metrics", "semantic_models", "saved_queries", "groups", "data_tests", "tests",
            "anchors", "functions",
        ];

    static readonly Dictionary<string, string> Readers = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = "read_csv", [".tsv"] = "read_csv", [".parquet"] = "read_parquet", [".json"] = "read_json",
        [".jsonl"] = "read_json", [".ndjson"] = "read_json",
    };

    readonly Dictionary<(string Kind, string Package, string Name), YamlNode.Mapping> said = [];
    readonly Dictionary<(string Package, string File), DbtVersion> versions = [];
    readonly List<DbtSourceTable> sources = [];
    readonly List<(DbtPackage Package, YamlNode.Mapping Node)> exposures = [];
    readonly List<(DbtPackage Package, YamlNode.Mapping Node)> unitTests = [];
    readonly List<(DbtPackage Package, YamlNode.Mapping Node)> snapshots = [];

    /// <summary>The tables of sources.</summary>
    public IReadOnlyList<DbtSourceTable> Sources => sources;

    /// <summary>What uses models outside of the project.</summary>
    public IReadOnlyList<(DbtPackage Package, YamlNode.Mapping Node)> Exposures => exposures;

    /// <summary>Unit tests.</summary>
    public IReadOnlyList<(DbtPackage Package, YamlNode.Mapping Node)> UnitTests => unitTests;

    /// <summary>Snapshots that are stated in YAML alone.</summary>
    public IReadOnlyList<(DbtPackage Package, YamlNode.Mapping Node)> Snapshots => snapshots;

    /// <summary>Reads the files of a package.</summary>
    public void Read(DbtPackage package)
    {
        var files = PathKeys.SelectMany(key => package.Files(key, ".yml", ".yaml")).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        foreach (var file in files) Read(package, file);
    }

    /// <summary>Returns the properties of a resource; null if there are none.</summary>
    public YamlNode.Mapping? Find(DbtResource resource) =>
        said.GetValueOrDefault((resource.Kind, resource.Package.Name, resource.Key));

    /// <summary>The version of a model that a file holds; null where it holds the only one.</summary>
    /// <param name="package">Its package.</param>
    /// <param name="file">Its name, without the ending.</param>
    public DbtVersion? VersionIn(DbtPackage package, string file) => versions.GetValueOrDefault((package.Name, file))
        ?? versions.FirstOrDefault(known =>
            known.Key.Package == package.Name && known.Value.IsLatest && known.Value.Model == file).Value;

    /// <summary>Reports properties of resources that do not exist.</summary>
    /// <param name="project">The project's name.</param>
    /// <param name="resources">All resources.</param>
    public void Check(string project, IReadOnlyCollection<DbtResource> resources)
    {
        var known = resources.Select(resource => (resource.Kind, resource.Package.Name, resource.Key)).ToHashSet();
        foreach (var ((kind, package, name), node) in said)
        {
            // A package may say something of what was taken out of it.
            if (known.Contains((kind, package, name)) || package != project) continue;
            if (versions.Values.FirstOrDefault(version => version.Key == name) is { } version)
            {
                errors.Add(
                    node["name"]!.Place, $"there is no file of version {version.Number} of the model '{version.Model}'",
                    $"call it {version.File}.sql, or name it as 'defined_in'");
                continue;
            }
            errors.Add(
                node["name"]?.Place ?? node.Place, $"there is no {kind} '{name}'",
                NearestName.Hint(
                    name, resources.Where(resource => resource.Kind == kind).Select(resource => resource.Name)));
        }
    }

    void Read(DbtPackage package, string file)
    {
        var yaml = YamlReader.Read(texts.Read(file), file, errors);
        if (yaml is null or { IsNull: true }) return;
        var reader = MappingReader.Of(yaml, new(file, 1, 1), "a file of properties", errors);
        if (yaml is not YamlNode.Mapping) return;
        foreach (var (key, kind) in Kinds)
            foreach (var item in Items(reader.Node(key), key)) Add(package, kind, item);
        foreach (var item in Items(reader.Node("sources"), "sources")) ReadSource(package, item);
        exposures.AddRange(Items(reader.Node("exposures"), "exposures").Select(node => (package, node)));
        unitTests.AddRange(Items(reader.Node("unit_tests"), "unit_tests").Select(node => (package, node)));
        foreach (var key in Others) reader.Node(key);
        reader.Finish();
    }

    IEnumerable<YamlNode.Mapping> Items(YamlNode? node, string key)
    {
        if (node is null) yield break;
        if (node is not YamlNode.Sequence list)
        {
            errors.Add(node.Place, $"'{key}' must be a list, not {node.Kind}", "each is an item '- name: …'");
            yield break;
        }
        foreach (var item in list.Items)
        {
            if (item is YamlNode.Mapping mapping && (mapping["name"] is YamlNode.Scalar || key == "unit_tests"))
                yield return mapping;
            else errors.Add(item.Place, $"an item of '{key}' needs a name", "write '- name: …'");
        }
    }

    void Add(DbtPackage package, string kind, YamlNode.Mapping node)
    {
        var name = ((YamlNode.Scalar)node["name"]!).Text;
        if (kind == "model" && node["versions"] is { IsNull: false })
        {
            foreach (var version in DbtVersion.ReadAll(node, errors))
            {
                versions[(package.Name, version.File)] = version;
                if (!said.TryAdd((kind, package.Name, version.Key), version.Said))
                    errors.Add(node.Place, $"version {version.Number} of '{name}' is described twice");
            }
            return;
        }
        if (!said.TryAdd((kind, package.Name, name), node))
        {
            errors.Add(
                node.Place, $"the {kind} '{name}' is described twice",
                $"first at {said[(kind, package.Name, name)].Place}");
            return;
        }
        if (kind == "snapshot" && node["relation"] is not null) snapshots.Add((package, node));
    }

    void ReadSource(DbtPackage package, YamlNode.Mapping source)
    {
        var name = ((YamlNode.Scalar)source["name"]!).Text;
        var schema = texts.Text(source["schema"]) ?? name;
        foreach (var table in Items(source["tables"], "tables"))
        {
            var own = ((YamlNode.Scalar)table["name"]!).Text;
            var identifier = texts.Text(table["identifier"]) ?? own;
            var config = new DbtConfig();
            foreach (var node in new[] { source, table })
            {
                foreach (var key in new[] { "meta", "tags", "loaded_at_field", "freshness" })
                    if (node[key] is { } value) config.Add(key, texts.Value(value));
                if (texts.Value(node["config"]) is JinjaDict said) config.Add(said);
            }
            sources.Add(new(package, name, own, new(schema, identifier), table, source)
            {
                Config = config, Files = FilesOf(config, package, (own, identifier, schema, name)),
            });
        }
    }

    /// <summary>dbt-duckdb's <c>external_location</c>: a source may be files.</summary>
    static string? FilesOf(
        DbtConfig config, DbtPackage package, (string Name, string Identifier, string Schema, string Source) of)
    {
        var location = config.Text("external_location")
            ?? (config.Meta.TryGet("external_location", out var said) && said is not null
                ? JinjaValue.ToText(said)
                : null);
        if (location is null) return null;
        location = location.Replace("{name}", of.Name, StringComparison.Ordinal)
            .Replace("{identifier}", of.Identifier, StringComparison.Ordinal)
            .Replace("{schema}", of.Schema, StringComparison.Ordinal)
            .Replace("{source}", of.Source, StringComparison.Ordinal);
        if (location.Contains('(', StringComparison.Ordinal)) return location;
        var path = location.Contains("://", StringComparison.Ordinal)
            ? location
            : Path.GetFullPath(Path.Combine(package.Folder, location.Trim('\'')));
        return $"{Readers.GetValueOrDefault(Path.GetExtension(path), "read_parquet")}({SqlText.Literal(path)})";
    }
}
