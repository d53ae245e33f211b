using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Dbt;

/// <summary>The things of a project as <c>graph</c> in templates has them, to be read only.</summary>
/// <param name="resources">Its models, seeds and snapshots.</param>
/// <param name="schemas">What its YAML files say.</param>
/// <param name="context">The context in which templates are rendered, with all names known.</param>
sealed class DbtGraph(IReadOnlyList<DbtResource> resources, DbtSchemaFiles schemas, DbtContext context)
{
    JinjaDict? complete;

    /// <summary>Whether it is known of all things what they refer to.</summary>
    public bool IsComplete { get; set; }

    /// <summary>The graph as a value: <c>nodes</c>, <c>sources</c> and <c>exposures</c> by their unique ids.</summary>
    public JinjaDict ToValue()
    {
        if (complete is not null) return complete;
        var enabled = resources.Where(resource => resource.IsEnabled).ToList();
        var ids = enabled.GroupBy(resource => resource.Table).ToDictionary(
            group => group.Key, group => group.First().UniqueId);
        var value = JinjaDict.Of(
            ("nodes", JinjaDict.Of(enabled.Select(resource => (resource.UniqueId, (object?)NodeOf(resource, ids))))),
            ("sources", JinjaDict.Of(schemas.Sources.Select(source => (source.UniqueId, (object?)SourceOf(source))))),
            ("exposures", JinjaDict.Of(schemas.Exposures.Select(exposure => (
                $"exposure.{exposure.Package.Name}.{((YamlNode.Scalar)exposure.Node["name"]!).Text}",
                DbtValues.Of(exposure.Node))))),
            ("metrics", new JinjaDict()), ("groups", new JinjaDict()));
        if (IsComplete) complete = value;
        return value;
    }

    /// <summary>A model, seed or snapshot.</summary>
    public static JinjaDict NodeOf(DbtResource resource, IEnumerable<string>? dependsOn = null)
    {
        var (config, said) = (resource.Config, resource.Said);
        var columns = (said?["columns"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [];
        return JinjaDict.Of(
            ("name", resource.Name), ("resource_type", resource.Kind), ("package_name", resource.Package.Name),
            ("unique_id", resource.UniqueId),
            ("database", TableName.Catalog), ("schema", resource.Table.Schema), ("alias", resource.Table.Name),
            ("relation_name", resource.Materialized == "ephemeral" ? null : new DbtRelation(resource.Table).ToString()),
            ("path", resource.File),
            ("original_file_path", resource.File), ("fqn", new JinjaList(resource.Path)),
            ("tags", new JinjaList(config.Tags)), ("meta", config.Meta),
            ("description", TextOf(said?["description"])), ("version", resource.Version?.Number),
            ("raw_code", resource.Text), ("language", "sql"),
            ("columns",
                JinjaDict.Of(
                    columns.Where(column => column["name"] is YamlNode.Scalar)
                        .Select(column => (TextOf(column["name"]), (object?)ColumnOf(column))))),
            ("config", ConfigOf(resource)),
            ("depends_on", JinjaDict.Of(("nodes", new JinjaList(dependsOn ?? [])), ("macros", new JinjaList()))));
    }

    JinjaDict NodeOf(DbtResource resource, Dictionary<TableName, string> ids) => NodeOf(
        resource,
        resource.References.Select(reference => reference.IsSource
            ? schemas.Sources.FirstOrDefault(source =>
                source.Source == reference.Package && source.Name == reference.Name)?.UniqueId
            : context.Find(reference, resource.Package.Name) is { } relation
                ? ids.GetValueOrDefault(relation.Table)
                : null).OfType<string>().Distinct());

    static JinjaDict ConfigOf(DbtResource resource)
    {
        var values = JinjaDict.Of(resource.Config.Values.Select(pair => (pair.Key, pair.Value)));
        values["materialized"] = resource.Materialized;
        values["enabled"] = resource.IsEnabled;
        values["tags"] = new JinjaList(resource.Config.Tags);
        values["meta"] = resource.Config.Meta;
        return values;
    }

    static JinjaDict ColumnOf(YamlNode.Mapping column) => JinjaDict.Of(
        ("name", TextOf(column["name"])), ("description", TextOf(column["description"])),
        ("data_type", DbtValues.Of(column["data_type"])),
        ("meta", DbtValues.Of(column["meta"]) ?? new JinjaDict()),
        ("tags", DbtValues.Of(column["tags"]) ?? new JinjaList()));

    static JinjaDict SourceOf(DbtSourceTable source) => JinjaDict.Of(
        ("name", source.Name), ("source_name", source.Source), ("resource_type", "source"),
        ("package_name", source.Package.Name),
        ("unique_id", source.UniqueId), ("database", TableName.Catalog), ("schema", source.Table.Schema),
        ("identifier", source.Table.Name),
        ("relation_name", source.Files ?? new DbtRelation(source.Table).ToString()),
        ("tags", new JinjaList(source.Config.Tags)), ("meta", source.Config.Meta),
        ("description", TextOf(source.Said["description"])), ("loaded_at_field", source.Config.Text("loaded_at_field")),
        ("config", JinjaDict.Of(source.Config.Values.Select(pair => (pair.Key, pair.Value)))));

    static string TextOf(YamlNode? node) => (node as YamlNode.Scalar)?.Text ?? "";
}
