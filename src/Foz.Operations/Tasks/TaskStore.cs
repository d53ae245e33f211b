using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Operations.Tasks;

/// <summary>The tasks of firings of a project in an environment, one object for each firing, and their logs.</summary>
/// <param name="store">The lake's objects.</param>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed class TaskStore(LakeStore store, string project, string environment)
{
    readonly string folder =
        $"_foz/tasks/{Uri.EscapeDataString(project)}.{Uri.EscapeDataString(environment)}";

    /// <summary>Reads the tasks of a firing; null where it has none.</summary>
    /// <exception cref="FozException">They cannot be read (<see cref="ErrorKind.Data"/>).</exception>
    public async Task<StoredTasks?> FindAsync(string firing, CancellationToken cancellationToken) =>
        await store.GetAsync(PathOf(firing), cancellationToken) is { } stored ? Parse(stored, firing) : null;

    /// <summary>Writes the tasks of a new firing, unless they are there.</summary>
    public async Task AddAsync(FiringTasks tasks, CancellationToken cancellationToken) =>
        await store.TryCreateAsync(PathOf(tasks.Firing), Write(tasks), cancellationToken);

    /// <summary>Replaces the tasks of a firing as they were read.</summary>
    /// <returns>The tasks as stored; null where another host was first.</returns>
    public async Task<StoredTasks?> ReplaceAsync(
        FiringTasks tasks, string etag, CancellationToken cancellationToken)
    {
        var content = Write(tasks);
        if (await store.PutIfMatchAsync(PathOf(tasks.Firing), content, etag, cancellationToken)
            is PutIfMatchResult.Written { ETag: var written })
            return new(tasks, written);
        // The answer of an earlier try may have been lost.
        return await store.GetAsync(PathOf(tasks.Firing), cancellationToken) is { } stored
            && stored.Content.Span.SequenceEqual(content)
                ? new(tasks, stored.ETag)
                : null;
    }

    /// <summary>Writes the log of an attempt, in the place of what was written of it.</summary>
    public async Task WriteLogAsync(
        string firing, string task, int attempt, ReadOnlyMemory<byte> text, CancellationToken cancellationToken) =>
        await store.PutAsync(LogOf(firing, task, attempt), text, cancellationToken);

    /// <summary>Reads the log of an attempt; null where there is none.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadLogAsync(
        string firing, string task, int attempt, CancellationToken cancellationToken) =>
        (await store.GetAsync(LogOf(firing, task, attempt), cancellationToken))?.Content;

    /// <summary>Removes the tasks and logs of firings that were due before a moment and are not open.</summary>
    /// <param name="limit">The moment, as firings' names have it.</param>
    /// <param name="isOpen">Whether a firing has not ended.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SweepAsync(string limit, Func<string, bool> isOpen, CancellationToken cancellationToken)
    {
        var old = new List<string>();
        await foreach (var info in store.ListAsync(folder, startAfter: null, cancellationToken))
        {
            var rest = info.Path[(folder.Length + 1)..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            var firing = slash >= 0 ? rest[..slash] : Path.GetFileNameWithoutExtension(rest);
            var due = firing[(firing.LastIndexOf('@') + 1)..];
            if (string.CompareOrdinal(due, limit) < 0 && !isOpen(firing)) old.Add(info.Path);
        }
        foreach (var path in old) await store.DeleteAsync(path, cancellationToken);
    }

    string PathOf(string firing) => $"{folder}/{firing}.json";

    string LogOf(string firing, string task, int attempt) => $"{folder}/{firing}/{task}.{attempt}.log";

    static byte[] Write(FiringTasks tasks) =>
        JsonSerializer.SerializeToUtf8Bytes(tasks, TaskRecordJson.Default.FiringTasks);

    StoredTasks Parse(StoredObject stored, string firing)
    {
        try
        {
            return new(
                JsonSerializer.Deserialize(stored.Content.Span, TaskRecordJson.Default.FiringTasks)
                    ?? throw new JsonException("it is empty"),
                stored.ETag);
        }
        catch (JsonException e)
        {
            throw new FozException(
                ErrorKind.Data, $"the tasks {PathOf(firing)} cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>The tasks of a firing as the lake has them.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="ETag">The tag of the object.</param>
readonly record struct StoredTasks(FiringTasks Tasks, string ETag);

[JsonSerializable(typeof(FiringTasks))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class TaskRecordJson : JsonSerializerContext;
