using System.Security.Cryptography;
using System.Text;

namespace Foz.Storage.Caching;

/// <summary>
/// Objects of remote stores that never change, as files on the local disk, where engines read them. Processes share the
/// folder; the files that were not used for longest go first when it outgrows its size. A file is there whole or not at
/// all, and one that is in use stays, through a second name that its process holds, even if another process evicts it.
/// Safe for use by many threads.
/// </summary>
/// <remarks>
/// <c>files/</c> holds the cached files by a hash of their address, <c>processes/&lt;id&gt;/</c> the working files of
/// one process: <c>use/</c> for names that hold files, <c>staging/</c> for files before they are uploaded, <c>temp/</c>
/// for those that are being downloaded. Its <c>lock</c> shows whether the process lives; if not, others delete its
/// folder.
/// </remarks>
public sealed class FileCache : IDisposable
{
    const int HashBytes = 16;
    const int NameCharactersMax = 100;
    static readonly TimeSpan pollInterval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan touchInterval = TimeSpan.FromMinutes(1);

    readonly string folder;
    readonly TimeProvider clock;
    readonly CacheEviction eviction;
    readonly Lazy<CacheProcess> process;
    readonly Lock gate = new();
    readonly Dictionary<string, Pin> pins = new(StringComparer.Ordinal);

    /// <summary>A cache in a folder, which need not exist yet.</summary>
    /// <param name="folder">The folder; others must not have files in it.</param>
    /// <param name="bytesMax">
    /// Its size in bytes. A scan that needs more at once gets more, for as long as it takes.
    /// </param>
    /// <param name="clock">The time.</param>
    public FileCache(string folder, long bytesMax, TimeProvider clock)
    {
        this.folder = Path.GetFullPath(folder);
        this.clock = clock;
        eviction = new(FilesFolder, bytesMax);
        process = new(() => CacheProcess.Start(Path.Combine(this.folder, "processes")));
    }

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>How many downloads this object made.</summary>
    public long Downloads { get; private set; }

    /// <summary>
    /// The folders in which are copies of objects, and what is to become one: nothing that is kept next to a store.
    /// </summary>
    public IReadOnlyList<string> DataFolders => [FilesFolder, process.Value.Folder];

    string FilesFolder => Path.Combine(folder, "files");

    /// <summary>
    /// A folder for what is kept next to a store on this machine and is no copy of it, such as a journal; it is never
    /// evicted, and need not exist.
    /// </summary>
    public string PrivateFolder(string root) => Path.Combine(folder, "private", Hash(root));

    /// <summary>The folder in which a store's files have their names while they are in use.</summary>
    internal string FolderOf(string root) => Path.Combine(process.Value.Folder, "use", Hash(root));

    /// <summary>The name under which an object is used.</summary>
    internal string LocalPath(string root, string path)
    {
        var name = Path.GetFileName(path);
        if (name.Length > NameCharactersMax) name = name[^NameCharactersMax..];
        return Path.Combine(FolderOf(root), $"{Hash(path)}-{name}");
    }

    /// <summary>Where an object is written before it is uploaded; its folder exists.</summary>
    internal string StagingPath(string root, string path)
    {
        var file = Path.Combine(
            process.Value.Folder, "staging", Hash(root), path.Replace('/', Path.DirectorySeparatorChar));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return file;
    }

    /// <summary>Makes a staged file, which is uploaded now, the cached one.</summary>
    internal void Adopt(string root, string path, string staged)
    {
        var entry = EntryOf(root, path);
        long bytes;
        using (var handle = File.OpenHandle(staged, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.FlushToDisk(handle);
            bytes = RandomAccess.GetLength(handle);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(entry)!);
        File.SetLastWriteTimeUtc(staged, clock.GetUtcNow().UtcDateTime);
        File.Move(staged, entry, overwrite: true);
        eviction.Add(bytes);
    }

    /// <summary>Brings objects to the local disk and holds them there.</summary>
    /// <param name="root">Their store's root.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="download">Writes an object into a file; gives its size, or null if there is none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async ValueTask<LocalObjects> OpenAsync(
        string root, IReadOnlyCollection<ObjectRef> objects,
        Func<string, string, CancellationToken, Task<long?>> download,
        CancellationToken cancellationToken)
    {
        var taken = new List<Pin>(objects.Count);
        var release = new LocalObjects(() => Release(taken));
        try
        {
            foreach (var item in objects) taken.Add(Take(root, item, download));
            foreach (var pin in taken) await pin.Ready.Value.WaitAsync(cancellationToken);
            eviction.EvictIfDue();
            return release;
        }
        catch
        {
            release.Dispose();
            throw;
        }
    }

    /// <summary>Lets everything go that this process holds.</summary>
    public void Dispose()
    {
        if (process.IsValueCreated) process.Value.Dispose();
    }

    Pin Take(string root, ObjectRef item, Func<string, string, CancellationToken, Task<long?>> download)
    {
        var local = LocalPath(root, item.Path);
        lock (gate)
        {
            if (!pins.TryGetValue(local, out var pin))
            {
                pin = new(local);
                pin.Ready = new(() => Task.Run(() => LinkAsync(pin, root, item, download)));
                pins.Add(local, pin);
            }
            pin.Users++;
            _ = pin.Ready.Value;
            return pin;
        }
    }

    void Release(List<Pin> taken)
    {
        lock (gate)
            foreach (var pin in taken)
            {
                if (--pin.Users > 0) continue;
                pins.Remove(pin.Local);
                pin.Abandoned.Cancel();
                // What is not linked yet never will be.
                if (File.Exists(pin.Local)) File.Delete(pin.Local);
            }
    }

    /// <summary>Gives a cached file its second name, after it is downloaded where that is needed.</summary>
    async Task LinkAsync(
        Pin pin, string root, ObjectRef item, Func<string, string, CancellationToken, Task<long?>> download)
    {
        var entry = EntryOf(root, item.Path);
        var token = pin.Abandoned.Token;
        long? found = null;
        while (!TryLink(pin, entry, item.SizeBytes))
        {
            if (found is not null && item.SizeBytes is { } expected && found != expected)
                throw new StorageException(StorageErrorKind.WrongSize,
                    $"'{item.Path}' in {root} has {found} bytes, but the log says {expected}")
                { Path = item.Path };
            found = await FetchAsync(entry, item.Path, download, token);
            if (found is null) return;
        }
    }

    bool TryLink(Pin pin, string entry, long? expectedBytes)
    {
        lock (gate)
        {
            pin.Abandoned.Token.ThrowIfCancellationRequested();
            var file = new FileInfo(entry);
            if (!file.Exists) return false;
            if (expectedBytes is { } expected && file.Length != expected)
            {
                file.Delete();
                return false;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(pin.Local)!);
            var now = clock.GetUtcNow().UtcDateTime;
            try
            {
                if (now - file.LastWriteTimeUtc > touchInterval) File.SetLastWriteTimeUtc(entry, now);
                LocalFiles.Link(entry, pin.Local);
                return true;
            }
            catch (FileNotFoundException)
            {
                // Another process has just evicted it.
                return false;
            }
        }
    }

    /// <summary>
    /// Downloads an object, unless another process is just doing so: then that one's download counts.
    /// </summary>
    async Task<long?> FetchAsync(
        string entry, string path, Func<string, string, CancellationToken, Task<long?>> download,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(entry)!);
        var lockFile = entry + ".lock";
        using var held = await LockAsync(lockFile, cancellationToken);
        var temp = Path.Combine(process.Value.Folder, "temp", Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.GetDirectoryName(temp)!);
        try
        {
            if (File.Exists(entry)) return new FileInfo(entry).Length;
            lock (gate) Downloads++;
            var bytes = await download(path, temp, cancellationToken);
            if (bytes is null) return null;
            File.SetLastWriteTimeUtc(temp, clock.GetUtcNow().UtcDateTime);
            File.Move(temp, entry, overwrite: true);
            eviction.Add(bytes.Value, evictsNow: false);
            return bytes;
        }
        finally
        {
            File.Delete(temp);
            File.Delete(lockFile);
        }
    }

    async Task<FileStream> LockAsync(string lockFile, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
            {
                await Task.Delay(pollInterval, clock, cancellationToken);
            }
        }
    }

    string EntryOf(string root, string path)
    {
        var name = Hash($"{root}/{path}");
        return Path.Combine(FilesFolder, name[..2], name);
    }

    static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashBytes));

    /// <summary>A file in use.</summary>
    sealed class Pin(string local)
    {
        public string Local => local;
        public int Users { get; set; }
        public CancellationTokenSource Abandoned { get; } = new();
        public Lazy<Task> Ready { get; set; } = null!;
    }
}
