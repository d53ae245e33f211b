using System.Text;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Cli.Documentation;

/// <summary>
/// Tables and what they refer to, as an entity-relationship diagram in Mermaid: from the checks <c>relationships</c>,
/// the grains and keys that a project states.
/// </summary>
static class EntityDiagram
{
    /// <summary>Draws the tables that refer to others or are referred to.</summary>
    /// <param name="project">The project.</param>
    /// <param name="columnsOf">
    /// The columns that a table has in the lake, by its name there; empty where it is not there yet.
    /// </param>
    /// <returns>The diagram; null where nothing refers to anything.</returns>
    public static string? Of(Project project, Func<TableName, IReadOnlyList<Field>> columnsOf)
    {
        var edges = Edges(project.Graph.Nodes).ToList();
        if (edges.Count == 0) return null;
        var drawn = edges.SelectMany(edge => new[] { edge.From, edge.To }).Distinct().ToList();
        var text = new StringBuilder("erDiagram\n");
        foreach (var node in drawn.OrderBy(node => $"{node.Name}", StringComparer.OrdinalIgnoreCase))
        {
            var keys = KeysOf(node);
            var foreign = edges.Where(edge => edge.From == node).Select(edge => edge.Check.Column)
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
            text.Append("    ").Append(IdOf(node)).Append("[\"").Append(node.Name).Append("\"] {\n");
            foreach (var (name, type) in ColumnsOf(node, columnsOf(node.Table), keys, foreign))
            {
                text.Append("        ").Append(Word(type)).Append(' ').Append(Word(name));
                text.Append((keys.Contains(name), foreign.Contains(name)) switch
                {
                    (true, true) => " PK, FK\n",
                    (true, false) => " PK\n",
                    (false, true) => " FK\n",
                    _ => "\n",
                });
            }
            text.Append("    }\n");
        }
        foreach (var (from, check, to) in edges)
        {
            // A row refers to one at most; many rows may refer to the same, or one where the column is itself a key.
            var many = KeysOf(from) is { Count: 1 } key && key.Contains(check.Column) ? "|o" : "}o";
            var one =
                from.Checks.Any(other => other is CheckDefinition.NotNull notNull && Same(notNull.Column, check.Column))
                    ? "||"
                    : "o|";
            text.Append("    ").Append(IdOf(from)).Append(' ').Append(many).Append("--").Append(one).Append(' ')
                .Append(IdOf(to))
                .Append(" : ").Append(Word(check.Column)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What refers to what among nodes, by their checks <c>relationships</c>.</summary>
    internal static IEnumerable<(GraphNode From, CheckDefinition.Relationships Check, GraphNode To)> Edges(
        IReadOnlyCollection<GraphNode> nodes)
    {
        var byName = nodes.ToDictionary(node => node.Name);
        foreach (var node in nodes)
            foreach (var check in node.Checks.OfType<CheckDefinition.Relationships>())
                if (byName.TryGetValue(check.To, out var to)) yield return (node, check, to);
    }

    static IEnumerable<(string Name, string Type)> ColumnsOf(
        GraphNode node, IReadOnlyList<Field> fields, HashSet<string> keys, HashSet<string> foreign)
    {
        if (fields.Count > 0) return fields.Select(field => (field.Name, $"{field.Type}"));
        return node.Columns.Select(column => (column.Name, column.Type ?? "unknown"))
            .Concat(keys.Concat(foreign).Select(name => (name, "unknown")))
            .DistinctBy(column => column.Item1, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>
    /// The columns that identify a row: the grain, else the unique key, else columns that are checked to be unique
    /// alone.
    /// </summary>
    static HashSet<string> KeysOf(GraphNode node) => (node switch
    {
        GraphNode.OfModel { Model.Grain: { Count: > 0 } grain } => grain,
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Merge merge } => merge.UniqueKey,
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc { KeepsHistory: false } cdc } =>
            cdc.Keys,
        GraphNode.OfStream { Stream.Definition.Keys: { Count: > 0 } keys } => keys,
        _ => node.Checks.OfType<CheckDefinition.Unique>().Select(check => check.KeyColumns).FirstOrDefault() ?? [],
    }).ToHashSet(StringComparer.OrdinalIgnoreCase);

    static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    static string IdOf(GraphNode node) => Word($"{node.Name.Schema}_{node.Name.Name}");

    /// <summary>A word that Mermaid takes for a name or type.</summary>
    static string Word(string text)
    {
        var word = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).Trim('_');
        return word.Length == 0 ? "column" : char.IsAsciiDigit(word[0]) ? $"_{word}" : word;
    }
}
