namespace Foz.Wire;

/// <summary>What kind of fault a <see cref="WireException"/> reports.</summary>
public enum WireErrorKind
{
    /// <summary>Bytes that break the protocol: cut short, too long, or with a value that it does not know.</summary>
    Malformed,

    /// <summary>A message longer than its limit.</summary>
    TooLong,

    /// <summary>A part of the protocol that this library does not speak.</summary>
    Unsupported,

    /// <summary>A text that is no UTF-8.</summary>
    Encoding,

    /// <summary>A value that its type cannot have, or cannot be read as.</summary>
    Value,

    /// <summary>The other side could not prove who it is, or asked for a proof that is not given.</summary>
    Authentication,
}

/// <summary>The one exception of this library: what is wrong with what the other side sent.</summary>
/// <param name="kind">The kind of fault.</param>
/// <param name="message">What is wrong, in one sentence without a full stop; never holds a secret.</param>
public sealed class WireException(WireErrorKind kind, string message) : Exception(message)
{
    /// <summary>The kind of fault.</summary>
    public WireErrorKind Kind { get; } = kind;

    internal static WireException Malformed(string message) => new(WireErrorKind.Malformed, message);
}
