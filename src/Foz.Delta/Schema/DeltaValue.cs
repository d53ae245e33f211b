using System.Numerics;
using System.Text;

namespace Foz.Delta.Schema;

/// <summary>
/// A value of a primitive or decimal type, never null, for comparing: statistics, partition values, literals. It does
/// not know its type; values of one type compare as that type orders them (NaN highest, -0 equal to 0, text by its
/// UTF-8 bytes).
/// </summary>
public readonly struct DeltaValue : IComparable<DeltaValue>, IEquatable<DeltaValue>,
    IComparisonOperators<DeltaValue, DeltaValue, bool>
{
    readonly Int128 number;
    readonly byte[]? bytes;

    internal DeltaValue(Int128 number) => this.number = number;

    internal DeltaValue(byte[] bytes) => this.bytes = bytes;

    internal DeltaValue(double value) => number = ToOrder(value);

    /// <summary>
    /// The value as a whole number: integers themselves; booleans 0 or 1; dates in days and timestamps in microseconds
    /// since 1970-01-01; decimals without their point. No meaning for other types.
    /// </summary>
    public Int128 Number => number;

    /// <summary>The value of a float or double; no meaning for other types.</summary>
    public double Floating => FromOrder((long)number);

    /// <summary>The bytes of a binary value, or of a text in UTF-8; empty for other types.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Whether <paramref name="a"/> and <paramref name="b"/> are the same value.</summary>
    public static bool operator ==(DeltaValue a, DeltaValue b) => a.Equals(b);

    /// <summary>Whether <paramref name="a"/> and <paramref name="b"/> differ.</summary>
    public static bool operator !=(DeltaValue a, DeltaValue b) => !a.Equals(b);

    /// <summary>Whether <paramref name="a"/> comes before <paramref name="b"/>.</summary>
    public static bool operator <(DeltaValue a, DeltaValue b) => a.CompareTo(b) < 0;

    /// <summary>Whether <paramref name="a"/> comes before <paramref name="b"/> or is the same.</summary>
    public static bool operator <=(DeltaValue a, DeltaValue b) => a.CompareTo(b) <= 0;

    /// <summary>Whether <paramref name="a"/> comes after <paramref name="b"/>.</summary>
    public static bool operator >(DeltaValue a, DeltaValue b) => a.CompareTo(b) > 0;

    /// <summary>Whether <paramref name="a"/> comes after <paramref name="b"/> or is the same.</summary>
    public static bool operator >=(DeltaValue a, DeltaValue b) => a.CompareTo(b) >= 0;

    /// <summary>
    /// Reads a value from its text: ISO dates and times (blank or T between, with or without zone; without one a
    /// timestamp is UTC), numbers with or without exponent, <c>true</c> <c>false</c> <c>1</c> <c>0</c>, text unchanged,
    /// binary as the UTF-8 bytes of the text.
    /// </summary>
    /// <returns>False where the text is no value of the type, or has finer digits than the type holds.</returns>
    public static bool TryParse(string text, DeltaType type, out DeltaValue value) =>
        DeltaValueParser.TryParse(Encoding.UTF8.GetBytes(text), type, out value, out var isExact) && isExact;

    /// <inheritdoc/>
    public int CompareTo(DeltaValue other) => bytes is null || other.bytes is null
        ? number.CompareTo(other.number)
        : bytes.AsSpan().SequenceCompareTo(other.bytes);

    /// <inheritdoc/>
    public bool Equals(DeltaValue other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DeltaValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (bytes is null) return number.GetHashCode();
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    // The bits of a double, so changed that signed integers order as the doubles do.
    static long ToOrder(double value)
    {
        if (double.IsNaN(value)) return long.MaxValue;
        var bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0.0 : value);
        return bits < 0 ? ~bits ^ long.MinValue : bits;
    }

    static double FromOrder(long order)
    {
        if (order == long.MaxValue) return double.NaN;
        return BitConverter.Int64BitsToDouble(order < 0 ? ~(order ^ long.MinValue) : order);
    }
}
