using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selection;

namespace Foz.Operations.Exports;

/// <summary>What a task of another scheduler makes.</summary>
public enum ExportedUnit
{
    /// <summary>One table.</summary>
    Table,

    /// <summary>The tables of one group.</summary>
    Group,
}

/// <summary>A task of another scheduler: one command of Foz.</summary>
/// <param name="Name">Its name: that of the table or the group.</param>
/// <param name="Selectors">What the command works on.</param>
/// <param name="Needs">The names of the tasks that must have succeeded before.</param>
public sealed record ExportedTask(string Name, IReadOnlyList<string> Selectors, IReadOnlyList<string> Needs);

/// <summary>The tables of a project as tasks of another scheduler, each after those that it needs.</summary>
public static class ExportedGraph
{
    /// <summary>Divides tables into tasks.</summary>
    /// <param name="graph">What needs what in the project.</param>
    /// <param name="selected">The tables; what lies between two of them connects them, though it is no task.</param>
    /// <param name="unit">What a task makes.</param>
    /// <exception cref="FozException">Thrown when groups need each other, so that none can be first.</exception>
    public static IReadOnlyList<ExportedTask> Of(
        ProjectGraph graph, IReadOnlySet<TableName> selected, ExportedUnit unit)
    {
        var owners = new Dictionary<TableName, string>();
        var selectors = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes.Where(node => node.IsMade && selected.Contains(node.Name)))
        {
            var owner = OwnerOf(node, unit);
            owners[node.Name] = owner;
            if (!selectors.TryGetValue(owner, out var own)) selectors[owner] = own = [];
            own.Add(new Resource.Table(node).Selector);
        }
        var edges = Edges(graph, owners);
        return
        [
            .. Sorted(selectors.Keys, edges).Select(name => new ExportedTask(
                name, selectors[name], [.. edges.GetValueOrDefault(name, []).Keys.Order(StringComparer.Ordinal)])),
        ];
    }

    static string OwnerOf(GraphNode node, ExportedUnit unit) =>
        unit is ExportedUnit.Group && node is GraphNode.OfModel { Model.Group: { } group } ? group : $"{node.Name}";

    /// <summary>For each task the tasks that it needs, with two of their tables to show why.</summary>
    static Dictionary<string, Dictionary<string, (TableName From, TableName To)>> Edges(
        ProjectGraph graph, Dictionary<TableName, string> owners)
    {
        // In the order of the graph: what a table needs is known before the table comes.
        var nearest = new Dictionary<TableName, IReadOnlyCollection<TableName>>();
        var edges = new Dictionary<string, Dictionary<string, (TableName, TableName)>>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            var needed = graph.Upstream(node.Name).SelectMany(upstream => nearest[upstream]).ToHashSet();
            if (!owners.TryGetValue(node.Name, out var owner))
            {
                nearest[node.Name] = needed;
                continue;
            }
            nearest[node.Name] = [node.Name];
            foreach (var upstream in needed.Where(upstream => owners[upstream] != owner))
            {
                if (!edges.TryGetValue(owner, out var own))
                    edges[owner] = own = new(StringComparer.Ordinal);
                own.TryAdd(owners[upstream], (upstream, node.Name));
            }
        }
        return edges;
    }

    /// <summary>The tasks, each after those that it needs, otherwise in the order in which they came.</summary>
    static List<string> Sorted(
        Dictionary<string, List<string>>.KeyCollection names,
        Dictionary<string, Dictionary<string, (TableName From, TableName To)>> edges)
    {
        var sorted = new List<string>(names.Count);
        var done = new HashSet<string>(StringComparer.Ordinal);
        var waiting = names.ToList();
        while (waiting.Count > 0)
        {
            var ready = waiting.Where(name => edges.GetValueOrDefault(name)?.Keys.All(done.Contains) ?? true).ToList();
            if (ready.Count == 0) throw CircleOf(waiting, edges);
            sorted.AddRange(ready);
            done.UnionWith(ready);
            waiting.RemoveAll(done.Contains);
        }
        return sorted;
    }

    static FozException CircleOf(
        List<string> waiting, Dictionary<string, Dictionary<string, (TableName From, TableName To)>> edges)
    {
        var way = new List<string>();
        var at = waiting[0];
        while (!way.Contains(at))
        {
            way.Add(at);
            at = edges[at].Keys.First(waiting.Contains);
        }
        List<string> circle = [.. way[way.IndexOf(at)..], at];
        var reasons = circle.Zip(circle.Skip(1)).Select(step => edges[step.First][step.Second])
            .Select(step => $"{step.To} needs {step.From}");
        return new(ErrorKind.Configuration, $"these groups need each other: {string.Join(", ", reasons)}")
        {
            Hint = "export a task for each table with --by table, or move a model to another group",
        };
    }
}
