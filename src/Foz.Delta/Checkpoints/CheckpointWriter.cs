using Foz.Delta.Log;
using Foz.Delta.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>How the writing of a checkpoint ended; a commit never depends on it.</summary>
public abstract record CheckpointResult
{
    CheckpointResult() { }

    /// <summary>The checkpoint is there.</summary>
    public sealed record Written(ObjectInfo File) : CheckpointResult;

    /// <summary>Another writer's checkpoint of the same version was there already.</summary>
    public sealed record AlreadyThere : CheckpointResult;

    /// <summary>It could not be written; the table is as good as before.</summary>
    public sealed record Failed(Exception Error) : CheckpointResult;
}

/// <summary>Writes classic single-part checkpoints (PROTOCOL.md, "Classic checkpoint") and the hint to them.</summary>
sealed class CheckpointWriter(IObjectStore store, ICheckpointParquet parquet)
{
    /// <summary>Writes a checkpoint under a temporary name and moves it to its own, so no reader sees a part.</summary>
    public async ValueTask<CheckpointResult> WriteAsync(CheckpointContent content, CancellationToken cancellationToken)
    {
        string? staged = null;
        try
        {
            var path = LogFiles.CheckpointPath(content.Version);
            if (await store.GetInfoAsync(path, cancellationToken) is not null)
                return new CheckpointResult.AlreadyThere();
            staged = store.StagingPath($"{LogFiles.Folder}/{StorePath.OwnPrefix}{Guid.NewGuid():N}.tmp");
            await parquet.WriteAsync(staged, content, cancellationToken);
            Failpoint.Hit("checkpoint.written");
            var file = await store.PutFileAsync(staged, path, cancellationToken);
            Failpoint.Hit("checkpoint.published");
            if (await LastCheckpoint.ReadAsync(store, cancellationToken) is not { } last || last < content.Version)
                await LastCheckpoint.WriteAsync(store, content, file.SizeBytes, cancellationToken);
            return new CheckpointResult.Written(file);
        }
        // Whatever the engine or the store throws, the commit that this follows stands.
        catch (Exception error) when (error is not OperationCanceledException)
        {
            if (staged is not null) File.Delete(staged);
            return new CheckpointResult.Failed(error);
        }
    }
}
