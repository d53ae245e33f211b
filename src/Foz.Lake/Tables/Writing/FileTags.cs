using Foz.Delta.Log;

namespace Foz.Lake.Tables.Writing;

/// <summary>What Foz notes in the <c>tags</c> of data files.</summary>
static class FileTags
{
    /// <summary>The tag with the XXH64 of a file's bytes, 16 hexadecimal digits.</summary>
    public const string Hash = "foz.xxh64";

    // Shared by all files.
    static readonly string[] keys = [Hash];

    /// <summary>The tags of a file with this hash.</summary>
    public static StringMap Of(string hash) => new(keys, [hash]);
}
