using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Selection;

/// <summary>
/// What is set of a thing, for <c>config.</c>: what its front matter says, and what holds where it is silent.
/// </summary>
static class ResourceConfig
{
    /// <summary>What other tools call a key.</summary>
    static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["materialized"] = "materialization",
        ["materialization.type"] = "materialization",
        ["incremental_strategy"] = "strategy",
    };

    /// <summary>The values of a key; several where it is a list.</summary>
    public static IEnumerable<string> Values(Resource resource, string key)
    {
        key = Synonyms.GetValueOrDefault(key, key);
        return resource switch
        {
            Resource.Table { Node: GraphNode.OfModel { Model: var model } } => OfModel(model, key),
            Resource.Table { Node: GraphNode.OfStream stream } => OfStream(stream, key),
            Resource.Singular { Test: var test } => key.ToLowerInvariant() switch
            {
                "tags" => test.Tags,
                "on_violation" => [test.OnViolation.ToString()],
                _ => [],
            },
            _ => [],
        };
    }

    /// <summary>The keys that things of a project have.</summary>
    public static IEnumerable<string> Keys(IEnumerable<Resource> resources) => resources
        .OfType<Resource.Table>().Select(table => table.Node).OfType<GraphNode.OfModel>()
        .SelectMany(node => node.Model.Settings.Select(setting => setting.Key))
        .Concat(["materialized", "schema", "strategy", "mode", "cursor", "keys", "connection", "tags"]).Distinct();

    static IEnumerable<string> OfModel(Model model, string key)
    {
        switch (key.ToLowerInvariant())
        {
            case "materialization": return [model.Materialization.Name];
            case "schema": return [model.Name.Schema];
            case "enabled": return ["true"];
            case "strategy" when model.Materialization.Strategy is { } strategy:
                return [strategy.Name];
            default:
                return model.Settings.Where(setting =>
                    setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)
                    || setting.Key.Equals($"materialization.{key}", StringComparison.OrdinalIgnoreCase))
                    .Select(setting => setting.Value);
        }
    }

    static IEnumerable<string> OfStream(GraphNode.OfStream node, string key) => key.ToLowerInvariant() switch
    {
        "schema" => [node.Name.Schema],
        "enabled" => ["true"],
        "mode" => [node.Stream.Definition.Mode.ToString()],
        "cursor" when node.Stream.Definition.Cursor is { } cursor => [cursor],
        "keys" => node.Stream.Definition.Keys,
        "tags" => node.Stream.Tags,
        "connection" => [node.Source.Definition.Connection.Name],
        "owner" when node.Source.Owner is { } owner => [owner],
        _ => [],
    };
}
