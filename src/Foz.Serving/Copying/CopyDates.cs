using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.Serving.Copying;

/// <summary>
/// Dates and times as PostgreSQL reads them beside ISO 8601, where <c>DateStyle</c> is <c>ISO, MDY</c> (PostgreSQL's
/// documentation, 8.5.1): the month first, and names of months.
/// </summary>
static partial class CopyDates
{
    const int YearDigits = 4;

    /// <summary>No date is longer than this, and of longer texts it takes long to say that they are none.</summary>
    const int LengthMax = 64;

    /// <summary>Of years in two digits, this and those before are of this century.</summary>
    const int TwoDigitYearMax = 2069;

    static readonly string[] formats =
    [
        "M/d/yyyy", "M/d/yy", "yyyy/M/d", "yyyyMMdd", "MMM d yyyy", "MMMM d yyyy", "d MMM yyyy", "d MMMM yyyy",
        "yyyy MMM d", "yyyy MMMM d",
    ];

    static readonly CultureInfo english = English();

    /// <summary>
    /// Writes a text of a date, with a time or without, as ISO 8601 has it; any other text as it is, which the engine
    /// refuses.
    /// </summary>
    public static void WriteIso(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        if (IsIso(value)) destination.Write(value);
        else destination.Write(Encoding.UTF8.GetBytes(ToIso(Encoding.UTF8.GetString(value))));
    }

    static bool IsIso(ReadOnlySpan<byte> value) =>
        value.Length > YearDigits && value[YearDigits] == '-'
            && !value[..YearDigits].ContainsAnyExceptInRange((byte)'0', (byte)'9')
        && char.IsAsciiDigit((char)value[^1]);

    static string ToIso(string text)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Length > LengthMax || DateAndTime.Match(trimmed.ToString()) is not { Success: true } match)
            return text;
        var date = match.Groups["date"].Value;
        // 8-Jan-1999 is written with names, 1.8.1999 with numbers alone.
        date = date.Any(char.IsAsciiLetter)
            ? Separators.Replace(date, " ").Trim()
            : Separators.Replace(date.Trim(), "/");
        return DateTime.TryParseExact(date, formats, english, DateTimeStyles.None, out var day)
            ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                + (match.Groups["time"] is { Success: true, Value: var time } ? " " + time : "")
            : text;
    }

    static CultureInfo English()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.DateTimeFormat.Calendar = new GregorianCalendar { TwoDigitYearMax = TwoDigitYearMax };
        return culture;
    }

    [GeneratedRegex(
        @"^(?<date>[^:]+?)(?:[\sT]+(?<time>\d{1,2}:\d{2}.*))?$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DateAndTime { get; }

    [GeneratedRegex(@"[\s,./-]+")]
    private static partial Regex Separators { get; }
}
