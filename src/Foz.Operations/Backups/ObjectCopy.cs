using System.Buffers;
using System.IO.Hashing;
using Foz.Lake;
using Foz.Storage;

namespace Foz.Operations.Backups;

/// <summary>Copies objects from one store to another, and hashes their bytes on the way.</summary>
static class ObjectCopy
{
    const int BufferBytes = 1 << 20;

    /// <summary>Copies an object; it is durable when <see cref="IObjectStore.PublishAsync"/> has returned.</summary>
    /// <param name="from">Where it is.</param>
    /// <param name="path">Its path there.</param>
    /// <param name="sizeBytes">Its size.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="target">Its path there.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>XXH128 of its bytes, in hexadecimal.</returns>
    /// <exception cref="FozException">It is gone, or has another size.</exception>
    public static async Task<string> StageAsync(
        IObjectStore from, string path, long sizeBytes, IObjectStore to, string target,
        CancellationToken cancellationToken)
    {
        using var held = await from.FetchAsync([new(path, sizeBytes)], cancellationToken);
        var staged = to.StagingPath(target);
        await using var output = new FileStream(
            staged, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false);
        return await ReadAsync(from, path, sizeBytes, output, cancellationToken);
    }

    /// <summary>Returns XXH128 of an object's bytes, in hexadecimal.</summary>
    /// <exception cref="FozException">It is gone, or has another size.</exception>
    public static async Task<string> HashAsync(
        IObjectStore from, string path, long sizeBytes, CancellationToken cancellationToken)
    {
        using var held = await from.FetchAsync([new(path, sizeBytes)], cancellationToken);
        return await ReadAsync(from, path, sizeBytes, Stream.Null, cancellationToken);
    }

    /// <summary>Returns XXH128 of bytes, in hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(XxHash128.Hash(content));

    static async Task<string> ReadAsync(
        IObjectStore from, string path, long sizeBytes, Stream output, CancellationToken cancellationToken)
    {
        var hash = new XxHash128();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var input = new FileStream(
                from.LocalPath(path) ?? throw Gone(from, path), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            var total = 0L;
            while (await input.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                hash.Append(buffer.AsSpan(0, read));
                await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                total += read;
            }
            return total == sizeBytes ? Convert.ToHexStringLower(hash.GetCurrentHash()) : throw Gone(from, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Gone(from, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static FozException Gone(IObjectStore from, string path) =>
        new(ErrorKind.Storage, $"{from.Root}/{path} is gone, or has another size than was listed");
}
