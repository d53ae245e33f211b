using System.Text;

namespace Foz.Storage;

/// <summary>The findings of a check of a store.</summary>
/// <param name="Elapsed">How long a write, a read, a listing and a deletion took together.</param>
/// <param name="ClockSkew">How far the storage's clock is ahead of this machine's.</param>
/// <param name="Fault">Which promise that commits depend on the storage breaks; null if none.</param>
public sealed record StoreProbe(TimeSpan Elapsed, TimeSpan ClockSkew, string? Fault)
{
    const string Folder = "_foz/probes";

    /// <summary>Tries out what a lake's storage must do, on an object of its own that is deleted again.</summary>
    /// <exception cref="StorageException">The storage cannot be reached, read or written.</exception>
    public static async Task<StoreProbe> RunAsync(
        IObjectStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var path = $"{Folder}/{Guid.NewGuid():N}";
        var startedAt = clock.GetTimestamp();
        var created = await store.PutIfAbsentAsync(path, Text("1"), cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            var fault = await FindFaultAsync(store, path, created, cancellationToken);
            var skew = created is PutIfAbsentResult.Created { Info.LastModified: var written }
                ? written - now
                : default;
            return new(clock.GetElapsedTime(startedAt), skew, fault);
        }
        finally
        {
            await store.DeleteAsync(path, CancellationToken.None);
        }
    }

    static async Task<string?> FindFaultAsync(
        IObjectStore store, string path, PutIfAbsentResult created, CancellationToken cancellationToken)
    {
        if (created is not PutIfAbsentResult.Created) return "a new object is said to be there already";
        if (await store.PutIfAbsentAsync(path, Text("2"), cancellationToken) is PutIfAbsentResult.Created)
            return "an object was created twice";
        if (await store.GetAsync(path, cancellationToken) is not { } read || !read.Content.Span.SequenceEqual("1"u8))
            return "an object does not read as it was written";
        if (await store.PutIfMatchAsync(path, Text("3"), read.ETag, cancellationToken) is PutIfMatchResult.Mismatch)
            return "an unchanged object could not be replaced";
        if (await store.PutIfMatchAsync(path, Text("4"), read.ETag, cancellationToken) is PutIfMatchResult.Written)
            return "an object was replaced twice by one tag";
        return await store.ListAsync(Folder, startAfter: null, cancellationToken).AnyAsync(
            o => o.Path == path, cancellationToken)
            ? null
            : "a listing lacks an object that was just written";
    }

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
