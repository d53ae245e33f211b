namespace Foz.Lake.Journal;

/// <summary>
/// A file that is locked as long as the process lives that writes next to it, on this machine: a process that finds it
/// unlocked, or finds none, knows that the writer is gone.
/// </summary>
sealed class WriterLock : IDisposable
{
    readonly string path;
    readonly FileStream held;

    /// <summary>Locks a file that no other writer has, and makes it.</summary>
    /// <exception cref="IOException">Another writer holds it, or the folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public WriterLock(string path)
    {
        this.path = path;
        held = Hold(path);
        // Between making a file and locking it, another process may take its writer for gone and delete it.
        while (!File.Exists(path))
        {
            held.Dispose();
            held = Hold(path);
        }
    }

    /// <summary>Whether the writer of a lock is gone; the lock goes with it.</summary>
    public static bool IsGone(string path)
    {
        if (!File.Exists(path)) return true;
        try
        {
            using (Hold(path)) File.Delete(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(path);
        held.Dispose();
    }

    static FileStream Hold(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
