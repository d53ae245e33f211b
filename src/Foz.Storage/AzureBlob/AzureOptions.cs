namespace Foz.Storage.AzureBlob;

/// <summary>Where and how a container of Azure Storage is reached.</summary>
sealed record AzureOptions
{
    /// <summary>The storage account.</summary>
    public required string Account { get; init; }

    /// <summary>The container.</summary>
    public required string Container { get; init; }

    /// <summary>The container as people write it.</summary>
    public required string Root { get; init; }

    /// <summary>The blob service's address, with the account's name where it is in the path.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The account's key; null without one.</summary>
    public byte[]? AccountKey { get; init; }

    /// <summary>A shared access signature, without its question mark; null without one.</summary>
    public string? SasToken { get; init; }

    /// <summary>Whether requests prove nothing, for public containers.</summary>
    public bool IsAnonymous { get; init; }
}
