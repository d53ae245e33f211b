using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Operations.Incidents;

/// <summary>What a project says of a table of the lake: who owns it, and what is made from what.</summary>
/// <param name="Owner">The owner; null where none is named.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Schema">Its schema, as the project's SQL has it.</param>
/// <param name="Source">The source that fills it; null of a model.</param>
/// <param name="Upstream">The tables that it needs directly, by their names in the lake.</param>
sealed record TableFact(
    string? Owner, IReadOnlyList<string> Tags, string Schema, string? Source, IReadOnlyList<string> Upstream)
{
    /// <summary>Its checks.</summary>
    public IReadOnlyList<CheckDefinition> Checks { get; init; } = [];

    /// <summary>The tables that need it directly.</summary>
    public List<string> Downstream { get; } = [];

    /// <summary>What uses it outside of the project.</summary>
    public List<string> Exposures { get; } = [];
}

/// <summary>What a project says of its tables, by their names in the lake.</summary>
sealed class TableFacts
{
    readonly Dictionary<string, TableFact> tables;

    /// <param name="tables">The tables.</param>
    public TableFacts(Dictionary<string, TableFact> tables)
    {
        this.tables = tables;
        foreach (var (name, fact) in tables)
            foreach (var upstream in fact.Upstream)
                if (tables.TryGetValue(upstream, out var needed)) needed.Downstream.Add(name);
    }

    /// <summary>Those of no project, where none can be read.</summary>
    public static TableFacts Unknown { get; } = new([]) { IsKnown = false };

    /// <summary>Whether the project could be read.</summary>
    public bool IsKnown { get; private init; } = true;

    /// <summary>The names of all tables.</summary>
    public IEnumerable<string> Names => tables.Keys;

    /// <summary>Reads them from a project.</summary>
    public static TableFacts Of(Project project)
    {
        var graph = project.Graph;
        var found = new Dictionary<string, TableFact>(StringComparer.OrdinalIgnoreCase);
        foreach (var node in graph.Nodes)
        {
            TableFact fact = node switch
            {
                GraphNode.OfStream { Source: var source, Stream: var stream } => new(
                    source.Owner, stream.Tags, node.Name.Schema, source.Name, Upstream(node)),
                GraphNode.OfModel { Model: var model } => new(
                    model.Owner, model.Tags, node.Name.Schema, Source: null, Upstream(node)),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            found[node.Table.ToString()] = fact with { Checks = node.Checks };
        }
        foreach (var exposure in project.Exposures)
            foreach (var table in exposure.Tables)
                if (found.TryGetValue(table.ToString(), out var fact)) fact.Exposures.Add(exposure.Name);
        return new(found);

        IReadOnlyList<string> Upstream(GraphNode node) =>
            [.. graph.Upstream(node.Name).Select(name => $"{(graph.Find(name)?.Table ?? name)}")];
    }

    /// <summary>The facts of a table; null where the project has none of the name.</summary>
    public TableFact? Find(string table) => tables.GetValueOrDefault(table);

    /// <summary>Whether a step is one of the project; of all steps where the project cannot be read.</summary>
    public bool Has(string table) => !IsKnown || tables.ContainsKey(table);

    /// <summary>All that a table needs, directly or not, the nearest first.</summary>
    public IEnumerable<string> Ancestors(string table) => Reach(table, fact => fact.Upstream);

    /// <summary>All tables that need a table, and all exposures of it and of them.</summary>
    public IReadOnlyList<string> BlockedBy(string table)
    {
        if (Find(table) is not { } fact) return [];
        var below = Reach(table, next => next.Downstream).ToList();
        return
        [
            .. below,
            .. fact.Exposures.Concat(below.SelectMany(name => Find(name)?.Exposures ?? []))
                .Distinct(StringComparer.Ordinal)
                .Select(name => $"exposure {name}"),
        ];
    }

    /// <summary>The name of a table as the project's SQL has it.</summary>
    public string NameOf(string table) =>
        Find(table) is { } fact ? $"{fact.Schema}{table[table.IndexOf('.')..]}" : table;

    /// <summary>Whether one of some patterns means a table: of its name, its tags, owner or source.</summary>
    public bool IsMeant(string table, IReadOnlyList<string> patterns) => Find(table) is { } fact && patterns.Any(
        pattern => pattern.Split(':', 2) switch
        {
            ["tag", var tag] => fact.Tags.Any(own => Wildcards.Match(tag, own)),
            ["owner", var owner] => fact.Owner is { } own && Wildcards.Match(owner, own),
            ["source", var source] => fact.Source is { } own && Wildcards.Match(source, own),
            _ => Wildcards.Match(pattern, NameOf(table)),
        });

    IEnumerable<string> Reach(string start, Func<TableFact, IReadOnlyList<string>> next)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { start };
        var open = new Queue<string>([start]);
        while (open.TryDequeue(out var name))
            foreach (var neighbour in Find(name) is { } fact ? next(fact) : [])
                if (seen.Add(neighbour))
                {
                    yield return neighbour;
                    open.Enqueue(neighbour);
                }
    }
}
