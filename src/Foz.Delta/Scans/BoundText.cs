using System.Text;

namespace Foz.Delta.Scans;

/// <summary>Cuts texts that are bounds to a prefix that is a bound too.</summary>
static class BoundText
{
    /// <summary>How many code points a bound may have, as in Spark.</summary>
    public const int CodePointsMax = 32;

    // An upper bound whose rest is all the highest code point can only be cut after it.
    const int CodePointsMaxOfMax = 2 * CodePointsMax;

    static readonly Rune Highest = new(0x10FFFF);

    /// <summary>A text at most (at least) as great as the given one; null if none is short enough.</summary>
    public static string? Cut(string text, bool isMax)
    {
        if (text.Length <= CodePointsMax) return text;
        int length = 0, count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (count >= CodePointsMax && (!isMax || rune != Highest))
                return isMax ? text[..length] + Highest : text[..length];
            if (count >= CodePointsMaxOfMax) return null;
            length += rune.Utf16SequenceLength;
            count++;
        }
        return text;
    }
}
