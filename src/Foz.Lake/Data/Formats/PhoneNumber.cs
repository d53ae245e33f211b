using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;

namespace Foz.Lake.Data.Formats;

/// <summary>Telephone numbers, written as ITU-T E.164 has them: <c>+5511987654321</c>.</summary>
static class PhoneNumber
{
    const string Brazil = "55";
    const int DigitsMin = 8, DigitsMax = 15;

    static readonly SearchValues<char> Allowed = SearchValues.Create("0123456789+()-. ");

    /// <summary>The area codes of Brazil that are in use (Anatel).</summary>
    static readonly FrozenSet<int> Areas = new[]
    {
        11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 27, 28, 31, 32, 33, 34, 35, 37, 38, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 51, 53, 54, 55, 61, 62, 63, 64, 65, 66, 67, 68, 69, 71, 73, 74, 75, 77, 79, 81, 82, 83, 84, 85, 86, 87,
        88, 89, 91, 92, 93, 94, 95, 96, 97, 98, 99,
    }.ToFrozenSet();

    /// <summary>
    /// Returns a number in one form: one with <c>+</c> unchanged, one without as a number of Brazil with its area code;
    /// null where it is none.
    /// </summary>
    public static string? Normalize(string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Allowed)) return null;
        var digits = new string([.. text.Where(char.IsAsciiDigit)]);
        var isInternational = text.StartsWith('+');
        if (text.LastIndexOf('+') > 0) return null;
        if (isInternational && !digits.StartsWith(Brazil, StringComparison.Ordinal))
            return digits.Length is >= DigitsMin and <= DigitsMax && digits[0] != '0' ? "+" + digits : null;
        var national = isInternational ? digits[Brazil.Length..]
            : digits.Length >= 12 && digits.StartsWith(Brazil, StringComparison.Ordinal) ? digits[Brazil.Length..]
            : digits.StartsWith('0') ? digits[1..]
            : digits;
        return IsBrazilian(national) ? $"+{Brazil}{national}" : null;
    }

    /// <summary>
    /// Whether digits are an area code and a mobile (nine digits from 9) or fixed (eight from 2 to 5) number.
    /// </summary>
    static bool IsBrazilian(string digits) =>
        digits.Length is 10 or 11 && Areas.Contains(int.Parse(digits.AsSpan(0, 2), CultureInfo.InvariantCulture))
        && (digits.Length == 11 ? digits[2] == '9' : digits[2] is >= '2' and <= '5');
}
