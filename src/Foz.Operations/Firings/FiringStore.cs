using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Operations.Firings;

/// <summary>
/// The firings of a project in an environment, those of one minute in one object:
/// <c>_foz/firings/&lt;project&gt;.&lt;environment&gt;/&lt;minute&gt;.json</c>. A firing that is there is never added
/// again, so that a decision can be repeated without harm.
/// </summary>
/// <param name="store">The lake's objects.</param>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed class FiringStore(LakeStore store, string project, string environment)
{
    readonly string folder = $"_foz/firings/{Escape(project, environment)}";

    /// <summary>Adds firings to a batch, unless it has them.</summary>
    /// <returns>The batch as it is then.</returns>
    public Task<IReadOnlyList<Firing>> AddAsync(
        string batch, IReadOnlyList<Firing> firings, CancellationToken cancellationToken) => ChangeAsync(
        batch,
        present =>
        {
            var known = present.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
            var added = firings.Where(firing => known.Add(firing.Id)).ToList();
            return added.Count == 0 ? null : [.. present, .. added];
        },
        cancellationToken);

    /// <summary>Replaces firings of a batch, unless they have ended there, and adds those that it lacks.</summary>
    /// <returns>The batch as it is then.</returns>
    public Task<IReadOnlyList<Firing>> UpdateAsync(
        string batch, IReadOnlyList<Firing> firings, CancellationToken cancellationToken) => ChangeAsync(
        batch,
        present =>
        {
            var changed = firings.ToDictionary(firing => firing.Id, StringComparer.Ordinal);
            var merged = present
                .Select(firing => changed.Remove(firing.Id, out var other) && !firing.HasEnded ? other : firing)
                .ToList();
            return [.. merged, .. changed.Values];
        },
        cancellationToken);

    /// <summary>Reads a batch; empty where there is none.</summary>
    public async Task<IReadOnlyList<Firing>> ReadAsync(string batch, CancellationToken cancellationToken) =>
        Parse(await store.GetAsync(PathOf(batch), cancellationToken), batch);

    /// <summary>Lists the batches from one on, in their order.</summary>
    public async Task<List<string>> ListAsync(string? from, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var info in store.ListAsync(folder, startAfter: null, cancellationToken))
            if (Path.GetFileNameWithoutExtension(info.Path) is var batch && Path.GetExtension(info.Path) == ".json"
                && string.CompareOrdinal(batch, from) >= 0)
                found.Add(batch);
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>Removes the batches before one, which has only firings that ended.</summary>
    public async Task RemoveBeforeAsync(string batch, CancellationToken cancellationToken)
    {
        foreach (var old in await ListAsync(from: null, cancellationToken))
        {
            if (string.CompareOrdinal(old, batch) >= 0) return;
            await store.DeleteAsync(PathOf(old), cancellationToken);
        }
    }

    /// <summary>A project and an environment as a name of an object.</summary>
    public static string Escape(string project, string environment) =>
        $"{Uri.EscapeDataString(project)}.{Uri.EscapeDataString(environment)}";

    /// <summary>Writes an object in the place of what was read of it.</summary>
    /// <returns>Whether no other process was first.</returns>
    public static async Task<bool> ReplaceAsync(
        LakeStore store, string path, byte[] content, string? etag, CancellationToken cancellationToken) =>
        etag is null
            ? await store.TryCreateAsync(path, content, cancellationToken)
            : await store.PutIfMatchAsync(path, content, etag, cancellationToken) is PutIfMatchResult.Written;

    async Task<IReadOnlyList<Firing>> ChangeAsync(
        string batch, Func<IReadOnlyList<Firing>, IReadOnlyList<Firing>?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await store.GetAsync(PathOf(batch), cancellationToken);
            var before = Parse(stored, batch);
            if (change(before) is not { } after) return before;
            var content = JsonSerializer.SerializeToUtf8Bytes([.. after], FiringJson.Default.ListFiring);
            if (await ReplaceAsync(store, PathOf(batch), content, stored?.ETag, cancellationToken)) return after;
        }
    }

    string PathOf(string batch) => $"{folder}/{batch}.json";

    List<Firing> Parse(StoredObject? stored, string batch)
    {
        if (stored is null) return [];
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, FiringJson.Default.ListFiring) ?? [];
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Storage, $"the firings {PathOf(batch)} cannot be read: {e.Message}", e)
            {
                Hint = "delete that object: what was due in that minute is then decided again, if it was not yet",
            };
        }
    }
}

[JsonSerializable(typeof(List<Firing>))]
[JsonSerializable(typeof(ScheduleStates))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class FiringJson : JsonSerializerContext;
