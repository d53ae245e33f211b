using System.Buffers.Text;
using System.Globalization;

namespace Foz.Delta.Schema;

/// <summary>ISO 8601 dates and times to microseconds and back, years beyond 9999 and before 1 included.</summary>
static class DateTimeText
{
    public const long MicrosPerDay = 86_400_000_000;

    const long MicrosPerSecond = 1_000_000;

    /// <summary>
    /// Reads <c>y-m-d</c>, then optionally a blank or T and <c>h:m[:s[.f]]</c>, then optionally a zone (Z, UTC, or
    /// an offset).
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="micros">Microseconds since 1970-01-01 UTC, finer digits cut off; without a zone it is UTC.</param>
    /// <param name="isExact">Whether no finer digits were cut off.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out long micros, out bool isExact)
    {
        micros = 0;
        isExact = true;
        var isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
        // 200,000 years are what a 64-bit count of microseconds can hold.
        if (!TryReadNumber(ref text, digitsMax: 6, out var year) || year > 200_000 || !TrySkip(ref text, '-')
            || !TryReadNumber(ref text, 2, out var month) || !TrySkip(ref text, '-')
            || !TryReadNumber(ref text, 2, out var day)
            || month is < 1 or > 12 || day < 1) return false;
        if (isNegative) year = -year;
        if (day > DaysInMonth(year, month)) return false;
        long time = 0, offset = 0;
        if (!text.IsEmpty)
        {
            if (!TrySkip(ref text, ' ') && !TrySkip(ref text, 'T')) return false;
            if (!TryReadTime(ref text, out time, out isExact) || !TryReadZone(text, out offset)) return false;
        }
        micros = DaysSinceEpoch(year, month, day) * MicrosPerDay + time - offset;
        return true;
    }

    /// <summary><c>2020-01-31</c>.</summary>
    public static string FormatDate(long days)
    {
        var (year, month, day) = CivilOf(days);
        return year is >= 0 and <= 9999
            ? $"{year:0000}-{month:00}-{day:00}"
            : $"{year:+0000;-0000}-{month:00}-{day:00}";
    }

    /// <summary><c>2020-01-31T12:00:00.123456</c>, without the fraction where it is zero.</summary>
    public static string FormatTimestamp(long micros) =>
        Format(micros, micros % MicrosPerSecond == 0 ? @"hh\:mm\:ss" : @"hh\:mm\:ss\.ffffff");

    /// <summary><c>2020-01-31T12:00:00.123</c>, finer digits cut off.</summary>
    public static string FormatMillis(long micros) => Format(micros, @"hh\:mm\:ss\.fff");

    static bool TryReadTime(ref ReadOnlySpan<byte> text, out long micros, out bool isExact)
    {
        micros = 0;
        isExact = true;
        if (!TryReadNumber(ref text, 2, out var hour) || !TrySkip(ref text, ':')
            || !TryReadNumber(ref text, 2, out var minute)) return false;
        var second = 0;
        if (TrySkip(ref text, ':') && !TryReadNumber(ref text, 2, out second)) return false;
        if (hour > 24 || minute > 59 || second > 59) return false;
        micros = ((hour * 60L + minute) * 60 + second) * MicrosPerSecond;
        if (TrySkip(ref text, '.') || TrySkip(ref text, ','))
        {
            var unit = MicrosPerSecond;
            for (; text is [>= (byte)'0' and <= (byte)'9', ..]; text = text[1..])
            {
                unit /= 10;
                micros += unit * (text[0] - '0');
                isExact &= unit > 0 || text[0] == '0';
            }
        }
        return true;
    }

    static bool TryReadZone(ReadOnlySpan<byte> text, out long offsetMicros)
    {
        offsetMicros = 0;
        if (text is [(byte)' ', .. var rest]) text = rest;
        if (text.IsEmpty || text.SequenceEqual("Z"u8) || text.SequenceEqual("UTC"u8)) return true;
        if (text is not [(byte)'+' or (byte)'-', ..]) return false;
        var sign = text[0] == '-' ? -1 : 1;
        text = text[1..];
        if (!TryReadNumber(ref text, 2, out var hour)) return false;
        int minute = 0, second = 0;
        if (!text.IsEmpty)
        {
            TrySkip(ref text, ':');
            if (!TryReadNumber(ref text, 2, out minute)) return false;
        }
        if (!text.IsEmpty && (!TrySkip(ref text, ':') || !TryReadNumber(ref text, 2, out second))) return false;
        offsetMicros = sign * ((hour * 60L + minute) * 60 + second) * MicrosPerSecond;
        return text.IsEmpty && hour <= 18;
    }

    static bool TryReadNumber(ref ReadOnlySpan<byte> text, int digitsMax, out int number)
    {
        var head = text[..Math.Min(digitsMax, text.Length)];
        var end = head.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end >= 0) head = head[..end];
        text = text[head.Length..];
        return Utf8Parser.TryParse(head, out number, out _);
    }

    static bool TrySkip(ref ReadOnlySpan<byte> text, char c)
    {
        if (text.IsEmpty || text[0] != c) return false;
        text = text[1..];
        return true;
    }

    static int DaysInMonth(int year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    // A year here begins in March, so that the leap day is its last; 400 years, an era, have 146,097 days.
    static long DaysSinceEpoch(long year, int month, int day)
    {
        if (month <= 2) year--;
        var era = FloorDiv(year, 400);
        var yearOfEra = year - era * 400;
        var dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        var dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097 + dayOfEra - 719_468;
    }

    static (long Year, int Month, int Day) CivilOf(long days)
    {
        days += 719_468;
        var era = FloorDiv(days, 146_097);
        var dayOfEra = days - era * 146_097;
        var yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var shifted = (5 * dayOfYear + 2) / 153;
        var day = (int)(dayOfYear - (153 * shifted + 2) / 5 + 1);
        var month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
    }

    static string Format(long micros, string timeFormat)
    {
        var days = FloorDiv(micros, MicrosPerDay);
        var time = TimeSpan.FromMicroseconds(micros - days * MicrosPerDay);
        return $"{FormatDate(days)}T{time.ToString(timeFormat, CultureInfo.InvariantCulture)}";
    }

    static long FloorDiv(long a, long b) => (a >= 0 ? a : a - b + 1) / b;
}
