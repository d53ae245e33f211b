namespace Foz.Storage;

/// <summary>
/// What kind of fault a <see cref="StorageException"/> reports; callers map it to exit codes and statuses.
/// </summary>
public enum StorageErrorKind
{
    /// <summary>The store failed; trying again later may succeed.</summary>
    Failed,

    /// <summary>The store refuses access: permissions or credentials.</summary>
    Denied,

    /// <summary>The store is read-only.</summary>
    ReadOnly,

    /// <summary>The store is full, or a quota is used up.</summary>
    Full,

    /// <summary>The store ignores the conditions of writes, so that commits of two writers would be lost.</summary>
    Unconditional,

    /// <summary>An object has another size than was expected.</summary>
    WrongSize,

    /// <summary>An address, path or setting has no meaning, or the store does not offer what is asked.</summary>
    InvalidArgument,
}

/// <summary>The one exception of object stores: says what went wrong, where, and what to do.</summary>
public sealed class StorageException : Exception
{
    /// <summary>Makes the exception of a <paramref name="kind"/> of fault.</summary>
    public StorageException(StorageErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What kind of fault this is.</summary>
    public StorageErrorKind Kind { get; }

    /// <summary>The object that is concerned, relative to the root of its store; null if none is.</summary>
    public string? Path { get; init; }
}
