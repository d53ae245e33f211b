using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Cli.Documentation;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz lineage</c>: shows the inputs and the dependents of a table or column.</summary>
static class LineageCommand
{
    public const string Name = "lineage";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("table"), new("upstream")];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string?>("table")
        {
            Description = "The table, view or column: silver.orders, silver.orders.amount",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var diagram = new Option<bool>("--er")
        {
            Description = "Draw an entity-relationship diagram in Mermaid, from checks of relationships",
        };
        var upstream = new Option<bool>("--upstream") { Description = "Show upstream tables (the default)" };
        var downstream = new Option<bool>("--downstream") { Description = "Show downstream tables" };
        var columns = new Option<bool>("--columns")
        {
            Description = "Show the lineage of each column, and what decides about rows",
        };
        var command = new ExampleCommand(
            Name, "Show the lineage of a table or column",
            ["foz lineage gold.daily_sales", "foz lineage gold.daily_sales.revenue",
                "foz lineage bronze.orders --downstream", "foz lineage gold.daily_sales --columns",
                "foz lineage --er"])
        {
            name, upstream, downstream, columns, diagram,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(upstream) && arguments.GetValue(downstream))
                throw new FozException(ErrorKind.Usage, "--upstream and --downstream cannot both be asked for");
            using var workspace = Workspace.Open(context, arguments, Workload.Query, Workload.Models);
            var (project, schemas) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            if (arguments.GetValue(diagram))
            {
                await WriteDiagramAsync(context, workspace, project, cancellationToken);
                return;
            }
            var isUpstream = !arguments.GetValue(downstream);
            var (table, column) = Split(
                arguments.GetValue(name) ?? throw new FozException(ErrorKind.Usage, "which table?")
                {
                    Hint = "foz lineage silver.orders; the whole project as a diagram: foz lineage --er",
                });
            if (column is null && !arguments.GetValue(columns))
            {
                await WriteTablesAsync(context, arguments, workspace, project, table, isUpstream, cancellationToken);
                return;
            }
            if (!isUpstream && column is null)
                throw new FozException(ErrorKind.Usage, "--columns shows what columns are made from")
                {
                    Hint = $"what is made from one: foz lineage {table}.<column> --downstream",
                };
            var inLake = project.Graph.Find(table)?.Table
                ?? await workspace.ResolveAsync(table.ToString(), cancellationToken);
            using var lineage = new ProjectLineage(project, workspace.Lake) { Schemas = schemas };
            await new ColumnLineageWriter(context, arguments, project, lineage)
                .WriteAsync(inLake, column, isUpstream, cancellationToken);
        });
        return command;
    }

    /// <summary>Draws the tree of what the project makes a table from.</summary>
    public static void Write(Shell shell, Project project, TableName table) =>
        Draw(shell, KindsOf(project, []), [.. project.Graph.Nodes.SelectMany(Edges)], table.ToString(),
            isUpstream: true);

    static async Task WriteDiagramAsync(
        CommandContext context, Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        var columns = new Dictionary<TableName, IReadOnlyList<Field>>();
        foreach (var node in project.Graph.Nodes)
            if (await workspace.Lake.Catalog.FindAsync(node.Table, cancellationToken) is { Kind: DefinitionKind.Table })
                columns[node.Table] = (await (await workspace.Lake.OpenTableAsync(node.Table, cancellationToken))
                    .FindLatestAsync(cancellationToken))?.Fields ?? [];
        var text = EntityDiagram.Of(project, table => columns.GetValueOrDefault(table) ?? [])
            ?? throw new FozException(ErrorKind.NotFound, "no table of the project refers to another one")
            {
                Hint = "a check 'relationships: {to: gold.dim_customer, field: customer_key}' "
                    + "at a column says that it does",
            };
        context.Shell.Out.Write(text);
    }

    /// <summary>Splits a table's name from the column's that may follow it.</summary>
    static (TableName Table, string? Column) Split(string text)
    {
        var parts = text.Split('.', 4);
        return parts switch
        {
            [TableName.Catalog, var schema, var table, var column] => (new(schema, table), column),
            [var schema, var table, var column] when schema != TableName.Catalog => (new(schema, table), column),
            _ => (TableName.Parse(text), null),
        };
    }

    static async Task WriteTablesAsync(
        CommandContext context, ParseResult arguments, Workspace workspace, Project project, TableName table,
        bool isUpstream, CancellationToken cancellationToken)
    {
        var edges = await ReadEdgesAsync(workspace, project, cancellationToken);
        var start = project.Graph.Find(table)?.Table.ToString() ?? table.ToString();
        if (!edges.Any(e => e.Touches(start)))
            start = (await workspace.ResolveAsync(start, cancellationToken)).ToString();
        if (context.IsTable(arguments))
            Draw(context.Shell, KindsOf(project, await OrphanTables.FindAsync(workspace, project, cancellationToken)),
                edges, start, isUpstream);
        else context.WriteRows(arguments, Columns, Reach(edges, start, isUpstream));
    }

    /// <summary>
    /// What the project says, and what runs recorded of tables that it no longer has or cannot know yet.
    /// </summary>
    static async Task<IReadOnlyList<Edge>> ReadEdgesAsync(
        Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        var stated = project.Graph.Nodes.SelectMany(Edges).ToList();
        var known = project.Graph.Nodes.Select(n => n.Table.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        try
        {
            var recorded = await workspace.QueryAsync(
                "SELECT table_name, upstream FROM foz.lineage l WHERE run_id = (SELECT max(run_id) FROM foz.lineage m "
                + "WHERE m.table_name = l.table_name) GROUP BY ALL ORDER BY ALL", cancellationToken);
            return
            [
                .. stated,
                .. recorded.Select(row => new Edge((string)row[0]!, (string)row[1]!))
                    .Where(e => !known.Contains(e.Table)),
            ];
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // No run has recorded any yet.
            return stated;
        }
    }

    /// <summary>Every edge on the way, each once.</summary>
    static IEnumerable<object?[]> Reach(IReadOnlyList<Edge> edges, string start, bool isUpstream)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { start };
        var open = new Queue<string>([start]);
        while (open.TryDequeue(out var at))
        {
            foreach (var edge in edges.Where(e => Same(isUpstream ? e.Table : e.Upstream, at)).Distinct())
            {
                yield return [edge.Table, edge.Upstream];
                var next = isUpstream ? edge.Upstream : edge.Table;
                if (seen.Add(next)) open.Enqueue(next);
            }
        }
    }

    static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    static Dictionary<string, string> KindsOf(Project project, IReadOnlyList<TableName> orphans)
    {
        var kinds = project.Graph.Nodes.ToDictionary(n => n.Table.ToString(), KindOf, StringComparer.OrdinalIgnoreCase);
        foreach (var orphan in orphans) kinds[orphan.ToString()] = "orphan: nothing in the project makes it any more";
        return kinds;
    }

    static void Draw(
        Shell shell, IReadOnlyDictionary<string, string> kinds, IReadOnlyList<Edge> all, string table, bool isUpstream)
    {
        var edges = all.ToLookup(
            e => isUpstream ? e.Table : e.Upstream, e => isUpstream ? e.Upstream : e.Table,
            StringComparer.OrdinalIgnoreCase);
        Trees.Write(
            shell, Entry(table), name => [.. edges[name].Distinct(StringComparer.OrdinalIgnoreCase).Select(Entry)]);

        TreeEntry Entry(string name) => new(name, kinds.GetValueOrDefault(name, ""));
    }

    static IEnumerable<Edge> Edges(GraphNode node) => node switch
    {
        GraphNode.OfStream stream =>
            [new(node.Table.ToString(), $"{stream.Source.Name}.{stream.Stream.Definition.Name}")],
        _ => node.References.Where(r => r is { IsOrderOnly: false, Kind: not ReferenceKind.Self })
            .Select(r => new Edge(node.Table.ToString(), r.Table.ToString())),
    };

    static string KindOf(GraphNode node) => node switch
    {
        GraphNode.OfStream stream => stream.Stream.Definition.Mode.ToString().ToLowerInvariant(),
        GraphNode.OfModel model => model.Model.Materialization.Name,
        _ => "",
    };

    /// <summary>An edge: one table is made from another, or from a stream.</summary>
    sealed record Edge(string Table, string Upstream)
    {
        public bool Touches(string name) => Same(Table, name) || Same(Upstream, name);
    }
}
