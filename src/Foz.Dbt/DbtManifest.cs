using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Dbt;

/// <summary>
/// Writes <c>manifest.json</c> by dbt's schema, version 12: the resources of a project and their dependencies.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="parts">The parts that were read of it.</param>
sealed class DbtManifest(Project project, DbtParts parts)
{
    readonly Dictionary<string, List<string>> parents = new(StringComparer.Ordinal);
    readonly double createdAt = parts.Context.StartedAt.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>The manifest.</summary>
    public JsonObject Write()
    {
        var nodes = new JsonObject();
        foreach (var resource in parts.Resources.Where(resource => resource.IsEnabled))
            nodes[resource.UniqueId] = NodeOf(resource);
        foreach (var analysis in parts.Analyses) nodes[analysis.UniqueId] = NodeOf(analysis);
        foreach (var test in parts.Tests) nodes[DbtIds.Of(test)] = NodeOf(test);
        var sources = Objects(parts.Schemas.Sources.Select(source => (source.UniqueId, SourceOf(source))));
        var exposures = Objects(parts.Schemas.Exposures.Select(ExposureOf));
        var unitTests = Objects(parts.Schemas.UnitTests.Select(UnitTestOf).OfType<(string, JsonObject)>());
        return new()
        {
            ["metadata"] = Metadata("manifest/v12", parts.Context, project.Name),
            ["nodes"] = nodes,
            ["sources"] = sources,
            ["macros"] = Objects(parts.Context.Macros.All.Select(MacroOf)),
            ["docs"] = Objects(parts.Context.Macros.Docs.Select(doc => DocOf(doc.Key, doc.Value))),
            ["exposures"] = exposures,
            ["metrics"] = new JsonObject(),
            ["groups"] = new JsonObject(),
            ["selectors"] = new JsonObject(),
            ["disabled"] = Objects(
                parts.Resources.Where(resource => !resource.IsEnabled).DistinctBy(resource => resource.UniqueId)
                    .Select(resource => (resource.UniqueId, (JsonNode)new JsonArray(NodeOf(resource))))),
            ["parent_map"] = Objects(parents.Select(entry => (entry.Key, (JsonNode)Texts(entry.Value)))),
            ["child_map"] = Objects(Children()),
            ["group_map"] = new JsonObject(),
            ["saved_queries"] = new JsonObject(),
            ["semantic_models"] = new JsonObject(),
            ["unit_tests"] = unitTests,
        };
    }

    /// <summary>What each artifact says of itself.</summary>
    /// <param name="schema">The schema that it is of: <c>manifest/v12</c>.</param>
    /// <param name="context">When and by which call it was made.</param>
    /// <param name="name">The project's name, of a manifest; null of others.</param>
    public static JsonObject Metadata(string schema, DbtContext context, string? name = null)
    {
        var metadata = new JsonObject
        {
            ["dbt_schema_version"] = $"https://schemas.getdbt.com/dbt/{schema}.json",
            ["dbt_version"] = DbtFunctions.DbtVersion,
            ["generated_at"] = Instant(context.StartedAt),
            ["invocation_id"] = context.InvocationId,
            ["env"] = new JsonObject(),
        };
        if (name is null) return metadata;
        metadata["project_name"] = name;
        metadata["adapter_type"] = "duckdb";
        return metadata;
    }

    /// <summary>An instant as artifacts write it.</summary>
    public static string Instant(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    JsonObject NodeOf(DbtResource resource)
    {
        var dependencies = DependenciesOf(resource.UniqueId, resource.References, resource.Package.Name);
        var node = Common(
            resource.Kind, resource.Package, resource.Name, resource.UniqueId, resource.File, resource.Path);
        node["database"] = TableName.Catalog;
        node["schema"] = resource.Table.Schema;
        node["alias"] = resource.Table.Name;
        node["checksum"] = Checksum(resource.Text);
        node["config"] = ConfigOf(resource);
        node["tags"] = Texts(resource.Config.Tags);
        node["meta"] = Json(resource.Config.Meta);
        node["description"] = DescriptionOf(resource);
        node["columns"] = ColumnsOf(resource);
        node["created_at"] = createdAt;
        node["relation_name"] = resource.Materialized is "ephemeral" or "analysis"
            ? null
            : new DbtRelation(resource.Table).ToString();
        node["raw_code"] = resource.Text;
        if (resource.Said is { } said) node["patch_path"] = $"{resource.Package.Name}://{said.Place.File}";
        if (resource.Kind == "model")
        {
            node["version"] = resource.Version?.Number;
            node["latest_version"] = parts.Resources.FirstOrDefault(other =>
                other.Package == resource.Package && other.Name == resource.Name
                    && other.Version is { IsLatest: true })?.Version!.Number;
            node["access"] = resource.Config.Text("access") ?? "protected";
            node["group"] = resource.Config.Text("group");
            node["deprecation_date"] = (resource.Said?["deprecation_date"] as YamlNode.Scalar)?.Text;
        }
        if (resource.Kind == "seed")
        {
            node["root_path"] = resource.Package.Folder;
            node["depends_on"] = new JsonObject { ["macros"] = new JsonArray() };
            return node;
        }
        AddSql(node, resource.References, dependencies, resource.IsPython ? resource.Text : resource.Body?.Text);
        if (resource.IsPython) node["language"] = "python";
        return node;
    }

    static void AddSql(
        JsonObject node, IReadOnlyList<DbtReference> references, IEnumerable<string> dependencies, string? compiled)
    {
        node["language"] = "sql";
        node["refs"] = new JsonArray(
            [.. references.Where(reference => !reference.IsSource).Select(reference => (JsonNode)new JsonObject
            {
                ["name"] = reference.Name, ["package"] = reference.Package, ["version"] = reference.Version,
            })]);
        node["sources"] = new JsonArray([.. references.Where(reference => reference.IsSource)
            .Select(reference => (JsonNode)new JsonArray(reference.Package, reference.Name))]);
        node["metrics"] = new JsonArray();
        node["depends_on"] = new JsonObject { ["macros"] = new JsonArray(), ["nodes"] = Texts(dependencies) };
        node["compiled"] = compiled is not null;
        node["compiled_code"] = compiled;
        node["extra_ctes_injected"] = true;
        node["extra_ctes"] = new JsonArray();
    }

    JsonObject NodeOf(DbtTranslatedTest test)
    {
        var stated = test.Test;
        var attached = parts.Resources.FirstOrDefault(resource => resource.UniqueId == test.Of && resource.IsEnabled);
        var references = test.Of.Length > 0 && attached is not null
            ? [new DbtReference(IsSource: false, null, attached.Name, stated.Place), .. test.References]
            : test.References;
        var id = DbtIds.Of(test);
        var dependencies = DependenciesOf(id, references, stated.Package.Name).ToList();
        if (test.Of.StartsWith("source.", StringComparison.Ordinal) && !dependencies.Contains(test.Of))
            dependencies.Add(test.Of);
        parents[id] = dependencies;
        var file = stated.Place.File;
        var node = Common("test", stated.Package, test.Name, id, file, [stated.Package.Name, test.Name]);
        node["database"] = TableName.Catalog;
        var stored = test.Sql?.Failures?.Table;
        node["schema"] = stored?.Schema ?? $"{parts.Context.Target.Schema}_{FailureStore.Schema}";
        node["alias"] = stored?.Name ?? test.Name;
        node["checksum"] = new JsonObject { ["name"] = "none", ["checksum"] = "" };
        node["config"] = ConfigOf(stated.Config, "test", isEnabled: true);
        node["config"]!["severity"] = stated.Config.Text("severity") ?? "ERROR";
        node["tags"] = Texts(stated.Config.Tags);
        node["meta"] = Json(stated.Config.Meta);
        node["description"] = "";
        node["columns"] = new JsonObject();
        node["created_at"] = createdAt;
        node["relation_name"] = stored is { } table ? new DbtRelation(table).ToString() : null;
        node["raw_code"] = test.Of.Length == 0
            ? test.Sql?.Sql ?? ""
            : $"{{{{ test_{stated.Test.Split('.')[^1]}(**_dbt_generic_test_kwargs) }}}}";
        AddSql(node, references, dependencies, test.Sql?.Sql);
        if (test.Of.Length == 0) return node;
        node["column_name"] = stated.Column;
        node["file_key_name"] = attached is null ? "" : $"{attached.Kind}s.{attached.Name}";
        node["attached_node"] = attached?.UniqueId;
        var kwargs = new JsonObject { ["column_name"] = stated.Column };
        foreach (var argument in stated.Arguments) kwargs[argument.Key] = Json(DbtValues.Of(argument.Value));
        node["test_metadata"] = new JsonObject
        {
            ["name"] = stated.Test.Split('.')[^1], ["kwargs"] = kwargs,
            ["namespace"] = stated.Test.Split('.') is [var space, _] ? space : null,
        };
        return node;
    }

    static JsonObject Common(
        string kind, DbtPackage package, string name, string id, string file, IReadOnlyList<string> path) => new()
        {
            ["name"] = name,
            ["resource_type"] = kind,
            ["package_name"] = package.Name,
            ["path"] = file[(file.IndexOf('/', StringComparison.Ordinal) + 1)..],
            ["original_file_path"] = file[package.Path.Length..],
            ["unique_id"] = id,
            ["fqn"] = Texts(path),
        };

    JsonObject SourceOf(DbtSourceTable source)
    {
        parents[source.UniqueId] = [];
        var node = Common(
            "source", source.Package, source.Name, source.UniqueId, source.File,
            [source.Package.Name, source.Source, source.Name]);
        node["database"] = TableName.Catalog;
        node["schema"] = source.Table.Schema;
        node["source_name"] = source.Source;
        node["source_description"] = (source.OfSource["description"] as YamlNode.Scalar)?.Text ?? "";
        node["loader"] = (source.OfSource["loader"] as YamlNode.Scalar)?.Text ?? "";
        node["identifier"] = source.Table.Name;
        node["description"] = (source.Said["description"] as YamlNode.Scalar)?.Text ?? "";
        node["columns"] = new JsonObject();
        node["meta"] = Json(source.Config.Meta);
        node["source_meta"] = new JsonObject();
        node["tags"] = Texts(source.Config.Tags);
        node["loaded_at_field"] = source.Config.Text("loaded_at_field");
        node["freshness"] = Json(source.Config["freshness"]);
        node["relation_name"] = source.Files ?? new DbtRelation(source.Table).ToString();
        node["created_at"] = createdAt;
        return node;
    }

    (string, JsonNode) MacroOf(DbtMacro macro)
    {
        var id = $"macro.{macro.Package}.{macro.Name}";
        var file = macro.Definition.Place.File;
        return (id, new JsonObject
        {
            ["name"] = macro.Name, ["resource_type"] = "macro", ["package_name"] = macro.Package, ["path"] = file,
            ["original_file_path"] = file,
            ["unique_id"] = id, ["macro_sql"] = macro.Definition.Text,
            ["depends_on"] = new JsonObject { ["macros"] = new JsonArray() },
            ["description"] = "", ["meta"] = new JsonObject(), ["arguments"] = new JsonArray(),
            ["created_at"] = createdAt,
        });
    }

    (string, JsonNode) DocOf(string name, string text)
    {
        var id = $"doc.{project.Name}.{name}";
        return (id, new JsonObject
        {
            ["name"] = name, ["resource_type"] = "doc", ["package_name"] = project.Name, ["path"] = "",
            ["original_file_path"] = "", ["unique_id"] = id,
            ["block_contents"] = text,
        });
    }

    (string, JsonNode) ExposureOf((DbtPackage Package, YamlNode.Mapping Node) exposure)
    {
        var (package, said) = exposure;
        var name = ((YamlNode.Scalar)said["name"]!).Text;
        var id = $"exposure.{package.Name}.{name}";
        var references = DbtExposures.ReferencesOf(parts.Context, package, said, new());
        var node = Common("exposure", package, name, id, said.Place.File, [package.Name, name]);
        node["type"] = (said["type"] as YamlNode.Scalar)?.Text ?? "application";
        node["owner"] = Json(DbtValues.Of(said["owner"]) ?? new JinjaDict());
        node["description"] = (said["description"] as YamlNode.Scalar)?.Text ?? "";
        node["label"] = (said["label"] as YamlNode.Scalar)?.Text;
        node["maturity"] = (said["maturity"] as YamlNode.Scalar)?.Text;
        node["url"] = (said["url"] as YamlNode.Scalar)?.Text;
        node["meta"] = Json(DbtValues.Of(said["meta"]) ?? new JinjaDict());
        node["tags"] = Texts(DbtValues.Texts(DbtValues.Of(said["tags"])));
        node["created_at"] = createdAt;
        node["depends_on"] = new JsonObject
        {
            ["macros"] = new JsonArray(), ["nodes"] = Texts(DependenciesOf(id, references, package.Name)),
        };
        return (id, node);
    }

    (string, JsonObject)? UnitTestOf((DbtPackage Package, YamlNode.Mapping Node) test)
    {
        var (package, said) = test;
        if (said["name"] is not YamlNode.Scalar name || said["model"] is not YamlNode.Scalar model) return null;
        var id = $"unit_test.{package.Name}.{model.Text}.{name.Text}";
        var node = Common("unit_test", package, name.Text, id, said.Place.File, [package.Name, model.Text, name.Text]);
        node["model"] = model.Text;
        node["given"] = Json(DbtValues.Of(said["given"]) ?? new JinjaList());
        node["expect"] = Json(DbtValues.Of(said["expect"]) ?? new JinjaDict());
        node["description"] = (said["description"] as YamlNode.Scalar)?.Text ?? "";
        node["depends_on"] = new JsonObject
        {
            ["macros"] = new JsonArray(),
            ["nodes"] = Texts(DependenciesOf(id, [new(IsSource: false, null, model.Text, model.Place)], package.Name)),
        };
        return (id, node);
    }

    List<string> DependenciesOf(string id, IEnumerable<DbtReference> references, string from)
    {
        var found = new List<string>();
        foreach (var reference in references)
        {
            var known = reference.IsSource
                ? parts.Schemas.Sources.FirstOrDefault(source =>
                    source.Source == reference.Package && source.Name == reference.Name)?.UniqueId
                : parts.Context.Find(reference, from) is { } relation
                    ? parts.Resources.FirstOrDefault(resource =>
                        resource.IsEnabled && resource.Table == relation.Table)?.UniqueId
                    : null;
            if (known is not null && known != id && !found.Contains(known)) found.Add(known);
        }
        return parents[id] = found;
    }

    IEnumerable<(string, JsonNode)> Children()
    {
        var children = parents.Keys.ToDictionary(id => id, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var (child, needed) in parents)
            foreach (var parent in needed.Where(children.ContainsKey)) children[parent].Add(child);
        return children.Select(entry => (entry.Key, (JsonNode)Texts(entry.Value.Order(StringComparer.Ordinal))));
    }

    string DescriptionOf(DbtResource resource) => project.FindModel(resource.Table)?.Description ?? "";

    JsonObject ColumnsOf(DbtResource resource) =>
        Objects(
            (project.FindModel(resource.Table)?.Columns ?? []).Select(column => (column.Name, (JsonNode)new JsonObject
            {
                ["name"] = column.Name, ["description"] = column.Description ?? "", ["meta"] = new JsonObject(),
                ["data_type"] = column.Type, ["quote"] = null,
                ["tags"] = Texts(column.Tags), ["constraints"] = new JsonArray(),
            })));

    /// <summary>Returns the configuration of a resource.</summary>
    public static JsonObject ConfigOf(DbtResource resource) =>
        ConfigOf(resource.Config, resource.Materialized, resource.IsEnabled);

    static JsonObject ConfigOf(DbtConfig config, string materialized, bool isEnabled)
    {
        var written = new JsonObject();
        foreach (var (key, value) in config.Values.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            if (key is not ("pre_hook" or "post_hook")) written[key] = Json(value);
        foreach (var key in new[] { "pre-hook", "post-hook" })
        {
            written[key] = new JsonArray([.. DbtValues.Texts(config[key.Replace('-', '_')])
                .Select(sql => (JsonNode)new JsonObject { ["sql"] = sql, ["transaction"] = true, ["index"] = null })]);
        }
        written["materialized"] = materialized;
        written["enabled"] = isEnabled;
        written["tags"] = Texts(config.Tags);
        written["meta"] = Json(config.Meta);
        return written;
    }

    static JsonObject Checksum(string text) => new()
    {
        ["name"] = "sha256",
        ["checksum"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Trim()))),
    };

    static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    static JsonObject Objects<T>(IEnumerable<(string Key, T Value)> entries)
        where T : JsonNode
    {
        var all = new JsonObject();
        foreach (var (key, value) in entries) all[key] = value;
        return all;
    }

    /// <summary>A value of templates as JSON.</summary>
    static JsonNode? Json(object? value) => value switch
    {
        null or JinjaUndefined => null,
        bool flag => flag,
        long number => number,
        double number => number,
        decimal number => number,
        JinjaDict dict => Objects(dict.Entries.Select(entry => (JinjaValue.ToText(entry.Key), Json(entry.Value)!))),
        JinjaList or JinjaTuple => new JsonArray([.. JinjaValue.ItemsOf(value)!.Select(Json)]),
        _ => JinjaValue.ToText(value),
    };
}

/// <summary>What dbt calls tests in its artifacts.</summary>
static class DbtIds
{
    /// <summary>The unique id of a test.</summary>
    public static string Of(DbtTranslatedTest test) => test.Of.Length == 0
        ? $"test.{test.Test.Package.Name}.{test.Name}"
        : $"test.{test.Test.Package.Name}.{test.Name}.{HashOf($"{test.Name} {test.Test.Place}")}";

    static string HashOf(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 5));
}
