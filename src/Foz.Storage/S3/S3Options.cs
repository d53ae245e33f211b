namespace Foz.Storage.S3;

/// <summary>Where and how a bucket is reached.</summary>
sealed record S3Options
{
    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>The region; null where it is found out.</summary>
    public string? Region { get; init; }

    /// <summary>The service's address; null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether the bucket is in the path and not in the host's name.</summary>
    public bool UsesPathStyle { get; init; }

    /// <summary>Whether requests are not signed, for public buckets.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>The profile of the AWS tools' files whose credentials count; null for what is found first.</summary>
    public string? Profile { get; init; }

    /// <summary>Keys that are stated; null where they are found.</summary>
    public S3Keys? Keys { get; init; }
}
