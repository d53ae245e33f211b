using Foz.Delta.Log;
using Foz.Delta.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>Reads checkpoints of all kinds: classic, multi-part, and V2 in Parquet or JSON with sidecars.</summary>
sealed class CheckpointReader(IObjectStore store, ICheckpointParquet? parquet)
{
    /// <summary>All actions of a checkpoint, sidecars included; the actions that only describe the checkpoint are
    /// left out.</summary>
    /// <exception cref="DeltaException">A file is missing or malformed, or no Parquet reader is there.</exception>
    public async Task<List<LogAction>> ReadAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var actions = new List<LogAction>();
        var sidecars = new List<SidecarFile>();
        foreach (var file in checkpoint.Files) await ReadFileAsync(file.Path, actions, sidecars, cancellationToken);
        foreach (var sidecar in sidecars) await ReadFileAsync(PathOf(sidecar), actions, null, cancellationToken);
        return actions;
    }

    /// <summary>The checkpoint that the hint names, if it is a classic one behind a version.</summary>
    public static async ValueTask<Checkpoint?> FindClassicAsync(
        IObjectStore store, long afterVersion, CancellationToken cancellationToken) =>
        await LastCheckpoint.ReadAsync(store, cancellationToken) is { } version && version > afterVersion
        && await store.GetInfoAsync(LogFiles.CheckpointPath(version), cancellationToken) is { } file
            ? new Checkpoint(version, [file])
            : null;

    async Task ReadFileAsync(
        string path, List<LogAction> actions, List<SidecarFile>? sidecars, CancellationToken cancellationToken)
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
        {
            var content = await store.GetAsync(path, cancellationToken) ?? throw Missing(path);
            Add(ActionReader.Read(content.Content, $"{store.Root}/{path}"), actions, sidecars);
            return;
        }
        var reader = parquet ?? throw new DeltaException(DeltaErrorKind.Unsupported,
            $"{store.Root}/{path} is Parquet, and this table was opened without a Parquet reader for checkpoints")
        { Path = path };
        await using var file = await LocalCopy.OfAsync(store, path, cancellationToken) ?? throw Missing(path);
        await foreach (var batch in reader.ReadAsync(file.Path, cancellationToken)) Add(batch, actions, sidecars);
    }

    static void Add(IReadOnlyList<LogAction> batch, List<LogAction> actions, List<SidecarFile>? sidecars)
    {
        actions.EnsureCapacity(actions.Count + batch.Count);
        foreach (var action in batch)
            if (action is SidecarFile sidecar) sidecars?.Add(sidecar);
            else if (action is not CheckpointMetadata) actions.Add(action);
    }

    /// <summary>Sidecars are always in the table's own folder, so the file name is what counts.</summary>
    static string PathOf(SidecarFile sidecar)
    {
        var path = sidecar.Path.Value;
        return $"{LogFiles.SidecarFolder}/{path[(path.LastIndexOf('/') + 1)..]}";
    }

    DeltaException Missing(string path) =>
        new(DeltaErrorKind.Corrupt, $"{store.Root}/{path}, a part of a checkpoint, is missing") { Path = path };
}
