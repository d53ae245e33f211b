namespace Foz.Storage.Caching;

/// <summary>Keeps a folder of cached files within its size: those that were not used for longest go.</summary>
sealed class CacheEviction(string folder, long bytesMax)
{
    /// <summary>How far below its size eviction goes, so that it is rare.</summary>
    const double Keeps = 0.9;

    readonly Lock gate = new();

    // The first file needs a look at what earlier processes left.
    long bytesAdded = long.MaxValue / 2;

    /// <summary>Notes a new file.</summary>
    public void Add(long bytes, bool evictsNow = true)
    {
        Interlocked.Add(ref bytesAdded, bytes);
        if (evictsNow) EvictIfDue();
    }

    /// <summary>Deletes files if enough were added since the last look.</summary>
    public void EvictIfDue()
    {
        if (Interlocked.Read(ref bytesAdded) < Math.Max(1, bytesMax / 20) || !gate.TryEnter()) return;
        try
        {
            Interlocked.Exchange(ref bytesAdded, 0);
            Evict();
        }
        finally
        {
            gate.Exit();
        }
    }

    void Evict()
    {
        if (!Directory.Exists(folder)) return;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        var files = new DirectoryInfo(folder).EnumerateFiles("*", options)
            .Where(file => file.Extension.Length == 0)
            .Select(file => (File: file.FullName, file.Length, file.LastWriteTimeUtc)).ToList();
        var total = files.Sum(file => file.Length);
        if (total <= bytesMax) return;
        foreach (var (file, length, _) in files.OrderBy(file => file.LastWriteTimeUtc))
        {
            if (total <= bytesMax * Keeps) break;
            Delete(file);
            total -= length;
        }
    }

    static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Windows keeps what is in use; the next eviction meets it again.
        }
    }
}
