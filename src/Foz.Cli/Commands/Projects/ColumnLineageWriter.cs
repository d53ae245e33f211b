using System.CommandLine;
using System.Text.Json;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine.Plans;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary>Shows what columns are made from: a column as a tree, a table as a list.</summary>
sealed class ColumnLineageWriter(CommandContext context, ParseResult arguments, Project project, ProjectLineage lineage)
{
    static readonly IReadOnlyList<ResultColumn> Heads =
        [new("table"), new("column"), new("upstream"), new("upstream_column"), new("transformation")];

    static readonly IReadOnlyList<ResultColumn> HeadsOfTable =
        [new("column"), new("upstream"), new("upstream_column"), new("transformation")];

    /// <summary>Shows a column, or all columns of a table.</summary>
    /// <param name="table">The table's name in the lake.</param>
    /// <param name="column">The column; null for all.</param>
    /// <param name="isUpstream">Whether to show its inputs; otherwise its dependents.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Thrown when the column is unknown, or the SQL of its table does not bind.
    /// </exception>
    public async Task WriteAsync(TableName table, string? column, bool isUpstream, CancellationToken cancellationToken)
    {
        var node = await lineage.FindAsync(table, cancellationToken);
        if (node.Error is not null) throw node.Error;
        if (column is null)
        {
            var rows = Edges(node).Where(edge => edge.Column is not null)
                .Concat(Edges(node).Where(edge => edge.Column is null));
            if (context.IsTable(arguments))
                context.WriteRows(arguments, HeadsOfTable, rows.Select(edge => (object?[])
                    [
                        edge.Column ?? "(its rows)", edge.Input.Table.ToString(), edge.Input.Column,
                        NameOf(edge.Input.Transformation),
                    ]));
            else
                context.WriteRows(arguments, Heads, rows.Select(Row));
            return;
        }
        if (node.Find(column) is not { } found) throw Unknown(node, column);
        var edges = isUpstream
            ? await AboveAsync(new(table, found.Field.Name), cancellationToken)
            : await BelowAsync(new(table, found.Field.Name), cancellationToken);
        if (context.IsTable(arguments)) Draw(new(table, found.Field.Name), edges, isUpstream);
        else context.WriteRows(arguments, Heads, edges.Select(Row));
    }

    /// <summary>All that a column is made from, directly or not.</summary>
    async Task<IReadOnlyList<ColumnEdge>> AboveAsync(ColumnName start, CancellationToken cancellationToken)
    {
        var edges = new List<ColumnEdge>();
        var seen = new HashSet<ColumnName> { start };
        var open = new Queue<ColumnName>([start]);
        while (open.TryDequeue(out var at))
        {
            if (project.FindSource(at.Table.Schema) is { } source
                && source.Streams.Any(s => s.Definition.Name.Equals(at.Table.Name, StringComparison.OrdinalIgnoreCase)))
                continue;
            var node = await lineage.FindAsync(at.Table, cancellationToken);
            foreach (var input in node.Find(at.Column)?.Inputs ?? [])
            {
                edges.Add(new(at.Table, node.Find(at.Column)!.Field.Name, input));
                if (seen.Add(new(input.Table, input.Column))) open.Enqueue(new(input.Table, input.Column));
            }
        }
        return edges;
    }

    /// <summary>
    /// Returns all columns that depend on a column, directly or not; models that do not bind are reported and skipped.
    /// </summary>
    async Task<IReadOnlyList<ColumnEdge>> BelowAsync(ColumnName start, CancellationToken cancellationToken)
    {
        var all = await lineage.FindAllAsync(cancellationToken);
        foreach (var error in all.Select(node => node.Error).OfType<FozException>().DistinctBy(e => e.Message))
            context.Warn(new(error.Describe()));
        var byInput = all.SelectMany(Edges).Where(edge => edge.Column is not null)
            .ToLookup(edge => new ColumnName(edge.Input.Table, edge.Input.Column));
        var edges = new List<ColumnEdge>();
        var seen = new HashSet<ColumnName> { start };
        var open = new Queue<ColumnName>([start]);
        while (open.TryDequeue(out var at))
        {
            foreach (var edge in byInput[at])
            {
                edges.Add(edge);
                if (seen.Add(new(edge.Table, edge.Column!))) open.Enqueue(new(edge.Table, edge.Column!));
            }
        }
        return edges;
    }

    void Draw(ColumnName start, IReadOnlyList<ColumnEdge> edges, bool isUpstream)
    {
        var children = edges.ToLookup(
            edge =>
                (isUpstream ? new(edge.Table, edge.Column!) : new ColumnName(edge.Input.Table, edge.Input.Column))
                    .ToString(),
            edge =>
                (Name: (isUpstream
                    ? new(edge.Input.Table, edge.Input.Column)
                    : new ColumnName(edge.Table, edge.Column!)).ToString(),
                    Way: NameOf(edge.Input.Transformation)),
            StringComparer.OrdinalIgnoreCase);
        Trees.Write(context.Shell, new(start.ToString(), ""), name =>
        [
            .. children[name].GroupBy(child => child.Name, StringComparer.OrdinalIgnoreCase)
                .Select(child => new TreeEntry(
                child.Key, string.Join(", ", child.Select(c => c.Way).Distinct(StringComparer.Ordinal)))),
        ]);
    }

    static IEnumerable<ColumnEdge> Edges(NodeLineage node) =>
    [
        .. node.Columns.SelectMany(column =>
            column.Inputs.Select(input => new ColumnEdge(node.Table, column.Field.Name, input))),
        .. node.Conditions.Select(input => new ColumnEdge(node.Table, null, input)),
    ];

    static object?[] Row(ColumnEdge edge) =>
        [
            edge.Table.ToString(), edge.Column, edge.Input.Table.ToString(), edge.Input.Column,
            NameOf(edge.Input.Transformation),
        ];

    static string NameOf(Transformation transformation) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(transformation.ToString());

    static FozException Unknown(NodeLineage node, string column) =>
        new(ErrorKind.NotFound, $"{node.Table} has no column '{column}'")
        {
            Hint = NearestName.Find(column, node.Columns.Select(c => c.Field.Name)) is { } near
                ? $"did you mean '{near}'?"
                : $"it has {string.Join(", ", node.Columns.Select(c => c.Field.Name))}",
        };

    /// <summary>A column of a table, equal regardless of case.</summary>
    readonly record struct ColumnName(TableName Table, string Column)
    {
        public bool Equals(ColumnName other) =>
            Table == other.Table && string.Equals(Column, other.Column, StringComparison.OrdinalIgnoreCase);

        public override int GetHashCode() =>
            HashCode.Combine(Table, StringComparer.OrdinalIgnoreCase.GetHashCode(Column));

        public override string ToString() => $"{Table}.{Column}";
    }

    /// <summary>Records that a column, or with null the rows of a table, is made from a column.</summary>
    sealed record ColumnEdge(TableName Table, string? Column, UpstreamColumn Input);
}
