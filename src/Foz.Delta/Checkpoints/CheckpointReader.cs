using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>Reads checkpoints of all kinds: classic, multi-part, and V2 in Parquet or JSON with sidecars.</summary>
sealed class CheckpointReader(IObjectStore store, ICheckpointParquet? parquet)
{
    static readonly int sidecarsAtOnce = Math.Max(2, Environment.ProcessorCount);

    /// <summary>All actions of a checkpoint in batches, those of sidecars last: read on other threads while the caller
    /// works. The actions that only describe the checkpoint are left out.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="foundSidecars">Is called with the sidecars, if there are any.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DeltaException">A file is missing or malformed, or no Parquet reader is there.</exception>
    public async IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAsync(
        Checkpoint checkpoint, Action<IReadOnlyList<SidecarFile>> foundSidecars,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sidecars = new List<SidecarFile>();
        foreach (var file in checkpoint.Files)
        {
            await using var batches = Ahead(file.Path, cancellationToken);
            await foreach (var batch in batches.ReadAllAsync(cancellationToken))
                yield return WithoutDescription(batch, sidecars);
        }
        if (sidecars.Count > 0) foundSidecars(sidecars);
        var ahead = new Queue<ReadAhead>();
        try
        {
            for (var next = 0; next < sidecars.Count || ahead.Count > 0;)
            {
                while (next < sidecars.Count && ahead.Count < sidecarsAtOnce)
                    ahead.Enqueue(Ahead(PathOf(sidecars[next++]), cancellationToken));
                await using var first = ahead.Dequeue();
                await foreach (var batch in first.ReadAllAsync(cancellationToken)) yield return batch;
            }
        }
        finally
        {
            foreach (var rest in ahead) await rest.DisposeAsync();
        }
    }

    /// <summary>The sidecars that a checkpoint names.</summary>
    /// <inheritdoc cref="ReadAsync(Checkpoint, Action{IReadOnlyList{SidecarFile}}, CancellationToken)"/>
    public async Task<IReadOnlyList<SidecarFile>> SidecarsAsync(
        Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var sidecars = new List<SidecarFile>();
        foreach (var file in checkpoint.Files)
            await foreach (var batch in ReadFileAsync(file.Path, cancellationToken))
                sidecars.AddRange(batch.OfType<SidecarFile>());
        return sidecars;
    }

    /// <summary>Sidecars are always in the table's own folder, so the file name is what counts.</summary>
    public static string PathOf(SidecarFile sidecar)
    {
        var path = sidecar.Path.Value;
        return $"{LogFiles.SidecarFolder}/{path[(path.LastIndexOf('/') + 1)..]}";
    }

    ReadAhead Ahead(string path, CancellationToken cancellationToken) =>
        new(token => ReadFileAsync(path, token), cancellationToken);

    async IAsyncEnumerable<IReadOnlyList<LogAction>> ReadFileAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
        {
            var content = await store.GetAsync(path, cancellationToken) ?? throw Missing(path);
            yield return ActionReader.Read(content.Content, $"{store.Root}/{path}");
            yield break;
        }
        var reader = parquet ?? throw new DeltaException(DeltaErrorKind.Unsupported,
            $"{store.Root}/{path} is Parquet, and this table was opened without a Parquet reader for checkpoints")
        { Path = path };
        await using var file = await LocalCopy.OfAsync(store, path, cancellationToken) ?? throw Missing(path);
        await foreach (var batch in reader.ReadAsync(file.Path, cancellationToken)) yield return batch;
    }

    static IReadOnlyList<LogAction> WithoutDescription(IReadOnlyList<LogAction> batch, List<SidecarFile> sidecars)
    {
        if (batch is FileAction[] || !batch.Any(action => action is SidecarFile or CheckpointMetadata)) return batch;
        sidecars.AddRange(batch.OfType<SidecarFile>());
        return [.. batch.Where(action => action is not (SidecarFile or CheckpointMetadata))];
    }

    DeltaException Missing(string path) =>
        new(DeltaErrorKind.Corrupt, $"{store.Root}/{path}, a part of a checkpoint, is missing") { Path = path };
}
