using System.Globalization;
using System.Numerics;
using System.Text;

namespace Foz.Server.PgWire.Rows;

/// <summary>
/// Shortest digits that lie just between two floating-point numbers: reading them gives the right one by the rule of
/// ties, which .NET counts on and PostgreSQL does not; it writes more digits.
/// </summary>
static class Ties
{
    /// <summary>With so many digits after the first, a text belongs to one number only.</summary>
    const int DigitsMax = 16;

    /// <summary>Whether digits lie exactly between a number and one of its neighbors.</summary>
    /// <param name="text">The digits of a whole number, possibly with an exponent.</param>
    /// <param name="value">The number.</param>
    /// <param name="below">The next lower one.</param>
    /// <param name="above">The next higher one.</param>
    public static bool IsTie(ReadOnlySpan<byte> text, double value, double below, double above)
    {
        var twice = 2 * BigInteger.Parse(
            Encoding.ASCII.GetString(text), NumberStyles.Float, CultureInfo.InvariantCulture);
        var exact = new BigInteger(value);
        return twice == exact + new BigInteger(below) || twice == exact + new BigInteger(above);
    }

    /// <summary>Writes the least digits that lie between no two numbers, with an exponent.</summary>
    /// <param name="value">The number.</param>
    /// <param name="below">The next lower one.</param>
    /// <param name="above">The next higher one.</param>
    /// <param name="isValue">Whether a text reads as the number.</param>
    /// <param name="destination">Where to.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(
        double value, double below, double above, Func<string, bool> isValue, Span<byte> destination)
    {
        for (var digits = 1; ; digits++)
        {
            var text = value.ToString($"E{digits}", CultureInfo.InvariantCulture);
            if (digits < DigitsMax && (!isValue(text) || IsTie(Encoding.ASCII.GetBytes(text), value, below, above)))
                continue;
            return Encoding.ASCII.GetBytes(text, destination);
        }
    }
}
