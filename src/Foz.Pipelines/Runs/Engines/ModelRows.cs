using System.Diagnostics;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Programs;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>Reads the rows that the engine of a model gave for a batch, wherever they are.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
/// <param name="session">The session that reads them.</param>
sealed class ModelRows(StepContext context, GraphNode.OfModel node, EngineSession session)
{
    /// <summary>Returns the rows, with the columns that they are to have; they last as long as the output.</summary>
    /// <param name="output">What the engine gave.</param>
    /// <param name="manifest">The batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Files are no table, or hold values that columns cannot have.</exception>
    public async Task<Relation> OpenAsync(
        ModelOutput output, StepManifest manifest, CancellationToken cancellationToken) => output switch
        {
            ModelOutput.Pulled pulled => pulled.Rows,
            ModelOutput.Staged staged => await OpenAsync(staged.Files, manifest, cancellationToken),
            _ => throw new UnreachableException(),
        };

    async Task<Relation> OpenAsync(StagedFiles files, StepManifest manifest, CancellationToken cancellationToken)
    {
        context.Meter.Begin(bytesTotal: files.SizeBytes);
        var staged = new StagedRows(files, session)
        {
            ColumnTypes = node.Columns.Where(c => c.Type is not null)
                .ToDictionary(c => c.Name, c => c.Type!, StringComparer.OrdinalIgnoreCase),
            EmptyColumns = files.Paths.Count == 0 ? await EmptyColumnsAsync(cancellationToken) : [],
        };
        var rows = staged.Open(cancellationToken);
        if (IntervalSql.Of(node.Model, manifest.Interval) is not { } interval) return rows;
        var columns = rows.Describe(cancellationToken);
        return new(session, interval.Filter(rows.Sql, columns), columns: IntervalSql.ColumnsOf(columns));
    }

    /// <summary>
    /// The columns of the present table, with those that are declared; of one that is not made, those that are, if all
    /// types are known.
    /// </summary>
    async Task<IReadOnlyList<(string Name, string Type)>> EmptyColumnsAsync(CancellationToken cancellationToken)
    {
        var table = await context.Lake.OpenTableAsync(node.Table, cancellationToken);
        var present = await table.FindLatestAsync(cancellationToken);
        if (present is null && node.Columns.Any(column => column.Type is null)) return [];
        var own = node.Model.Materialization.Strategy is IncrementalStrategy.Scd2 history ? history.Columns.Names : [];
        var columns = (present?.Fields ?? [])
            .Where(field => !own.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(
                field => field.Name, field => ColumnTypes.NameOf(field.Type), StringComparer.OrdinalIgnoreCase);
        foreach (var column in node.Columns.Where(column => column.Type is not null))
            columns[column.Name] = column.Type!;
        return [.. columns.Select(column => (column.Key, column.Value))];
    }
}
