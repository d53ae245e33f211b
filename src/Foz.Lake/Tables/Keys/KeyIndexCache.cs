using System.Collections.Concurrent;
using System.Text;
using Foz.Delta.Log;

namespace Foz.Lake.Tables.Keys;

/// <summary>
/// The key indexes of data files in a folder of this machine: built when merges look for the same key again, dropped
/// with their files, the ones that were not used for longest first where the folder grows beyond its limit. Safe for
/// use by many threads and processes; whatever happens to the folder costs time only.
/// </summary>
/// <param name="folder">The folder; it need not exist.</param>
/// <param name="clock">The time.</param>
/// <param name="bytesMax">The size of all indexes from which on the oldest go, in bytes.</param>
public sealed class KeyIndexCache(
    string folder, TimeProvider clock, long bytesMax = KeyIndexCache.BytesMaxDefault) : IDisposable
{
    /// <summary>The limit where none is set, in bytes: about a thousand million keys.</summary>
    public const long BytesMaxDefault = 16L << 30;

    const string Extension = ".keys";
    const string Noted = "noted";

    // To look at all indexes costs as much as to make some, and a process that merges all the time makes many: they are
    // looked at once a minute, and where those that are new take this part of the limit.
    static readonly TimeSpan trimInterval = TimeSpan.FromMinutes(1);
    const int NewPart = 16;

    readonly ConcurrentDictionary<string, KeyIndexFile> open = new(StringComparer.Ordinal);
    long trimmedTicks, newBytes;

    /// <summary>
    /// Whether merges look for a key of a table again: indexes pay from the second time on. Notes the first.
    /// </summary>
    internal bool IsWanted(string table, KeyColumns key)
    {
        try
        {
            var home = HomeOf(table, key);
            if (File.Exists(Path.Combine(home, Noted))) return true;
            Directory.CreateDirectory(home);
            File.WriteAllText(Path.Combine(home, Noted), table);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be written has no indexes.
        }
        return false;
    }

    /// <summary>The index of a data file; null where there is none.</summary>
    internal KeyIndexFile? Find(string table, KeyColumns key, AddFile file)
    {
        var path = PathOf(table, key, file);
        if (open.TryGetValue(path, out var known)) return known;
        if (KeyIndexFile.Open(path, IdentityOf(file)) is not { } opened) return null;
        var kept = open.GetOrAdd(path, opened);
        if (kept != opened) opened.Dispose();
        else Touch(path);
        return kept;
    }

    /// <summary>Keeps the index of a data file; null where it cannot be written.</summary>
    internal KeyIndexFile? Add(string table, KeyColumns key, AddFile file, KeyList keys)
    {
        try
        {
            KeyIndexFile.Write(PathOf(table, key, file), IdentityOf(file), keys);
            Interlocked.Add(ref newBytes, new FileInfo(PathOf(table, key, file)).Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return Find(table, key, file);
    }

    /// <summary>
    /// Drops indexes of files that a table no longer has, and now and then the oldest of all where there are too many.
    /// </summary>
    internal void Trim(string table, KeyColumns key, IEnumerable<AddFile> files)
    {
        try
        {
            var kept = files.Select(file => PathOf(table, key, file)).ToHashSet(StringComparer.Ordinal);
            foreach (var path in Directory.EnumerateFiles(HomeOf(table, key), "*" + Extension))
                if (!kept.Contains(path)) Drop(path);
            if (!IsTrimDue()) return;
            // What a process that died left half-written.
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.tmp", SearchOption.AllDirectories))
                if (file.LastWriteTimeUtc < clock.GetUtcNow().UtcDateTime.AddHours(-1)) file.Delete();
            var all = new DirectoryInfo(folder).EnumerateFiles("*" + Extension, SearchOption.AllDirectories)
                .OrderByDescending(file => file.LastWriteTimeUtc).ToList();
            var bytes = 0L;
            foreach (var file in all)
                if ((bytes += file.Length) > bytesMax) Drop(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process drops the same ones, or the next merge does.
        }
    }

    bool IsTrimDue()
    {
        var now = clock.GetUtcNow().Ticks;
        var before = Interlocked.Read(ref trimmedTicks);
        if (now - before < trimInterval.Ticks && Interlocked.Read(ref newBytes) < bytesMax / NewPart) return false;
        if (Interlocked.CompareExchange(ref trimmedTicks, now, before) != before) return false;
        Interlocked.Exchange(ref newBytes, 0);
        return true;
    }

    /// <summary>Closes the indexes.</summary>
    public void Dispose()
    {
        foreach (var path in open.Keys)
            if (open.TryRemove(path, out var file)) file.Dispose();
    }

    // One that another thread reads stays readable until that thread is done with it.
    void Drop(string path)
    {
        _ = open.TryRemove(path, out _);
        File.Delete(path);
    }

    void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its age only decides which index goes first.
        }
    }

    string HomeOf(string table, KeyColumns key) => Path.Combine(folder, key.Identity(table));

    string PathOf(string table, KeyColumns key, AddFile file) =>
        Path.Combine(HomeOf(table, key), $"{IdentityOf(file):x16}{Extension}");

    // Data files never change: a name with its size and time is one file.
    static ulong IdentityOf(AddFile file) => KeyHash.Of(Encoding.UTF8.GetBytes(
        $"{file.Path.Value}\n{file.SizeBytes}\n{file.ModificationTimeMs}"));
}
