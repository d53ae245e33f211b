using System.Buffers;
using System.Globalization;
using System.IO.Hashing;

namespace Foz.Lake.Data;

/// <summary>The hash of a file's bytes: XXH64 as 16 hexadecimal digits.</summary>
public static class FileHash
{
    // What fits into a processor's cache is hashed while it is there.
    const int BufferBytes = 1 << 18;

    /// <summary>Reads a file of this machine and returns its hash.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string Of(string path, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var hash = new XxHash64();
            for (long offset = 0; RandomAccess.Read(file, buffer, offset) is > 0 and var read; offset += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.Append(buffer.AsSpan(0, read));
            }
            return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The hashes of several files, in their order; several are read at a time.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    public static async Task<IReadOnlyList<string>> OfAsync(
        IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var hashes = new string[paths.Count];
        if (paths.Count == 1) hashes[0] = Of(paths[0], cancellationToken);
        else
            await Parallel.ForAsync(0, paths.Count, cancellationToken, (i, token) =>
            {
                hashes[i] = Of(paths[i], token);
                return ValueTask.CompletedTask;
            });
        return hashes;
    }
}
