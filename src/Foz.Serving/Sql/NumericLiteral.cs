using System.Globalization;

namespace Foz.Serving.Sql;

/// <summary>A number that is written in decimal digits, with as many as it has.</summary>
/// <param name="Text">The number without exponent, such as <c>-0.0015</c>.</param>
/// <param name="Width">How many digits it has, 1 to 38.</param>
/// <param name="Scale">How many of them follow the point.</param>
readonly record struct NumericLiteral(string Text, int Width, int Scale)
{
    /// <summary>How many digits a number has at most: as many as the engine's.</summary>
    public const int DigitsMax = 38;

    /// <summary>The number in SQL, as a decimal with its digits.</summary>
    public string Sql => string.Create(CultureInfo.InvariantCulture, $"CAST('{Text}' AS DECIMAL({Width},{Scale}))");

    /// <summary>
    /// Reads a number, which may have a sign and an exponent; null where it is none, or has too many digits.
    /// </summary>
    public static NumericLiteral? Read(ReadOnlySpan<char> text)
    {
        var sign = text.StartsWith("-", StringComparison.Ordinal) ? "-" : "";
        if (text.StartsWith("-", StringComparison.Ordinal) || text.StartsWith("+", StringComparison.Ordinal))
            text = text[1..];
        var at = text.IndexOfAny('e', 'E');
        var exponent = 0;
        if (at >= 0
            && !int.TryParse(
                text[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            return null;
        var mantissa = at < 0 ? text : text[..at];
        var point = mantissa.IndexOf('.');
        var fractionDigits = point < 0 ? 0 : mantissa.Length - point - 1;
        var written = point < 0 ? mantissa.ToString() : string.Concat(mantissa[..point], mantissa[(point + 1)..]);
        if (written.Length == 0 || !written.All(char.IsAsciiDigit) || Math.Abs(exponent) > 2 * DigitsMax
            || fractionDigits > 2 * DigitsMax)
            return null;
        var scale = fractionDigits - exponent;
        var digits = written.TrimStart('0');
        if (scale < 0) (digits, scale) = (digits.Length == 0 ? "" : digits.PadRight(digits.Length - scale, '0'), 0);
        var width = Math.Max(Math.Max(digits.Length, scale), 1);
        if (width > DigitsMax) return null;
        digits = digits.PadLeft(scale + 1, '0');
        return new(sign + (scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}"), width, scale);
    }
}
