using System.Security.Cryptography;

namespace Foz.Storage;

/// <summary>The tag of stores that have none of their own: a hash of the content, so it cannot miss a change that
/// falls within one tick of the file system's clock.</summary>
public static class ContentTag
{
    const int TagBytes = 16;

    /// <summary>The tag of a content.</summary>
    public static string Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return Convert.ToHexStringLower(hash[..TagBytes]);
    }
}
