using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Programs;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>Runs a model's program for a batch.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
/// <param name="session">The session that will read the rows.</param>
/// <param name="names">What names stand for in the batch.</param>
sealed class ModelProgramStep(StepContext context, GraphNode.OfModel node, EngineSession session, StepNames names)
{
    /// <summary>Hands the tables over that the batch reads, and runs the program to its end.</summary>
    /// <param name="manifest">The batch.</param>
    /// <param name="isIncremental">Whether the table stays.</param>
    /// <param name="cancellationToken">Stops it, and the program.</param>
    public async Task<Relation> RunAsync(StepManifest manifest, bool isIncremental, CancellationToken cancellationToken)
    {
        List<BoundStatement> bound = [];
        try
        {
            foreach (var reference in Read) bound.Add(await names.BindTableAsync(session, reference.Name, cancellationToken));
            var run = new ProgramRun
            {
                Model = node.Name, Program = node.Model.Program!, Folder = context.Project!.Folder, RunId = context.RunId,
                Tables =
                [
                    .. Read.Zip(bound, (reference, table) => new ProgramTable(
                        reference.Name, $"({table.Sql}\n)",
                        [.. session.Describe(table.Sql, cancellationToken).Select(column => column.ToField())])),
                ],
                ColumnTypes = node.Columns.Where(c => c.Type is not null)
                    .ToDictionary(c => c.Name, c => c.Type!, StringComparer.OrdinalIgnoreCase),
                EmptyColumns = await EmptyColumnsAsync(cancellationToken),
                Variables = context.Project.Variables.OfFile,
                // dbt's models ask whether there are rows already, Foz's whether those stay.
                IsIncremental = isIncremental && (node.Model.Program is not ModelProgram.Python { Dbt: not null }
                    || await RenewedModel.IsThereAsync(context.Lake, node.Table, cancellationToken)),
                Interval = manifest.Interval is { } interval ? (interval.Start, interval.End) : null,
                Python = context.Project.Python,
                LogFile = RunLogs.FileOf(context.Lake, context.RunId, node.Table),
                Mask = context.Project.Secrets.Mask,
            };
            var runner = new ProgramRunner(context.Lake.Engines, session, context.Lake.Clock);
            return await runner.RunAsync(run, cancellationToken);
        }
        finally
        {
            foreach (var table in bound) table.Dispose();
        }
    }

    /// <summary>The columns of the present table, with those that are declared; of one that is not made, those that are, if all types are known.</summary>
    async Task<IReadOnlyList<(string Name, string Type)>> EmptyColumnsAsync(CancellationToken cancellationToken)
    {
        var table = await context.Lake.OpenTableAsync(node.Table, cancellationToken);
        var present = await table.FindLatestAsync(cancellationToken);
        if (present is null && node.Columns.Any(column => column.Type is null)) return [];
        var own = node.Model.Materialization.Strategy is IncrementalStrategy.Scd2 history ? history.Columns.Names : [];
        var columns = (present?.Fields ?? [])
            .Where(field => !own.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(field => field.Name, field => ColumnTypes.NameOf(field.Type), StringComparer.OrdinalIgnoreCase);
        foreach (var column in node.Columns.Where(column => column.Type is not null)) columns[column.Name] = column.Type!;
        return [.. columns.Select(column => (column.Key, column.Value))];
    }

    IEnumerable<Reference> Read => node.References.Where(reference => !reference.IsOrderOnly);
}
