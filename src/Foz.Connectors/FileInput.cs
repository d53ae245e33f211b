namespace Foz.Connectors;

/// <summary>A file that a batch reads, with the data that shows whether it has changed since.</summary>
/// <param name="Path">Its path with <c>/</c>, relative to the project if it is inside.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="ModifiedAt">When it was last modified.</param>
public sealed record FileInput(string Path, long SizeBytes, DateTimeOffset ModifiedAt)
{
    /// <summary>The file's number in its file system; null where unknown.</summary>
    public ulong? Inode { get; init; }

    /// <summary>
    /// When anything about it changed last, in nanoseconds since 1970, which programs cannot set; null where unknown.
    /// </summary>
    public long? ChangedNs { get; init; }

    /// <summary>
    /// The tag that a store gives the object's content; null where it gives none, and of files elsewhere.
    /// </summary>
    public string? Tag { get; init; }

    /// <summary>A hash of the bytes that were read; null until they are.</summary>
    public string? Hash { get; init; }

    /// <summary>A hash of the settings that it was read with; null where unknown.</summary>
    public string? Reader { get; init; }

    /// <summary>How many of its rows were rejected; null where none was, or it is unknown.</summary>
    public long? Rejected { get; init; }
}
