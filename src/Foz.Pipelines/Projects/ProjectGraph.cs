using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>What of a project is made from what. It has no cycles.</summary>
public sealed class ProjectGraph
{
    readonly Dictionary<TableName, Vertex> vertices;

    ProjectGraph(IReadOnlyList<Vertex> ordered, Dictionary<TableName, Vertex> byName)
    {
        vertices = byName;
        foreach (var vertex in ordered)
            foreach (var needed in vertex.Needed) needed.Downstream.Add(vertex.Name);
        Nodes = [.. ordered.Select(vertex => vertex.Node)];
    }

    /// <summary>All nodes, each after those that it needs; otherwise in the order of names.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The node of a name; null where there is none.</summary>
    public GraphNode? Find(TableName name) => vertices.GetValueOrDefault(name)?.Node;

    /// <summary>The nodes that a node needs directly.</summary>
    public IReadOnlyList<TableName> Upstream(TableName name) => vertices[name].Upstream;

    /// <summary>The nodes that need a node directly.</summary>
    public IReadOnlyList<TableName> Downstream(TableName name) => vertices[name].Downstream;

    /// <summary>All that a node needs, directly or not, without itself.</summary>
    public IReadOnlySet<TableName> Ancestors(TableName name) => Reach(name, Upstream);

    /// <summary>All that needs a node, directly or not, without itself.</summary>
    public IReadOnlySet<TableName> Descendants(TableName name) => Reach(name, Downstream);

    /// <summary>Builds the graph; nodes on a cycle are reported with the way round.</summary>
    /// <param name="all">The nodes, names unique, references resolved.</param>
    /// <param name="errors">Takes the cycles.</param>
    /// <returns>The graph; null where there is a cycle.</returns>
    public static ProjectGraph? Build(IEnumerable<GraphNode> all, ErrorList errors)
    {
        var byName = all.ToDictionary(node => node.Name, node => new Vertex(node));
        foreach (var vertex in byName.Values) vertex.Connect(byName);
        var sorted = byName.Values.ToArray();
        Array.Sort(sorted, static (a, b) => StringComparer.OrdinalIgnoreCase.Compare(a.Text, b.Text));
        var waiting = new int[sorted.Length];
        var dependents = new List<int>?[sorted.Length];
        for (var i = 0; i < sorted.Length; i++) sorted[i].Rank = i;
        var ready = new PriorityQueue<int, int>();
        foreach (var vertex in sorted)
        {
            waiting[vertex.Rank] = vertex.Needed.Count;
            if (vertex.Needed.Count == 0) ready.Enqueue(vertex.Rank, vertex.Rank);
            foreach (var needed in vertex.Needed) (dependents[needed.Rank] ??= []).Add(vertex.Rank);
        }
        var ordered = new List<Vertex>(sorted.Length);
        while (ready.TryDequeue(out var next, out _))
        {
            ordered.Add(sorted[next]);
            foreach (var dependent in dependents[next] ?? [])
                if (--waiting[dependent] == 0) ready.Enqueue(dependent, dependent);
        }
        if (ordered.Count == sorted.Length) return new(ordered, byName);
        ReportCycle([.. sorted.Where(vertex => waiting[vertex.Rank] > 0)], errors);
        return null;
    }

    /// <summary>Walks against the arrows among nodes that wait for each other until one comes again.</summary>
    /// <param name="waiting">The nodes, by name.</param>
    /// <param name="errors">Takes the cycle.</param>
    static void ReportCycle(List<Vertex> waiting, ErrorList errors)
    {
        var way = new List<Vertex>();
        var at = waiting[0];
        while (!way.Contains(at))
        {
            way.Add(at);
            at = at.Needed.First(waiting.Contains);
        }
        List<Vertex> cycle = [.. way[way.IndexOf(at)..], at];
        var steps = cycle.Zip(cycle.Skip(1))
            .Select(step => step.First.Node.References.First(r => r.Name == step.Second.Name)).ToList();
        var path = string.Join(" → ", cycle.Select(vertex => vertex.Name));
        var places = string.Join("\n  ", steps.Select((step, i) => $"{step.Place}: {cycle[i].Name} needs {step.Name}"));
        var cause = steps.Any(s => s.IsOrderOnly)
            ? "take one of them out; a check may stand in tests/ instead, which runs when both tables are there"
            : "take one of them out";
        errors.Add(steps[0].Place, $"a cycle: {path}", $"{cause}:\n  {places}");
    }

    /// <summary>A node with those around it.</summary>
    /// <param name="node">The node.</param>
    sealed class Vertex(GraphNode node)
    {
        public GraphNode Node => node;

        public TableName Name { get; } = node.Name;

        public string Text { get; } = node.Name.ToString();

        /// <summary>Its number in the order of names.</summary>
        public int Rank { get; set; }

        public List<Vertex> Needed { get; } = new(node.References.Count);

        public List<TableName> Upstream { get; } = new(node.References.Count);

        public List<TableName> Downstream { get; } = [];

        /// <summary>Finds what the node needs.</summary>
        public void Connect(Dictionary<TableName, Vertex> byName)
        {
            foreach (var reference in node.References)
            {
                // A list is searched: few models read more than a handful of tables, and references name each once.
                if (reference.Name == Name || !byName.TryGetValue(reference.Name, out var vertex)
                    || Needed.Contains(vertex))
                    continue;
                Needed.Add(vertex);
                Upstream.Add(vertex.Name);
            }
        }
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
