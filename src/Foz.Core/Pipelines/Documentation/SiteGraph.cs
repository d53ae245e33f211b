using Foz.Core.Data;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;

namespace Foz.Core.Pipelines.Documentation;

/// <summary>Draws tables and how they hang together.</summary>
/// <param name="tables">All tables, by their names in the lake.</param>
sealed class SiteGraph(IReadOnlyDictionary<TableName, SiteTable> tables)
{
    const int ColumnsMax = 12;

    /// <summary>The tables that one is made from.</summary>
    public static IEnumerable<TableName> UpstreamOf(SiteTable table) => table.Node.References
        .Where(reference => reference is { IsOrderOnly: false, Kind: not ReferenceKind.Self }).Select(reference => reference.Table);

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
                    .Select(upstream => new DrawnEdge(numbers[upstream], numbers[name], $"{name} is made from {upstream}"))),
            ]);
    }

    /// <summary>Draws the tables that <c>relationships</c> checks hold together, with their keys.</summary>
    public Html DrawRelationships()
    {
        var relations = tables.Values.SelectMany(table => table.Node.Checks.OfType<CheckDefinition.Relationships>()
                .Select(check => (From: table, To: tables.Values.FirstOrDefault(other => other.Node.Name == check.To), Check: check)))
            .Where(relation => relation.To is not null && relation.To != relation.From).ToList();
        var shown = relations.SelectMany(r => new[] { r.To!, r.From }).Distinct().OrderBy(t => t.Name.ToString(), StringComparer.Ordinal).ToList();
        var keys = relations.SelectMany(r => new[] { (r.From.Name, Column: r.Check.Column), (r.To!.Name, Column: r.Check.Field) })
            .ToLookup(key => key.Name, key => key.Column);
        List<DrawnNode> nodes =
        [
            .. shown.Select(table => new DrawnNode(table.Name.ToString(), table.Kind, SitePage.PathOf(table.Name))
            {
                Lines =
                [
                    .. table.Columns.OrderBy(c => keys[table.Name].Contains(c.Name, StringComparer.OrdinalIgnoreCase) ? 0 : 1)
                        .Take(ColumnsMax).Select(c => (c.Name, c.Type ?? "")),
                ],
            }),
        ];
        var edges = new List<DrawnEdge>();
        foreach (var (from, to, check) in relations)
        {
            var edge = new DrawnEdge(shown.IndexOf(to!), shown.IndexOf(from), $"{from.Name}.{check.Column} → {to!.Name}.{check.Field}");
            // Tables may point at each other; one of the arrows is drawn the other way round.
            edges.Add(Reaches(edges, edge.To, edge.From) ? edge with { From = edge.To, To = edge.From } : edge);
        }
        return GraphDrawing.Draw("Relationships between tables", nodes, edges);
    }

    static bool Reaches(List<DrawnEdge> edges, int from, int to) =>
        from == to || edges.Where(edge => edge.From == from).Any(edge => Reaches(edges, edge.To, to));
}
