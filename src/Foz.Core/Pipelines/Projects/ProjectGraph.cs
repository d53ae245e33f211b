using Foz.Core.Configuration;
using Foz.Core.Data;

namespace Foz.Core.Pipelines.Projects;

/// <summary>What of a project is made from what. It has no cycles.</summary>
public sealed class ProjectGraph
{
    readonly Dictionary<TableName, GraphNode> byName;
    readonly Dictionary<TableName, List<TableName>> upstream;
    readonly Dictionary<TableName, List<TableName>> downstream;

    ProjectGraph(
        IReadOnlyList<GraphNode> ordered, Dictionary<TableName, GraphNode> nodes,
        Dictionary<TableName, List<TableName>> needed)
    {
        Nodes = ordered;
        (byName, upstream) = (nodes, needed);
        downstream = new(ordered.Count);
        foreach (var node in ordered)
        {
            downstream[node.Name] = [];
            foreach (var name in upstream[node.Name]) downstream[name].Add(node.Name);
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
        var needed = nodes.ToDictionary(node => node.Key, node => Needed(node.Value, nodes));
        var sorted = nodes.Keys.Select(name => (Name: name, Text: name.ToString())).ToArray();
        Array.Sort(sorted, static (a, b) => StringComparer.OrdinalIgnoreCase.Compare(a.Text, b.Text));
        var indexes = new Dictionary<TableName, int>(sorted.Length);
        for (var i = 0; i < sorted.Length; i++) indexes[sorted[i].Name] = i;
        var waiting = new int[sorted.Length];
        var dependents = new List<int>[sorted.Length];
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < sorted.Length; i++)
        {
            waiting[i] = needed[sorted[i].Name].Count;
            if (waiting[i] == 0) ready.Enqueue(i, i);
            foreach (var name in needed[sorted[i].Name]) (dependents[indexes[name]] ??= []).Add(i);
        }
        var ordered = new List<GraphNode>(nodes.Count);
        while (ready.TryDequeue(out var next, out _))
        {
            ordered.Add(nodes[sorted[next].Name]);
            foreach (var dependent in dependents[next] ?? [])
                if (--waiting[dependent] == 0) ready.Enqueue(dependent, dependent);
        }
        if (ordered.Count == nodes.Count) return new(ordered, nodes, needed);
        ReportCycle(nodes, sorted.Where((_, i) => waiting[i] > 0).Select(node => node.Name).ToHashSet(), errors);
        return null;
    }

    static List<TableName> Needed(GraphNode node, Dictionary<TableName, GraphNode> nodes)
    {
        var needed = new List<TableName>(node.References.Count);
        // A list is searched: few models read more than a handful of tables, and references name each once.
        foreach (var reference in node.References)
            if (reference.Name != node.Name && nodes.ContainsKey(reference.Name) && !needed.Contains(reference.Name)) needed.Add(reference.Name);
        return needed;
    }

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
