using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Foz.Storage.Remote;

/// <summary>
/// Moves large objects in parts, several at a time, in memory that is bounded for all of a bucket's transfers together.
/// </summary>
sealed class Transfers(ObjectService service) : IDisposable
{
    /// <summary>How many files move at a time.</summary>
    public const int FilesMax = 8;

    const int PartBytesMin = 8 << 20;
    const int PartsMax = 10_000;
    const int PartsInMemoryMax = 8;

    /// <summary>Each place is the memory of one part.</summary>
    readonly SemaphoreSlim places = new(PartsInMemoryMax);

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();

    /// <summary>An object; one that is larger than a part is read in ranges, several at a time.</summary>
    public async Task<RemoteContent?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var first = await service.GetAsync(key, (0, PartBytesMin), cancellationToken);
        if (first is null) return null;
        var info = first.Info;
        if (first.Content.IsEmpty)
        {
            // The answer to a range of nothing describes nothing either.
            if (await service.HeadAsync(key, cancellationToken) is not { } empty) return null;
            return empty.SizeBytes == 0
                ? new(empty, default)
                : throw new ServiceFault($"{key} was replaced while it was read") { IsTransient = true };
        }
        if (info.SizeBytes <= first.Content.Length) return first;
        if (info.SizeBytes > Array.MaxLength)
            throw new ServiceFault($"{key} has {info.SizeBytes} bytes, more than fit into memory at once");
        var content = GC.AllocateUninitializedArray<byte>((int)info.SizeBytes);
        first.Content.CopyTo(content);
        await ForEachPartAsync(first.Content.Length, info.SizeBytes, PartBytesMin, async (_, offset, length, token) =>
            (await RangeAsync(info, offset, length, token)).CopyTo(content.AsMemory((int)offset)), cancellationToken);
        return new(info, content);
    }

    /// <summary>Writes an object into a local file.</summary>
    /// <param name="key">The object.</param>
    /// <param name="file">The file, whose name is not in use yet; durable when the call returns.</param>
    /// <param name="onFailure">Makes the error of a fault.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The size; null if there is no such object, and then no file.</returns>
    public async Task<long?> DownloadAsync(
        string key, string file, Func<ServiceFault, int, Exception> onFailure, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        RemoteContent? first;
        try
        {
            first = await RetryAsync(
                () => service.GetAsync(key, (0, PartBytesMin), cancellationToken), onFailure, cancellationToken);
        }
        finally
        {
            places.Release();
        }
        if (first is null) return null;
        var info = first.Info;
        using var handle = File.OpenHandle(
            file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete,
            FileOptions.Asynchronous, info.SizeBytes);
        await RandomAccess.WriteAsync(handle, first.Content, 0, cancellationToken);
        await ForEachPartAsync(first.Content.Length, info.SizeBytes, PartBytesMin, async (_, offset, length, token) =>
        {
            var part = await RetryAsync(() => RangeAsync(info, offset, length, token), onFailure, token);
            await RandomAccess.WriteAsync(handle, part, offset, token);
        }, cancellationToken);
        RandomAccess.FlushToDisk(handle);
        return info.SizeBytes;
    }

    /// <summary>Makes a local file an object, replacing one that exists.</summary>
    public async Task UploadAsync(
        string file, string key, Func<ServiceFault, int, Exception> onFailure, CancellationToken cancellationToken)
    {
        using var handle = File.OpenHandle(
            file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
        var size = RandomAccess.GetLength(handle);
        if (size > PartBytesMin)
        {
            await UploadInPartsAsync(handle, key, size, onFailure, cancellationToken);
            return;
        }
        await WithPartAsync(handle, 0, (int)size, async content =>
        {
            var condition = new PutCondition(WriteHistory.Next(null), IsAbsent: false, Tag: null);
            await RetryAsync(
                () => service.PutAsync(key, content, condition, cancellationToken), onFailure, cancellationToken);
            return true;
        }, cancellationToken);
    }

    async Task UploadInPartsAsync(
        SafeFileHandle handle, string key, long size, Func<ServiceFault, int, Exception> onFailure,
        CancellationToken cancellationToken)
    {
        var partBytes = (int)Math.Max(PartBytesMin, (size + PartsMax - 1) / PartsMax);
        // What resumes within a part asks for whole units of 256 KiB.
        partBytes = (partBytes + (256 << 10) - 1) / (256 << 10) * (256 << 10);
        var parts = new string[(size + partBytes - 1) / partBytes];
        var upload = await RetryAsync(
            () => service.BeginUploadAsync(key, cancellationToken), onFailure, cancellationToken);
        try
        {
            await ForEachPartAsync(0, size, partBytes, async (number, offset, length, token) =>
                parts[number] = await WithPartAsync(handle, offset, length, content => RetryAsync(
                    () => service.UploadPartAsync(new(key, upload, number, offset, size), content, token),
                    onFailure, token), token),
                cancellationToken, takesPlaces: false, service.UploadsInOrder ? 1 : PartsInMemoryMax);
            await service.Retries.RunAsync(async failures =>
            {
                // An attempt whose answer was lost may have succeeded, and then the upload is known no more.
                if (failures == 0 || await service.HeadAsync(key, cancellationToken) is not { } there
                    || there.SizeBytes != size)
                    await service.CompleteUploadAsync(key, upload, parts, cancellationToken);
                return true;
            }, onFailure, cancellationToken);
        }
        catch (Exception error) when (error is StorageException or IOException or OperationCanceledException)
        {
            await TryAbortAsync(key, upload);
            throw;
        }
    }

    async Task TryAbortAsync(string key, string upload)
    {
        try
        {
            await service.AbortUploadAsync(key, upload, CancellationToken.None);
        }
        catch (ServiceFault)
        {
            // The service is down; its rules for unfinished uploads remove the parts.
        }
    }

    async Task<ReadOnlyMemory<byte>> RangeAsync(
        RemoteInfo whole, long offset, int length, CancellationToken cancellationToken)
    {
        var part = await service.GetAsync(whole.Key, (offset, length), cancellationToken)
            ?? throw new ServiceFault($"{whole.Key} was deleted while it was read") { IsTransient = true };
        return part.Content.Length == length && part.Info.Tag == whole.Tag
            ? part.Content
            : throw new ServiceFault($"{whole.Key} was replaced while it was read") { IsTransient = true };
    }

    /// <summary>Calls an action for each part from an offset to the end, several at a time.</summary>
    async Task ForEachPartAsync(
        long start, long end, int partBytes, Func<int, long, int, CancellationToken, Task> action,
        CancellationToken cancellationToken, bool takesPlaces = true, int parallelismMax = PartsInMemoryMax)
    {
        if (start >= end) return;
        var count = (int)((end - start + partBytes - 1) / partBytes);
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = parallelismMax,
        };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (number, token) =>
        {
            var offset = start + (long)number * partBytes;
            if (takesPlaces) await places.WaitAsync(token);
            try
            {
                await action(number, offset, (int)Math.Min(partBytes, end - offset), token);
            }
            finally
            {
                if (takesPlaces) places.Release();
            }
        });
    }

    async Task<T> WithPartAsync<T>(
        SafeFileHandle handle, long offset, int length, Func<ReadOnlyMemory<byte>, Task<T>> action,
        CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            for (var total = 0; total < length;)
            {
                var read = await RandomAccess.ReadAsync(
                    handle, buffer.AsMemory(total, length - total), offset + total, cancellationToken);
                if (read == 0) throw new EndOfStreamException("the file became shorter while it was uploaded");
                total += read;
            }
            return await action(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            places.Release();
        }
    }

    Task<T> RetryAsync<T>(
        Func<Task<T>> attempt, Func<ServiceFault, int, Exception> onFailure, CancellationToken cancellationToken) =>
        service.Retries.RunAsync(_ => attempt(), onFailure, cancellationToken);
}
