using System.Reflection;
using System.Security.Cryptography;

namespace Foz.DuckDB.Connections;

/// <summary>The file of DuckDB's native library, next to the application, and the one that it was built with.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">The SHA-256 of the file in hexadecimal; null where there is none.</param>
/// <param name="PinnedSha256">The SHA-256 of the library that Foz was built with.</param>
public sealed record EngineLibrary(string Path, string? Sha256, string PinnedSha256)
{
    /// <summary>Whether the file is the one that Foz was built with.</summary>
    public bool IsPinned => Sha256 == PinnedSha256;

    /// <summary>Reads and hashes the file, which takes some 0.1 s.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static EngineLibrary Read()
    {
        var path = System.IO.Path.Combine(AppContext.BaseDirectory, Stated("DuckDB.Library"));
        if (!File.Exists(path)) return new(path, null, Stated("DuckDB.Sha256"));
        using var file = File.OpenRead(path);
        return new(path, Convert.ToHexStringLower(SHA256.HashData(file)), Stated("DuckDB.Sha256"));
    }

    static string Stated(string key) => typeof(EngineLibrary).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == key).Value!;
}
