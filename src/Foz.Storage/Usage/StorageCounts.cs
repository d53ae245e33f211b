namespace Foz.Storage.Usage;

/// <summary>
/// What this process did to storage since it began. Plain numbers: a host gives them to meters, and other commands pay
/// nothing for them. Safe for use by many threads.
/// </summary>
public static class StorageCounts
{
    static long commits;
    static long conflicts;
    static long bytesCommitted;
    static long requests;

    /// <summary>Gets how many commits of tables were made.</summary>
    public static long Commits => Interlocked.Read(ref commits);

    /// <summary>Gets how many attempts of commits lost against another writer.</summary>
    public static long Conflicts => Interlocked.Read(ref conflicts);

    /// <summary>Gets the bytes of the files that commits added.</summary>
    public static long BytesCommitted => Interlocked.Read(ref bytesCommitted);

    /// <summary>Gets how many requests went to object stores.</summary>
    public static long Requests => Interlocked.Read(ref requests);

    /// <summary>Counts a commit.</summary>
    /// <param name="bytes">The bytes of the files that it adds.</param>
    public static void AddCommit(long bytes)
    {
        Interlocked.Increment(ref commits);
        Interlocked.Add(ref bytesCommitted, bytes);
        ResourceUse.AddWritten(bytes);
    }

    /// <summary>Counts an attempt that lost.</summary>
    public static void AddConflict() => Interlocked.Increment(ref conflicts);

    /// <summary>Counts a request.</summary>
    internal static void AddRequest() => Interlocked.Increment(ref requests);
}
