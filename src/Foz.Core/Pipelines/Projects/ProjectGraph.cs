using Foz.Core.Configuration;
using Foz.Core.Data;

namespace Foz.Core.Pipelines.Projects;

/// <summary>What of a project is made from what. It has no cycles.</summary>
public sealed class ProjectGraph
{
    readonly Dictionary<TableName, GraphNode> byName;
    readonly Dictionary<TableName, IReadOnlyList<TableName>> upstream = [];
    readonly Dictionary<TableName, List<TableName>> downstream = [];

    ProjectGraph(IReadOnlyList<GraphNode> ordered, Dictionary<TableName, GraphNode> nodes)
    {
        Nodes = ordered;
        byName = nodes;
        foreach (var node in ordered)
        {
            upstream[node.Name] = Needed(node, nodes);
            downstream[node.Name] = [];
            foreach (var needed in upstream[node.Name]) downstream[needed].Add(node.Name);
        }
    }

    /// <summary>All nodes, each behind those that it needs; else in the order of names.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The node of a name; null where there is none.</summary>
    public GraphNode? Find(TableName name) => byName.GetValueOrDefault(name);

    /// <summary>The nodes that a node needs directly.</summary>
    public IReadOnlyList<TableName> Upstream(TableName name) => upstream[name];

    /// <summary>The nodes that need a node directly.</summary>
    public IReadOnlyList<TableName> Downstream(TableName name) => downstream[name];

    /// <summary>All that a node needs, directly or not, without itself.</summary>
    public IReadOnlySet<TableName> Ancestors(TableName name) => Reach(name, n => upstream[n]);

    /// <summary>All that needs a node, directly or not, without itself.</summary>
    public IReadOnlySet<TableName> Descendants(TableName name) => Reach(name, n => downstream[n]);

    /// <summary>Builds the graph; nodes on a cycle are reported with the way round.</summary>
    /// <param name="all">The nodes, names unique, references resolved.</param>
    /// <param name="errors">Takes the cycles.</param>
    /// <returns>The graph; null where there is a cycle.</returns>
    public static ProjectGraph? Build(IEnumerable<GraphNode> all, ErrorList errors)
    {
        var nodes = all.ToDictionary(n => n.Name);
        var texts = nodes.Keys.ToDictionary(name => name, name => name.ToString());
        var ordered = new List<GraphNode>(nodes.Count);
        var waiting = nodes.Values.ToDictionary(n => n.Name, n => Needed(n, nodes).Count);
        var dependents = nodes.Values.SelectMany(n => Needed(n, nodes).Select(needed => (needed, n.Name)))
            .ToLookup(edge => edge.needed, edge => edge.Name);
        var ready = new SortedSet<TableName>(
            waiting.Where(w => w.Value == 0).Select(w => w.Key),
            Comparer<TableName>.Create((a, b) => StringComparer.OrdinalIgnoreCase.Compare(texts[a], texts[b])));
        while (ready.Count > 0)
        {
            var name = ready.Min;
            ready.Remove(name);
            waiting.Remove(name);
            ordered.Add(nodes[name]);
            foreach (var dependent in dependents[name])
                if (--waiting[dependent] == 0) ready.Add(dependent);
        }
        if (waiting.Count == 0) return new(ordered, nodes);
        ReportCycle(nodes, waiting.Keys, errors);
        return null;
    }

    static List<TableName> Needed(GraphNode node, Dictionary<TableName, GraphNode> nodes) =>
        [.. node.References.Select(r => r.Name).Where(name => name != node.Name && nodes.ContainsKey(name)).Distinct()];

    /// <summary>Walks against the arrows among nodes that wait for each other until one comes again.</summary>
    static void ReportCycle(
        Dictionary<TableName, GraphNode> nodes, IReadOnlyCollection<TableName> waiting, ErrorList errors)
    {
        var way = new List<TableName>();
        var at = waiting.OrderBy(n => $"{n}", StringComparer.OrdinalIgnoreCase).First();
        while (!way.Contains(at))
        {
            way.Add(at);
            at = Needed(nodes[at], nodes).First(waiting.Contains);
        }
        var cycle = way[way.IndexOf(at)..];
        var steps = cycle.Append(at).Zip(cycle.Append(at).Skip(1))
            .Select(step => nodes[step.First].References.First(r => r.Name == step.Second)).ToList();
        var path = string.Join(" → ", cycle.Append(at));
        var places = string.Join("\n  ", steps.Select((step, i) => $"{step.Place}: {cycle[i]} needs {step.Name}"));
        var cause = steps.Any(s => s.IsOrderOnly)
            ? "take one of them out; a check may stand in tests/ instead, which runs when both tables are there"
            : "take one of them out";
        errors.Add(steps[0].Place, $"a cycle: {path}", $"{cause}:\n  {places}");
    }

    static HashSet<TableName> Reach(TableName start, Func<TableName, IEnumerable<TableName>> next)
    {
        var reached = new HashSet<TableName>();
        var open = new Stack<TableName>([start]);
        while (open.TryPop(out var name))
            foreach (var neighbour in next(name))
                if (reached.Add(neighbour)) open.Push(neighbour);
        return reached;
    }
}
