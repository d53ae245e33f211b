namespace Foz.Storage;

/// <summary>What a store knows of an object without reading it.</summary>
/// <param name="Path">The path below the store's root.</param>
/// <param name="SizeBytes">The size in bytes.</param>
/// <param name="LastModified">The time of the last write by the storage's clock, UTC.</param>
/// <param name="ETag">The tag for <see cref="IObjectStore.PutIfMatchAsync"/>; null where the store would have to
/// read the object to know it (take <see cref="StoredObject.ETag"/> then).</param>
public readonly record struct ObjectInfo(string Path, long SizeBytes, DateTimeOffset LastModified, string? ETag = null);

/// <summary>An object that an engine is to read.</summary>
/// <param name="Path">The path below the store's root.</param>
/// <param name="SizeBytes">The size that it must have; null if that is not known.</param>
public readonly record struct ObjectRef(string Path, long? SizeBytes);

/// <summary>Local files that hold objects; they stay at least until this is disposed.</summary>
public sealed class LocalObjects(Action? release = null) : IDisposable
{
    Action? release = release;

    /// <summary>Files that stay by themselves.</summary>
    public static LocalObjects None { get; } = new();

    /// <summary>Lets the files go.</summary>
    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}

/// <summary>An object that was read.</summary>
public sealed class StoredObject
{
    string? etag;

    /// <summary>
    /// Wraps what was read; where <paramref name="info"/> has no tag, it is computed from the content.
    /// </summary>
    public StoredObject(ObjectInfo info, ReadOnlyMemory<byte> content)
    {
        Info = info;
        Content = content;
        etag = info.ETag;
    }

    /// <summary>Size and time.</summary>
    public ObjectInfo Info { get; }

    /// <summary>All bytes.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The tag of this content, for <see cref="IObjectStore.PutIfMatchAsync"/>.</summary>
    public string ETag => etag ??= ContentTag.Of(Content.Span);
}

/// <summary>How a conditional creation ended.</summary>
public abstract record PutIfAbsentResult
{
    PutIfAbsentResult() { }

    /// <summary>The object is written.</summary>
    public sealed record Created(ObjectInfo Info) : PutIfAbsentResult;

    /// <summary>Another object was there first; nothing is written.</summary>
    public sealed record AlreadyExists : PutIfAbsentResult
    {
        /// <summary>The only value.</summary>
        public static AlreadyExists Value { get; } = new();
    }
}

/// <summary>How a conditional replacement ended.</summary>
public abstract record PutIfMatchResult
{
    PutIfMatchResult() { }

    /// <summary>The object is replaced; <paramref name="ETag"/> is the tag of what was written.</summary>
    public sealed record Written(ObjectInfo Info, string ETag) : PutIfMatchResult;

    /// <summary>The object has another tag, or is gone; nothing is written.</summary>
    public sealed record Mismatch : PutIfMatchResult
    {
        /// <summary>The only value.</summary>
        public static Mismatch Value { get; } = new();
    }
}
