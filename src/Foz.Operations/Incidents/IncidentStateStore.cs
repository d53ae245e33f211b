using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Operations.Firings;
using Foz.Storage;

namespace Foz.Operations.Incidents;

/// <summary>Reads and changes <see cref="IncidentState"/>; for one thread.</summary>
/// <param name="store">The lake's objects.</param>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed class IncidentStateStore(LakeStore store, string project, string environment)
{
    readonly string path = PathOf(project, environment);

    // A host looks several times a second, and the state of many incidents is large.
    (string ETag, IncidentState State)? parsed;

    /// <summary>Reads the state; that of no incident where there is none.</summary>
    public async Task<IncidentState> ReadAsync(CancellationToken cancellationToken) =>
        Parse(await store.GetAsync(path, cancellationToken));

    /// <summary>Replaces the state, again where another process was first.</summary>
    /// <param name="change">Gives the new one; the same object where nothing changes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The state after the change.</returns>
    public async Task<IncidentState> ChangeAsync(
        Func<IncidentState, IncidentState> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await store.GetAsync(path, cancellationToken);
            var before = Parse(stored);
            var after = change(before);
            if (ReferenceEquals(before, after)) return after;
            after = after with { Changes = before.Changes + 1 };
            var content = JsonSerializer.SerializeToUtf8Bytes(after, IncidentJson.Default.IncidentState);
            if (await FiringStore.ReplaceAsync(store, path, content, stored?.ETag, cancellationToken)) return after;
        }
    }

    static string PathOf(string project, string environment) =>
        $"_foz/incidents/{FiringStore.Escape(project, environment)}.json";

    IncidentState Parse(StoredObject? stored)
    {
        if (stored is null) return new();
        if (parsed?.ETag == stored.ETag) return parsed.Value.State;
        try
        {
            var state = JsonSerializer.Deserialize(stored.Content.Span, IncidentJson.Default.IncidentState)
                ?? throw new JsonException("it is empty");
            parsed = (stored.ETag, state);
            return state;
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Storage, $"the incidents {path} cannot be read: {e.Message}", e)
            {
                Hint = "delete that object: what is broken then opens incidents again",
            };
        }
    }
}
