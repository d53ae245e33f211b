using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>How the writing of a checkpoint ended; a commit never depends on it.</summary>
public abstract record CheckpointResult
{
    CheckpointResult() { }

    /// <summary>The checkpoint is there.</summary>
    /// <param name="File">The checkpoint; of a V2 checkpoint the file that names the others.</param>
    /// <param name="SizeBytes">The size of all its files.</param>
    public sealed record Written(ObjectInfo File, long SizeBytes) : CheckpointResult
    {
        /// <summary>What the clean-up of the log that followed did; null if none was due.</summary>
        public LogCleanup? Cleanup { get; init; }
    }

    /// <summary>Another writer's checkpoint of the same version already exists.</summary>
    public sealed record AlreadyExists : CheckpointResult;

    /// <summary>The checkpoint could not be written; the table is unaffected.</summary>
    public sealed record Failed(Exception Error) : CheckpointResult;
}

/// <summary>Writes checkpoints, classic ones in one part or V2 with sidecars (PROTOCOL.md, "Checkpoints"), and the hint
/// to them.</summary>
sealed class CheckpointWriter(IObjectStore store, ICheckpointParquet parquet)
{
    /// <summary>How many actions one sidecar has at most: several are read at the same time.</summary>
    internal const int SidecarActionsMax = 100_000;

    /// <summary>Writes a checkpoint so that no reader sees a part of it.</summary>
    public async ValueTask<CheckpointResult> WriteAsync(
        CheckpointContent content, bool isV2, CancellationToken cancellationToken)
    {
        try
        {
            var (result, hint) = isV2
                ? await WriteV2Async(content, cancellationToken)
                : (await WriteClassicAsync(content, cancellationToken), null);
            Failpoint.Hit("checkpoint.published");
            if (result is CheckpointResult.Written written
                && (await LastCheckpoint.ReadAsync(store, cancellationToken) is not { } last
                    || last.Version < content.Version))
                await LastCheckpoint.WriteAsync(store, content, written.SizeBytes, hint, cancellationToken);
            return result;
        }
        // Whatever the engine or the store throws, the commit that this follows stands.
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return new CheckpointResult.Failed(error);
        }
    }

    async ValueTask<CheckpointResult> WriteClassicAsync(CheckpointContent content, CancellationToken cancellationToken)
    {
        var path = LogFiles.CheckpointPath(content.Version);
        if (await store.GetInfoAsync(path, cancellationToken) is not null) return new CheckpointResult.AlreadyExists();
        var file = await WriteFileAsync(
            path, content.TableActions.Concat(content.FileActions), isSidecar: false, cancellationToken);
        return new CheckpointResult.Written(file, file.SizeBytes);
    }

    /// <summary>Writes the sidecars, and then the file that names them, under a name of its own.</summary>
    async ValueTask<(CheckpointResult Result, V2CheckpointHint? Hint)> WriteV2Async(
        CheckpointContent content, CancellationToken cancellationToken)
    {
        var sidecars = new List<SidecarFile>();
        foreach (var actions in content.FileActions.Chunk(SidecarActionsMax))
        {
            var name = $"{Guid.NewGuid():D}.parquet";
            var file = await WriteFileAsync(
                $"{LogFiles.SidecarFolder}/{name}", actions, isSidecar: true, cancellationToken);
            sidecars.Add(new()
            {
                Path = FilePath.Relative(name),
                SizeBytes = file.SizeBytes,
                ModificationTimeMs = file.LastModified.ToUnixTimeMilliseconds(),
            });
        }
        LogAction[] others = [new CheckpointMetadata { Version = content.Version }, .. content.TableActions];
        var top = ActionWriter.Write([.. others, .. sidecars]);
        var path = LogFiles.V2CheckpointPath(content.Version, Guid.NewGuid());
        var written = await store.PutAsync(path, top, cancellationToken);
        return (new CheckpointResult.Written(written, written.SizeBytes + sidecars.Sum(file => file.SizeBytes)),
            new(written, others, sidecars));
    }

    /// <summary>Writes a file under a temporary name and moves it to its own.</summary>
    async ValueTask<ObjectInfo> WriteFileAsync(
        string path, IEnumerable<LogAction> actions, bool isSidecar, CancellationToken cancellationToken)
    {
        var staged = store.StagingPath($"{LogFiles.Folder}/{StorePath.OwnPrefix}{Guid.NewGuid():N}.tmp");
        try
        {
            await parquet.WriteAsync(staged, actions, isSidecar, cancellationToken);
            Failpoint.Hit("checkpoint.written");
            return await store.PutFileAsync(staged, path, cancellationToken);
        }
        catch (Exception)
        {
            File.Delete(staged);
            throw;
        }
    }
}
