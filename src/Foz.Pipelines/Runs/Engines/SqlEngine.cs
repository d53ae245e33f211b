using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>Runs the SELECT of a model in DuckDB, while its rows are read.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
sealed class SqlEngine(StepContext context, GraphNode.OfModel node) : IModelEngine
{
    /// <summary>The columns of a model with intervals, once they are known.</summary>
    IReadOnlyList<EngineColumn>? columns;

    /// <summary>The SELECT as it was bound last.</summary>
    BoundStatement? bound;

    Model Model => node.Model;

    /// <inheritdoc/>
    public async Task<ModelOutput> RunAsync(
        StepManifest manifest, EngineSession session, CancellationToken cancellationToken)
    {
        var binder = new StatementBinder(session, new StepNameResolver(context.Lake, node, manifest.Tables));
        if (IntervalSql.Of(Model, manifest.Interval) is not { } interval)
        {
            bound = await binder.BindAsync(Model.Sql, cancellationToken);
            return new ModelOutput.Pulled(new(session, bound.Sql, bound));
        }
        var sql = interval.Fill();
        if (columns is null)
        {
            using var unfiltered = await binder.BindAsync(sql, cancellationToken);
            columns = session.Describe(unfiltered.Sql, cancellationToken);
        }
        bound = await binder.BindAsync(interval.Filter(sql, columns), cancellationToken);
        return new ModelOutput.Pulled(new(session, bound.Sql, bound, IntervalSql.ColumnsOf(columns)));
    }

    /// <inheritdoc/>
    public async Task<FozException> ExplainAsync(
        StepManifest manifest, FozException error, CancellationToken cancellationToken)
    {
        if (TextColumns.IsCauseOf(error))
        {
            using var session = context.Lake.Engines.Open(Workload.Models);
            var names = new StepNameResolver(context.Lake, node, manifest.Tables);
            error = await TextColumns.ExplainAsync(error, Model.Sql, names, session, cancellationToken);
        }
        return ModelErrors.LackPlace(error) ? await LocateAsync(error, cancellationToken) : error;
    }

    /// <summary>
    /// The error with its place in the file: the one that a plan shows, where the SELECT does not bind.
    /// </summary>
    async Task<FozException> LocateAsync(FozException error, CancellationToken cancellationToken)
    {
        using var lineage = context.Lineage?.Invoke();
        var planned = lineage is null ? null : (await lineage.FindAsync(Model, [], cancellationToken)).Error;
        if (planned is { Kind: ErrorKind.Sql, Place: { } place } && place.File == Model.Body.Start.File)
            return error.Hint is null ? planned : ModelErrors.At(place, error);
        return bound?.FindIn(error, Model.Sql) is { } index
            ? ModelErrors.At(Model.Body.PlaceOf(index), error)
            : ModelErrors.InFile(Model, error);
    }
}
