namespace Foz.Storage.GoogleCloud;

/// <summary>Where and how a bucket of Google Cloud Storage is reached.</summary>
sealed record GcsOptions
{
    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>The service's address; null for Google's.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether requests carry no token, for public buckets and emulators.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>The file with a service account's or a user's credentials; null for what is found first.</summary>
    public string? CredentialsFile { get; init; }
}
