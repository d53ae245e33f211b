namespace Foz.Delta;

/// <summary>
/// What kind of fault a <see cref="DeltaException"/> reports; callers map it to exit codes and statuses.
/// </summary>
public enum DeltaErrorKind
{
    /// <summary>There is no Delta table at the location.</summary>
    TableNotFound,

    /// <summary>The asked version, or an instant, lies outside the versions that the log can still rebuild.</summary>
    VersionNotFound,

    /// <summary>
    /// A file of the log, a checkpoint or a deletion vector breaks the specification or is incomplete.
    /// </summary>
    Corrupt,

    /// <summary>The table demands a feature, type or version that this library does not implement.</summary>
    Unsupported,

    /// <summary>A schema is malformed, or a change of schema is not allowed.</summary>
    InvalidSchema,

    /// <summary>Data has a type that its column cannot hold.</summary>
    TypeMismatch,

    /// <summary>Data has a type that its column could be widened to, which the table does not allow.</summary>
    TypeWideningDisabled,

    /// <summary>An argument, path or table property has no meaning.</summary>
    InvalidArgument,

    /// <summary>A change breaks a rule of the table, such as <c>delta.appendOnly</c>.</summary>
    Refused,

    /// <summary>A change would shut out an engine that the table stays readable for (<c>foz.readers</c>).</summary>
    ShutsReaderOut,

    /// <summary>A transaction lost against a concurrent one in a way that a retry cannot settle.</summary>
    Conflict,
}

/// <summary>The one exception of the Delta protocol: says what went wrong, where, and what to do.</summary>
public sealed class DeltaException : Exception
{
    /// <summary>Makes the exception of a <paramref name="kind"/> of fault.</summary>
    public DeltaException(DeltaErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What kind of fault this is.</summary>
    public DeltaErrorKind Kind { get; }

    /// <summary>The object that is concerned, relative to the root of its store; null if none is.</summary>
    public string? Path { get; init; }

    /// <summary>The table version that is concerned; null if none is.</summary>
    public long? Version { get; init; }
}
