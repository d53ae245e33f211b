using Microsoft.Win32.SafeHandles;

namespace Foz.Storage;

/// <summary>The lock file of a local folder, for those who replace an object there if it is as they know it.</summary>
static class FolderLock
{
    const int WaitMsMax = 10_000;
    const int PollMs = 2;
    const string Name = StorePath.OwnPrefix + "lock";

    /// <summary>Takes the lock of an object's folder; the operating system drops it when the holder dies.</summary>
    /// <param name="root">The store's root, for errors.</param>
    /// <param name="path">The object's path in the store.</param>
    /// <param name="target">The object's file.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="StorageException">
    /// Another process held it for ten seconds, or the folder cannot be written.
    /// </exception>
    public static async ValueTask<SafeFileHandle> TakeAsync(
        string root, string path, string target, CancellationToken cancellationToken)
    {
        var file = Path.Combine(LocalFiles.FolderOf(target), Name);
        for (var waitedMs = 0; ; waitedMs += PollMs)
        {
            try
            {
                return File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception error) when (error is UnauthorizedAccessException || StorageError.IsLasting(error))
            {
                throw StorageError.Of("write", root, path, error);
            }
            catch (IOException error) when (waitedMs >= WaitMsMax)
            {
                throw new StorageException(StorageErrorKind.Failed,
                    $"cannot write '{path}' in {root}: another process holds {file} ({error.Message})", error)
                { Path = path };
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(PollMs), TimeProvider.System, cancellationToken);
            }
        }
    }
}
