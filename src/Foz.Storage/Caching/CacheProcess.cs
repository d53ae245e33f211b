namespace Foz.Storage.Caching;

/// <summary>The folder in which one process keeps what only it uses; deleted with it, or by who comes after.</summary>
sealed class CacheProcess : IDisposable
{
    const string LockName = "lock";
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly FileStream held;

    CacheProcess(string folder, FileStream held) => (Folder, this.held) = (folder, held);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Makes the folder of this process, and deletes those of processes that are gone.</summary>
    /// <exception cref="StorageException">The cache's folder cannot be written.</exception>
    public static CacheProcess Start(string processes)
    {
        try
        {
            CreateFolder(processes);
            foreach (var other in Directory.EnumerateDirectories(processes)) DeleteIfDead(other);
            var folder = Path.Combine(processes, Guid.NewGuid().ToString("N"));
            CreateFolder(folder);
            return new(folder, Lock(Path.Combine(folder, LockName), FileMode.CreateNew));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StorageError.Of("write", processes, LockName, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next sweep deletes it.
        }
        held.Dispose();
    }

    static void CreateFolder(string folder)
    {
        // What is in a lake is not for the machine's other users.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly);
    }

    static void DeleteIfDead(string folder)
    {
        try
        {
            using var abandoned = Lock(Path.Combine(folder, LockName), FileMode.Open);
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Its process lives, or another one deletes it just now.
        }
    }

    static FileStream Lock(string file, FileMode mode) => new(file, mode, FileAccess.ReadWrite, FileShare.None);
}
