namespace Foz.Storage.Usage;

/// <summary>
/// What one piece of work takes of the machine: its bytes are counted where they are read and committed, its share of
/// the process's time by <see cref="ProcessShares"/>. Safe for use by many threads.
/// </summary>
public sealed class ResourceUse
{
    static readonly AsyncLocal<ResourceUse?> current = new();

    long bytesRead;
    long bytesWritten;

    internal ResourceUse()
    {
    }

    /// <summary>
    /// Gets or sets the work that the calling flow does, and what it starts; null where none is measured.
    /// </summary>
    public static ResourceUse? Current
    {
        get => current.Value;
        set => current.Value = value;
    }

    /// <summary>Gets the bytes of the files of tables that it was given to read.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    /// <summary>Gets the bytes of the files that it committed.</summary>
    public long BytesWritten => Interlocked.Read(ref bytesWritten);

    /// <summary>Gets its share of the processor time of the process.</summary>
    public TimeSpan Processor { get; internal set; }

    /// <summary>Gets the most memory that the process had while it worked, in bytes.</summary>
    public long MemoryPeakBytes { get; internal set; }

    /// <summary>Gets the most that the engine had spilled while it worked, in bytes.</summary>
    public long SpillPeakBytes { get; internal set; }

    /// <summary>Counts bytes that are read, for the work of the calling flow.</summary>
    public static void AddRead(long bytes)
    {
        if (Current is { } use) Interlocked.Add(ref use.bytesRead, bytes);
    }

    /// <summary>Counts bytes that were committed, for the work of the calling flow.</summary>
    public static void AddWritten(long bytes)
    {
        if (Current is { } use) Interlocked.Add(ref use.bytesWritten, bytes);
    }
}
