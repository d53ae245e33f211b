using System.Security.Cryptography;

namespace Foz.Storage.Remote;

/// <summary>
/// The random names of the last writes of an object, newest first, in its metadata and after its tag. A write whose
/// answer was lost finds its name there, also when others have replaced the object since.
/// </summary>
static class WriteHistory
{
    const int WritesMax = 32;
    const int NameBytes = 8;
    const char Separator = ',';
    const char TagSeparator = ' ';

    /// <summary>A new write's name before those that a tag carries.</summary>
    /// <param name="tag">The tag of what is replaced, as a store gives it; null if that does not matter.</param>
    public static string Next(string? tag)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
        if (tag is null || tag.IndexOf(TagSeparator, StringComparison.Ordinal) is not (>= 0 and var end)) return name;
        return string.Join(Separator, tag[(end + 1)..].Split(Separator).Take(WritesMax - 1).Prepend(name));
    }

    /// <summary>Whether the newest name of one history is in another.</summary>
    public static bool Contains(string? history, string other) =>
        history?.Split(Separator).Contains(other.Split(Separator)[0], StringComparer.Ordinal) ?? false;

    /// <summary>The tag that a store gives: the service's, with the names.</summary>
    public static string ToTag(string tag, string? history) => history is null ? tag : $"{tag}{TagSeparator}{history}";

    /// <summary>The service's part of a tag that a store gave.</summary>
    public static string ServiceTagOf(string tag) => tag.Split(TagSeparator, 2)[0];
}
