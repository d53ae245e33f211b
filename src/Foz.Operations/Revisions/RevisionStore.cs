using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Operations.Revisions;

/// <summary>
/// Copies of a project's texts, one for each revision, so that a run reads those that it began with while the project's
/// folder is edited. A copy is there whole or not at all. For one thread.
/// </summary>
/// <param name="folder">The project's folder, as a full path.</param>
/// <param name="lake">Where the lake is: a full path, or a URL.</param>
/// <param name="cache">The folder of the copies.</param>
/// <param name="clock">The time.</param>
public sealed class RevisionStore(string folder, string lake, string cache, TimeProvider clock)
{
    const long FileBytesMax = 16 << 20;
    const int FilesMax = 100_000;
    const int IdChars = 32;

    // Processes keep their temporary files in folders with it, which only they can read.
    const string TemporaryMark = "foz.lock";

    const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // In these folders every file is a text of the project; elsewhere data may lie beside texts.
    static readonly string[] wholeFolders = ["models", "seeds", "snapshots", "tests", "macros"];

    static readonly string[] passedOver = ["target", "logs", "node_modules", "__pycache__", "venv"];

    static readonly HashSet<string> extensions =
        new([".sql", ".yml", ".yaml", ".py", ".toml", ".lock", ".env"], StringComparer.OrdinalIgnoreCase);

    static readonly TimeSpan kept = TimeSpan.FromDays(7);

    /// <summary>
    /// Returns a hash of the names, sizes and times of the texts: another one shows that some were changed.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public string Stamp()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[2 * sizeof(long)];
        foreach (var (name, file) in Files())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
            BinaryPrimitives.WriteInt64LittleEndian(numbers, file.Length);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[sizeof(long)..], file.LastWriteTimeUtc.Ticks);
            hash.AppendData(numbers);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Copies the texts, unless their revision was copied before.</summary>
    /// <param name="stamp">What <see cref="Stamp"/> gave.</param>
    /// <returns>The revision: a hash of the texts; null where some were changed meanwhile.</returns>
    /// <exception cref="IOException">They cannot be read, or not be written.</exception>
    public string? Take(string stamp)
    {
        Directory.CreateDirectory(cache);
        var work = Path.Combine(cache, $".{Guid.NewGuid():n}");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(work);
            else Directory.CreateDirectory(work, Owner);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (name, file) in Files())
            {
                var copy = Path.Combine(work, name);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                // The modes of files go with them: those with secrets stay closed.
                file.CopyTo(copy);
                hash.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(copy)));
            }
            var id = Convert.ToHexStringLower(hash.GetHashAndReset())[..IdChars];
            if (Stamp() != stamp) return null;
            if (Find(id) is null) Directory.Move(work, Path.Combine(cache, id));
            Keep(id);
            return id;
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>The folder of the copy of a revision; null where there is none.</summary>
    public string? Find(string id) => Path.Combine(cache, id) is var path && Directory.Exists(path) ? path : null;

    /// <summary>Keeps a copy for another week, and deletes those that were not kept so long.</summary>
    public void Keep(string id)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        if (Find(id) is { } path) Directory.SetLastWriteTimeUtc(path, now);
        foreach (var old in new DirectoryInfo(cache).EnumerateDirectories())
            if (old.Name != id && now - old.LastWriteTimeUtc > kept) old.Delete(recursive: true);
    }

    IEnumerable<(string Name, FileInfo File)> Files() => Files(new(folder), isWhole: false)
        .Take(FilesMax)
        .Select(file => (Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), file))
        .OrderBy(entry => entry.Item1, StringComparer.Ordinal);

    IEnumerable<FileInfo> Files(DirectoryInfo below, bool isWhole)
    {
        foreach (var entry in below.EnumerateFileSystemInfos())
        {
            if (entry.FullName == lake || (entry.Name.StartsWith('.') && entry.Name != ".env")) continue;
            if (entry is FileInfo file)
            {
                if (file.Length <= FileBytesMax && (isWhole || extensions.Contains(file.Extension))) yield return file;
            }
            else if (entry.LinkTarget is null && !File.Exists(Path.Combine(entry.FullName, TemporaryMark))
                && !passedOver.Contains(entry.Name, StringComparer.Ordinal))
            {
                foreach (var inner in Files(
                    (DirectoryInfo)entry,
                    isWhole || (below.FullName == folder && wholeFolders.Contains(entry.Name, StringComparer.Ordinal))))
                    yield return inner;
            }
        }
    }
}
