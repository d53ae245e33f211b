using System.Globalization;

namespace Foz.Wire.PostgreSql.Replication;

/// <summary>A position in a server's write-ahead log, in bytes; PostgreSQL's <c>pg_lsn</c>.</summary>
/// <param name="Value">The bytes before it.</param>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>Gets the position that no log has: a server sends it where a message has no place in the log.</summary>
    public static Lsn None => default;

    /// <summary>Returns whether one position comes before another.</summary>
    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    /// <summary>Returns whether one position comes after another.</summary>
    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    /// <summary>Returns whether one position comes before another, or is the same.</summary>
    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    /// <summary>Returns whether one position comes after another, or is the same.</summary>
    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    /// <summary>Reads a position such as <c>16/B374D848</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lsn">The position.</param>
    /// <returns>False where the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Lsn lsn)
    {
        lsn = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParseHalf(text[..slash], out var high) || !TryParseHalf(text[(slash + 1)..], out var low))
            return false;
        lsn = new Lsn((ulong)high << 32 | low);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <summary>Returns the position as PostgreSQL writes it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{(uint)Value:X}");

    static bool TryParseHalf(ReadOnlySpan<char> text, out uint half) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out half);
}
