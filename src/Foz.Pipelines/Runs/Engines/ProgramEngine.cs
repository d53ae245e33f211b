using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Programs;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>Runs a model's program to its end.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
/// <param name="program">Its program.</param>
sealed class ProgramEngine(StepContext context, GraphNode.OfModel node, ModelProgram program) : IModelEngine
{
    /// <inheritdoc/>
    public async Task<ModelOutput> RunAsync(
        StepManifest manifest, EngineSession session, CancellationToken cancellationToken)
    {
        var names = new StepNameResolver(context.Lake, node, manifest.Tables);
        List<BoundStatement> bound = [];
        try
        {
            foreach (var reference in Read)
                bound.Add(await names.BindTableAsync(session, reference.Name, cancellationToken));
            var run = new ProgramRun
            {
                Model = node.Name, Program = program, Folder = context.Project!.Folder, Texts = context.Project.Texts,
                RunId = context.RunId,
                Tables =
                [
                    .. Read.Zip(bound, (reference, table) => new ProgramTable(
                        reference.Name, $"({table.Sql}\n)",
                        [.. session.Describe(table.Sql, cancellationToken).Select(column => column.ToField())])),
                ],
                Variables = context.Project.Variables.OfFile,
                IsIncremental = await IsIncrementalAsync(manifest, cancellationToken),
                Interval = manifest.Interval is { } interval ? (interval.Start, interval.End) : null,
                Python = context.Project.Python,
                LogFile = RunLogs.FileOf(context.Lake, context.RunId, node.Table),
                Mask = context.Project.Secrets.Mask,
            };
            var runner = new ProgramRunner(context.Lake.Engines, session, context.Lake.Clock);
            return new ModelOutput.Staged(await runner.RunAsync(run, cancellationToken));
        }
        finally
        {
            foreach (var table in bound) table.Dispose();
        }
    }

    /// <inheritdoc/>
    public Task<FozException> ExplainAsync(
        StepManifest manifest, FozException error, CancellationToken cancellationToken) =>
        Task.FromResult(ModelErrors.InFile(node.Model, error));

    IEnumerable<Reference> Read => node.References.Where(reference => !reference.IsOrderOnly);

    /// <summary>Whether the table stays, and is only added to.</summary>
    async Task<bool> IsIncrementalAsync(StepManifest manifest, CancellationToken cancellationToken) =>
        node.Model.Materialization.Strategy is not null && manifest.Replaces is not true
        // dbt's models ask whether there are rows already, Foz's whether those stay.
        && (program is not ModelProgram.Python { Dbt: not null }
            || await RenderedModel.IsThereAsync(context.Lake, node.Table, cancellationToken));
}
