namespace Foz.Lake.Configuration;

/// <summary>Where a project's lake is, and how it is reached.</summary>
public sealed record LakeLocation
{
    /// <summary>The cache's size where none is stated.</summary>
    public const long CacheBytesDefault = 20_000_000_000;

    /// <summary>A full path, or the address of an object store.</summary>
    public required string Path { get; init; }

    /// <summary>The object store's settings, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder of the files that are kept of a lake in an object store; null for the user's own.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>How many bytes of files are kept.</summary>
    public long CacheBytesMax { get; init; } = CacheBytesDefault;

    /// <summary>The variables that may hold credentials.</summary>
    public Variables Variables { get; init; } = Variables.Empty;
}
