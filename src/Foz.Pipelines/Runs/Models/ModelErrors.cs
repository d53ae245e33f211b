using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>Errors of the engine in the SQL of models, with their places in the project's files.</summary>
static class ModelErrors
{
    /// <summary>Whether more can be said of an error of a model's SQL: its place in the file, or the stream whose types to declare.</summary>
    public static bool AreExplained(FozException error) => LacksPlace(error) || TextColumns.IsCauseOf(error);

    /// <summary>The error with what more can be said of it.</summary>
    /// <param name="context">The run.</param>
    /// <param name="node">The model.</param>
    /// <param name="manifest">The batch.</param>
    /// <param name="bound">The model's SELECT as it was bound; null where it was not.</param>
    /// <param name="error">The error.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<FozException> ExplainAsync(
        StepContext context, GraphNode.OfModel node, StepManifest manifest, BoundStatement? bound, FozException error,
        CancellationToken cancellationToken)
    {
        if (TextColumns.IsCauseOf(error))
        {
            using var session = context.Lake.Engines.Open(Workload.Models);
            error = await TextColumns.ExplainAsync(
                error, node.Model.Sql, new StepNames(context.Lake, node, manifest.Tables), session, cancellationToken);
        }
        return LacksPlace(error) ? await LocateAsync(context, node.Model, bound, error, cancellationToken) : error;
    }

    static bool LacksPlace(FozException error) =>
        error is { Kind: ErrorKind.Sql, Place: null } or { Place.File: SqlPlaces.File };

    /// <summary>The error with its place in the model's file: the one that a plan shows, where the SELECT does not bind.</summary>
    static async Task<FozException> LocateAsync(
        StepContext context, Model model, BoundStatement? bound, FozException error, CancellationToken cancellationToken)
    {
        using var lineage = context.Lineage?.Invoke();
        var file = model.Body.Start.File;
        if (lineage is not null && model.Program is null
            && (await lineage.FindAsync(model, [], cancellationToken)).Error is { Kind: ErrorKind.Sql, Place: { } place } planned
            && place.File == file)
            return error.Hint is null ? planned : At(place);
        return At(bound?.FindIn(error, model.Sql) is { } index ? model.Body.PlaceOf(index) : new(file));

        FozException At(Place found) => new(error.Kind, error.Message, error)
        {
            Place = found, Hint = error.Hint, SqlState = error.SqlState, IsTransient = error.IsTransient,
        };
    }
}
