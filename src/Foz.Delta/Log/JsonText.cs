using System.Text;

namespace Foz.Delta.Log;

/// <summary>A JSON document kept as its UTF-8 bytes and parsed only by who needs it. It may be malformed: logs of
/// some writers hold odd statistics.</summary>
public readonly struct JsonText : IEquatable<JsonText>
{
    /// <summary>Wraps UTF-8 bytes, which must not change any more.</summary>
    public JsonText(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    /// <summary>No document.</summary>
    public static JsonText None => default;

    /// <summary>The bytes; empty if there is no document.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>True if there is no document.</summary>
    public bool IsNone => Utf8.IsEmpty;

    /// <summary>The document of a text; null or empty is <see cref="None"/>.</summary>
    public static JsonText FromString(string? text) =>
        string.IsNullOrEmpty(text) ? None : new JsonText(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public bool Equals(JsonText other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is JsonText other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    /// <summary>The text; empty if there is no document.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);

    /// <summary>Whether two documents have the same bytes.</summary>
    public static bool operator ==(JsonText left, JsonText right) => left.Equals(right);

    /// <summary>Whether two documents differ in a byte.</summary>
    public static bool operator !=(JsonText left, JsonText right) => !left.Equals(right);
}
