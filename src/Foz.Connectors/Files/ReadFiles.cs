using System.Collections.Immutable;
using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Connectors.Files;

/// <summary>
/// The files of a batch while they are read. The engine opens them by their paths, so what was read is certain only if
/// no file changed from before the read until after it: size, times and inode are the same, and no program can set the
/// time of the last change.
/// </summary>
/// <param name="inputs">The inputs of the batch.</param>
/// <param name="files">The files, in the same order.</param>
/// <param name="reader">A hash of the settings that they are read with.</param>
/// <param name="areCopies">Whether they are copies that no other process knows.</param>
/// <param name="threads">How many files are hashed at the same time.</param>
sealed class ReadFiles(
    StreamInputs.OfFiles inputs, IReadOnlyList<SourceFile> files, string reader, bool areCopies, int threads)
{
    /// <summary>Two changes that are further apart have different times.</summary>
    static readonly TimeSpan clockTick = TimeSpan.FromMilliseconds(20);

    readonly IReadOnlyList<FileStamp?> before = areCopies ? [] : [.. files.Select(file => FileStamp.Of(file.FullPath))];

    /// <summary>Waits where a file changed so lately that a next change could have the same time.</summary>
    public async Task BeginAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        var settled = clock.GetUtcNow() - clockTick;
        if (before.Any(stamp => stamp is { } known && !known.IsOlderThan(settled)))
            await Task.Delay(clockTick, clock, cancellationToken);
        Failpoint.Hit("files.opened");
    }

    /// <summary>Checks that the files are unchanged, and returns them with their hashes.</summary>
    /// <exception cref="FozException">Thrown when one changed, is gone, or cannot be read.</exception>
    public async Task<StreamInputs> VerifyAsync(CancellationToken cancellationToken)
    {
        Failpoint.Hit("files.read");
        var confirmed = new FileInput[files.Count];
        await Parallel.ForAsync(
            0, files.Count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            (i, token) =>
            {
                var (file, hash) = (files[i], Hash(files[i], token));
                if (!areCopies && FileStamp.Of(file.FullPath) != before[i]) throw FilePlan.ChangedWhileRead(file.Input);
                // A batch that was cut off is done again with the bytes that it read first.
                if (file.Input.Hash is { } known && known != hash) throw FilePlan.ChangedWhileRead(file.Input);
                var stamp = areCopies ? null : before[i];
                confirmed[i] = file.Input with
                {
                    Hash = hash,
                    Inode = stamp?.Inode,
                    ChangedNs = stamp?.ChangedNs,
                    Reader = reader,
                };
                return ValueTask.CompletedTask;
            });
        return inputs with { Files = ImmutableArray.Create(confirmed) };
    }

    /// <summary>The hash of a file's bytes.</summary>
    /// <exception cref="FozException">It cannot be read.</exception>
    public static string Hash(SourceFile file, CancellationToken cancellationToken)
    {
        try
        {
            return FileHash.Of(file.FullPath, cancellationToken);
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(file, e);
        }
    }
}
