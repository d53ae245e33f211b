using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Foz.Storage;

/// <summary>The few file operations that need the operating system itself: atomic creation and durable names.</summary>
static class LocalFiles
{
    const int OpenReadOnly = 0;
    static readonly string[] networkFileSystems =
        ["nfs", "smb", "cifs", "ceph", "lustre", "gfs", "gpfs", "afs", "9p", "fuse.sshfs"];

    const int NotFound = 2;
    const int FileExists = 17;
    const int InvalidArgument = 22;

    /// <summary>Gives a finished file its name unless the name is taken.</summary>
    /// <returns>False if the name is taken; the temporary file is gone either way.</returns>
    public static bool TryLink(string temp, string target)
    {
        if (OperatingSystem.IsWindows()) return TryMove(temp, target);
        var error = link(temp, target) == 0 ? 0 : Marshal.GetLastPInvokeError();
        Failpoint.Hit("store.create.linked");
        DeleteLeftover(temp);
        return error switch
        {
            0 => true,
            FileExists => false,
            _ => throw Error(error, target),
        };
    }

    /// <summary>Makes a file that is not there, and its folder if need be.</summary>
    public static SafeFileHandle CreateNew(string file)
    {
        // Sharing is open because a lock on a file with a random name only costs a system call.
        const FileShare share = FileShare.ReadWrite | FileShare.Delete;
        try
        {
            return File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, share);
        }
        // Which of the two it is depends on whether another process creates the folder at this moment.
        catch (Exception error) when (error is DirectoryNotFoundException or FileNotFoundException)
        {
            CreateFolder(FolderOf(file));
            return File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, share);
        }
    }

    /// <summary>Makes a folder, and those above it, durably.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var parent = FolderOf(folder);
        CreateFolder(parent);
        Directory.CreateDirectory(folder);
        SyncFolder(parent);
    }

    /// <summary>Whether a file has these bytes.</summary>
    public static bool HasContent(string file, ReadOnlySpan<byte> content) =>
        new FileInfo(file).Length == content.Length && File.ReadAllBytes(file).AsSpan().SequenceEqual(content);

    /// <summary>The folder that a file is in.</summary>
    public static string FolderOf(string file) =>
        Path.GetDirectoryName(file) ?? throw new IOException($"no folder above {file}");

    /// <summary>
    /// Gives a file a second name, replacing one that is there; a copy where the file system has no links.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static void Link(string file, string name)
    {
        File.Delete(name);
        var error = OperatingSystem.IsWindows()
            ? CreateHardLink(name, file, 0) ? 0 : Marshal.GetLastPInvokeError()
            : link(file, name) == 0 ? 0 : Marshal.GetLastPInvokeError();
        // Both systems call this 2.
        if (error == NotFound) throw new FileNotFoundException(null, file);
        if (error != 0) File.Copy(file, name, overwrite: true);
    }

    /// <summary>
    /// The kind of network file system that a folder, or what is nearest above it, is on; null if none.
    /// </summary>
    public static string? NetworkFileSystemOf(string folder)
    {
        var present = folder;
        while (!Directory.Exists(present) && Path.GetDirectoryName(present) is { } above) present = above;
        try
        {
            var drive = new DriveInfo(present);
            // By the file system's magic number where the system has one.
            return networkFileSystems.FirstOrDefault(name =>
                drive.DriveFormat.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                ?? (OperatingSystem.IsWindows() && drive.DriveType is DriveType.Network ? drive.DriveFormat : null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Makes the names in a folder durable; nothing to do on Windows, whose file systems log them.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(folder, OpenReadOnly);
        if (descriptor < 0) throw Error(Marshal.GetLastPInvokeError(), folder);
        var error = fsync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        // Some network file systems cannot sync a folder and say so; their names are durable by themselves.
        if (error is not (0 or InvalidArgument)) throw Error(error, folder);
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int ReadFully(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = RandomAccess.Read(handle, buffer[total..], offset + total);
            if (read == 0) break;
            total += read;
        }
        return total;
    }

    static bool TryMove(string temp, string target)
    {
        try
        {
            File.Move(temp, target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target))
        {
            DeleteLeftover(temp);
            return false;
        }
    }

    /// <summary>
    /// Deletes a temporary file if possible: it is in no listing, and must not make a success a failure.
    /// </summary>
    public static void DeleteLeftover(string temp)
    {
        try
        {
            File.Delete(temp);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The file system forbids to delete but not to create.
        }
    }

    static IOException Error(int errno, string path) =>
        new($"{new Win32Exception(errno).Message}: '{path}'", errno);

    [DllImport("libc", SetLastError = true)]
    static extern int link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true)]
    static extern bool CreateHardLink(
        [MarshalAs(UnmanagedType.LPWStr)] string name, [MarshalAs(UnmanagedType.LPWStr)] string file, nint reserved);

    [DllImport("libc", SetLastError = true)]
    static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    static extern int close(int descriptor);
}
