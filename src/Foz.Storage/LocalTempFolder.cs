namespace Foz.Storage;

/// <summary>
/// A folder for files that do not outlive the process: <c>foz-&lt;user&gt;-&lt;random&gt;</c> with a file inside that
/// is locked while the folder is in use. The system releases the lock of a process however it ends. A folder whose lock
/// can be taken is therefore abandoned, whatever became of process numbers and on which side of a container it was
/// made.
/// </summary>
public sealed class LocalTempFolder : IDisposable
{
    const string LockName = "foz.lock";
    const int RandomLength = 12;
    const int TriesMax = 10;
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    static readonly string prefix = $"foz-{Clean(Environment.UserName)}-";

    readonly FileStream held;

    LocalTempFolder(string path, FileStream held) => (Path, this.held) = (path, held);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Gets the bytes of the files in the folders inside of it: what engines have spilled.</summary>
    public long BytesOfFolders()
    {
        try
        {
            return new DirectoryInfo(Path).EnumerateDirectories()
                .Sum(static folder => folder.EnumerateFiles("*.tmp").Sum(static file => file.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file was deleted meanwhile.
            return 0;
        }
    }

    /// <summary>Makes a folder.</summary>
    /// <param name="root">The system's folder of temporary files, or its replacement.</param>
    public static LocalTempFolder Create(string root)
    {
        for (var tries = 1; ; tries++)
        {
            var path = System.IO.Path.Combine(root, prefix + System.IO.Path.GetRandomFileName());
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, OwnerOnly);
            try
            {
                var file = Lock(path, FileMode.CreateNew);
                if (File.Exists(file.Name)) return new(path, file);
                file.Dispose();
            }
            catch (IOException) when (tries < TriesMax)
            {
                // A sweep took it for an abandoned one: before it had its file, or before that was locked.
            }
        }
    }

    /// <summary>Deletes the folders of this user that no process uses.</summary>
    public void Sweep()
    {
        // Where a lock can be taken twice it proves nothing: on some network drives, or where .NET is set not to lock.
        if (IsLeft(Path)) return;
        var root = System.IO.Path.GetDirectoryName(Path)!;
        foreach (var folder in new DirectoryInfo(root).EnumerateDirectories(prefix + "*"))
            if (folder.FullName != Path && IsOurs(folder)) TryDelete(folder.FullName);
    }

    /// <summary>Deletes the folder with all that is in it.</summary>
    public void Dispose() => Delete(Path, held);

    static string Clean(string user)
    {
        var name = user.ToCharArray();
        for (var i = 0; i < name.Length; i++)
            if (!char.IsLetterOrDigit(name[i])) name[i] = '_';
        return new(name);
    }

    static FileStream Lock(string folder, FileMode mode) =>
        new(System.IO.Path.Combine(folder, LockName), mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    static bool IsLeft(string folder)
    {
        try
        {
            Lock(folder, FileMode.Open).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether a folder is one of these: no link to elsewhere, and no other user may write into it.</summary>
    static bool IsOurs(DirectoryInfo folder) =>
        folder.Name.Length == prefix.Length + RandomLength
        && !folder.Attributes.HasFlag(FileAttributes.ReparsePoint)
        && (OperatingSystem.IsWindows() || folder.UnixFileMode == OwnerOnly);

    static void TryDelete(string folder)
    {
        try
        {
            if (File.Exists(System.IO.Path.Combine(folder, LockName))) Delete(folder, Lock(folder, FileMode.Open));
            // One that a process was about to use, or a sweep about to delete; it may be in use by now, and not empty.
            else Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, of another user, or swept by another process at the same time.
        }
    }

    /// <summary>
    /// Deletes a folder, its lock last, so that a later sweep resumes an interrupted one; and while the lock is held,
    /// so that no process can take it in between.
    /// </summary>
    static void Delete(string folder, FileStream held)
    {
        using (held)
        {
            foreach (var path in Directory.EnumerateDirectories(folder)) Directory.Delete(path, recursive: true);
            foreach (var path in Directory.EnumerateFiles(folder))
                if (path != held.Name) File.Delete(path);
            if (!OperatingSystem.IsWindows()) File.Delete(held.Name);
        }
        if (OperatingSystem.IsWindows()) File.Delete(held.Name);
        try
        {
            Directory.Delete(folder);
        }
        catch (DirectoryNotFoundException)
        {
            // Without its lock the next sweep deletes it too.
        }
    }
}
