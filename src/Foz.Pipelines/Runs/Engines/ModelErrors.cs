using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>Errors of the engine in the SQL of models, with their places in the project's files.</summary>
static class ModelErrors
{
    /// <summary>
    /// Whether more can be said of an error: its place in a file, or the stream whose types to declare.
    /// </summary>
    public static bool AreExplained(FozException error) => LackPlace(error) || TextColumns.IsCauseOf(error);

    /// <summary>Whether an error has no place in a file.</summary>
    public static bool LackPlace(FozException error) =>
        error is { Kind: ErrorKind.Sql, Place: null } or { Place.File: SqlPlaces.File };

    /// <summary>An error in a model's file, without a line where the place is not known.</summary>
    public static FozException InFile(Model model, FozException error) =>
        LackPlace(error) ? At(new(model.Body.Start.File), error) : error;

    /// <summary>An error with its place.</summary>
    public static FozException At(Place place, FozException error) => new(error.Kind, error.Message, error)
    {
        Place = place, Hint = error.Hint, SqlState = error.SqlState, IsTransient = error.IsTransient,
    };
}
