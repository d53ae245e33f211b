using System.Text.Json;
using Foz.Delta.Storage;

namespace Foz.Core.Pipelines.Batches;

/// <summary>The manifests of one step, oldest first.</summary>
/// <param name="lake">The lake's root.</param>
/// <param name="step">The step's name.</param>
public sealed class StepLog(IObjectStore lake, string step)
{
    const string Root = "_foz/steps";

    string Folder => $"{Root}/{step.ToLowerInvariant()}";

    /// <summary>All manifests of the step.</summary>
    public async ValueTask<IReadOnlyList<StepManifest>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var manifests = new List<StepManifest>();
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken))
            manifests.Add(await ReadAsync(info.Path, cancellationToken));
        return manifests;
    }

    /// <summary>The manifest of the step's last batch; null where it has none.</summary>
    public async ValueTask<StepManifest?> ReadLastAsync(CancellationToken cancellationToken)
    {
        string? last = null;
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken)) last = info.Path;
        return last is null ? null : await ReadAsync(last, cancellationToken);
    }

    /// <summary>Opens a batch: from now on it is run with these inputs until it is done.</summary>
    /// <exception cref="FozException">Another run opened the same batch.</exception>
    public async ValueTask OpenAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        if (await lake.PutIfAbsentAsync(PathOf(manifest), Write(manifest), cancellationToken)
            is not PutIfAbsentResult.Created)
            throw Taken(manifest);
    }

    /// <summary>Opens a batch with other inputs than before; only for one of which nothing is committed.</summary>
    /// <exception cref="FozException">Another run opened the same batch.</exception>
    public async ValueTask ReopenAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        if (await lake.GetAsync(PathOf(manifest), cancellationToken) is not { } present
            || await lake.PutIfMatchAsync(PathOf(manifest), Write(manifest), present.ETag, cancellationToken)
                is not PutIfMatchResult.Written)
            throw Taken(manifest);
    }

    string PathOf(StepManifest manifest) => $"{Folder}/{manifest.Batch:D20}.json";

    static byte[] Write(StepManifest manifest) =>
        JsonSerializer.SerializeToUtf8Bytes(manifest, StepManifestJson.Default.StepManifest);

    static FozException Taken(StepManifest manifest) =>
        new(ErrorKind.Conflict, $"batch {manifest.Batch} of {manifest.Step} was opened by another run")
        {
            Hint = "run again when the other run has ended",
            IsTransient = true,
        };

    async ValueTask<StepManifest> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await lake.GetAsync(path, cancellationToken);
            return stored is null
                ? throw new JsonException("it is gone")
                : JsonSerializer.Deserialize(stored.Content.Span, StepManifestJson.Default.StepManifest)
                    ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Table, $"the manifest {path} cannot be read: {e.Message}", e)
            {
                Hint = "restore it from a backup; without it the step cannot know what it has read",
            };
        }
    }
}
