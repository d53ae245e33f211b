using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Documentation;

/// <summary>Draws tables and how they hang together.</summary>
/// <param name="tables">All tables, by their names in the lake.</param>
sealed class SiteGraph(IReadOnlyDictionary<TableName, SiteTable> tables)
{
    const int ColumnsMax = 12;

    readonly ILookup<TableName, TableName> downstream = tables.Values
        .SelectMany(table => UpstreamOf(table).Distinct().Select(upstream => (upstream, table.Name)))
        .ToLookup(edge => edge.upstream, edge => edge.Name);

    /// <summary>The tables that one is made from.</summary>
    public static IEnumerable<TableName> UpstreamOf(SiteTable table) => table.Node.References
        .Where(reference => reference is { IsOrderOnly: false, Kind: not ReferenceKind.Self })
        .Select(reference => reference.Table);

    /// <summary>The tables that are made from one.</summary>
    public IEnumerable<TableName> DownstreamOf(TableName name) => downstream[name];

    /// <summary>Draws what is made from what.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="shown">The tables in it.</param>
    /// <param name="root">The way from the page to the site's root: <c>../</c> or nothing.</param>
    /// <param name="focus">The table that it is about; null for none.</param>
    public Html Draw(string title, IReadOnlyList<TableName> shown, string root, TableName? focus = null)
    {
        var numbers = shown.Select((name, number) => (name, number)).ToDictionary(n => n.name, n => n.number);
        return GraphDrawing.Draw(
            title,
            [
                .. shown.Select(name => new DrawnNode(name.ToString(), tables[name].Kind, root + SitePage.PathOf(name))
                {
                    IsFocus = name == focus,
                }),
            ],
            [
                .. shown.SelectMany(name => UpstreamOf(tables[name]).Where(numbers.ContainsKey).Distinct()
                    .Select(upstream =>
                        new DrawnEdge(numbers[upstream], numbers[name], $"{name} is made from {upstream}"))),
            ]);
    }

    /// <summary>Draws the tables that <c>relationships</c> checks hold together, with their keys.</summary>
    public Html DrawRelationships()
    {
        var relations = EntityDiagram.Edges([.. tables.Values.Select(table => table.Node)])
            .Where(edge => edge.From != edge.To)
            .Select(edge => (From: tables[edge.From.Table], edge.Check, To: tables[edge.To.Table])).ToList();
        var shown = relations.SelectMany(r => new[] { r.To, r.From }).Distinct()
            .OrderBy(t => t.Name.ToString(), StringComparer.Ordinal).ToList();
        var keys = relations.SelectMany(r =>
            new[] { (r.From.Name, Column: r.Check.Column), (r.To.Name, Column: r.Check.Field) })
            .ToLookup(key => key.Name, key => key.Column);
        List<DrawnNode> nodes =
        [
            .. shown.Select(table => new DrawnNode(table.Name.ToString(), table.Kind, SitePage.PathOf(table.Name))
            {
                Lines =
                [
                    .. table.Columns.OrderBy(c =>
                        keys[table.Name].Contains(c.Name, StringComparer.OrdinalIgnoreCase) ? 0 : 1)
                        .Take(ColumnsMax).Select(c => (c.Name, c.Type ?? "")),
                ],
            }),
        ];
        var edges = new List<DrawnEdge>();
        foreach (var (from, check, to) in relations)
        {
            var edge = new DrawnEdge(
                shown.IndexOf(to), shown.IndexOf(from), $"{from.Name}.{check.Column} → {to.Name}.{check.Field}");
            // Tables may point at each other; one of the arrows is drawn the other way round.
            edges.Add(Reaches(edges, edge.To, edge.From) ? edge with { From = edge.To, To = edge.From } : edge);
        }
        return GraphDrawing.Draw("Relationships between tables", nodes, edges);
    }

    static bool Reaches(List<DrawnEdge> edges, int from, int to)
    {
        var seen = new HashSet<int> { from };
        var open = new Stack<int>(seen);
        while (open.TryPop(out var at))
        {
            if (at == to) return true;
            foreach (var edge in edges.Where(edge => edge.From == at))
                if (seen.Add(edge.To)) open.Push(edge.To);
        }
        return false;
    }
}
