using Foz.Serving.Catalogs;
using Foz.Serving.Governance;

namespace Foz.Serving.Sessions;

/// <summary>
/// The catalog as a session sees it: functions of SQL find the views of its last statements by their numbers.
/// </summary>
/// <param name="catalogs">The images of the catalog.</param>
/// <param name="user">Who the session is of.</param>
/// <param name="access">Gives what is granted.</param>
/// <param name="searchPath">Gives the schemas in which names without one are looked for.</param>
/// <param name="signal">Does what <c>pg_cancel_backend</c> and <c>pg_terminate_backend</c> say.</param>
sealed class SessionCatalog(
    CatalogImages catalogs, SessionUser user, Func<AccessList> access, Func<IEnumerable<string>> searchPath,
    Func<string, int, bool> signal) : IDisposable
{
    const int ViewsMax = 16;

    readonly Queue<(CatalogView View, long Number)> views = new();
    readonly HashSet<CatalogImage> images = [];

    /// <summary>What the session sees now, and the number by which functions of SQL find it.</summary>
    public async Task<(CatalogView View, long Number)> ViewAsync(CancellationToken cancellationToken)
    {
        var image = await catalogs.GetAsync(user, images, cancellationToken);
        var view = new CatalogView(image, user.Name, [.. SchemasOf(image)])
        {
            Signal = signal, Asks = view => new(view, user, access()),
        };
        if (views.Count > 0 && views.Last() is var last && last.View.Image == image
            && last.View.SearchPath.SequenceEqual(view.SearchPath))
            return last;
        views.Enqueue((view, catalogs.Add(view)));
        // Statements that run know the ones before.
        if (views.Count > ViewsMax) catalogs.Remove(views.Dequeue().Number);
        return views.Last();
    }

    /// <summary>Lets go of the images that the statement before held.</summary>
    public void Release()
    {
        if (images.Count > 0) catalogs.Release(images);
    }

    /// <summary>Lets go of all that its statements hold.</summary>
    public void Dispose()
    {
        while (views.TryDequeue(out var view)) catalogs.Remove(view.Number);
        catalogs.Release(images);
    }

    /// <summary>The schemas of the search path that there are.</summary>
    IEnumerable<string> SchemasOf(CatalogImage image) =>
        searchPath().Where(schema => image.Schemas.Contains(schema, StringComparer.OrdinalIgnoreCase));
}
