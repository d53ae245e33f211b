using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>Reads the file of a seed.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The seed.</param>
/// <param name="seed">Its file.</param>
sealed class SeedEngine(StepContext context, GraphNode.OfModel node, Materialization.Seed seed) : IModelEngine
{
    /// <inheritdoc/>
    public async Task<ModelOutput> RunAsync(
        StepManifest manifest, EngineSession session, CancellationToken cancellationToken)
    {
        var select = new SeedRows(session, node.Model, seed).Select(cancellationToken);
        var names = new StepNameResolver(context.Lake, node, manifest.Tables);
        var bound = await new StatementBinder(session, names).BindAsync(select, cancellationToken);
        return new ModelOutput.Pulled(new(session, bound.Sql, bound));
    }

    /// <inheritdoc/>
    public Task<FozException> ExplainAsync(
        StepManifest manifest, FozException error, CancellationToken cancellationToken) =>
        Task.FromResult(ModelErrors.InFile(node.Model, error));
}
