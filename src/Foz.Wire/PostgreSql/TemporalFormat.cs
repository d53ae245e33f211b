using System.Buffers.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// Writes dates and times as text the way PostgreSQL does with <c>DateStyle</c> ISO and <c>IntervalStyle</c> postgres.
/// Days and microseconds count from 1970-01-01; the callers know the infinities.
/// </summary>
public static class TemporalFormat
{
    /// <summary>The most bytes that any of these writes.</summary>
    public const int BytesMax = 96;

    const long MicrosPerSecond = 1_000_000;
    const long MicrosPerDay = 86_400 * MicrosPerSecond;
    const int DaysPerEra = 146_097;
    const int DaysToEpoch = 719_468;
    const int FractionDigits = 6;

    /// <summary>Writes a date: <c>2024-02-29</c>, or <c>0044-03-15 BC</c>.</summary>
    public static int WriteDate(int days, Span<byte> destination)
    {
        var length = WriteCivilDate(days, destination, out var isBeforeChrist);
        return isBeforeChrist ? length + WriteBeforeChrist(destination[length..]) : length;
    }

    /// <summary>Writes a time of day: <c>12:34:56.789</c>.</summary>
    public static int WriteTime(long micros, Span<byte> destination)
    {
        var (seconds, fraction) = Math.DivRem((ulong)micros, (ulong)MicrosPerSecond);
        var ofDay = (int)seconds;
        WriteTwo(ofDay / 3600, destination);
        destination[2] = (byte)':';
        WriteTwo(ofDay / 60 % 60, destination[3..]);
        destination[5] = (byte)':';
        WriteTwo(ofDay % 60, destination[6..]);
        return 8 + WriteFraction((int)fraction, destination[8..]);
    }

    /// <summary>Writes a time of day and how far it is ahead of UTC: <c>12:34:56+02:30</c>.</summary>
    public static int WriteTimeTz(long micros, int offsetSeconds, Span<byte> destination)
    {
        var length = WriteTime(micros, destination);
        return length + WriteOffset(offsetSeconds, destination[length..]);
    }

    /// <summary>Writes a timestamp: <c>2024-02-29 12:34:56.789</c>.</summary>
    public static int WriteTimestamp(long micros, Span<byte> destination)
    {
        var length = WriteClock(micros, destination, out var isBeforeChrist);
        return isBeforeChrist ? length + WriteBeforeChrist(destination[length..]) : length;
    }

    /// <summary>Writes an instant by a clock that is ahead of UTC: <c>2024-02-29 12:34:56.789+02</c>.</summary>
    /// <param name="micros">Microseconds since 1970-01-01 in UTC.</param>
    /// <param name="offsetSeconds">Seconds that the clock is ahead of UTC.</param>
    /// <param name="destination">Room for <see cref="BytesMax"/> bytes.</param>
    public static int WriteTimestampTz(long micros, int offsetSeconds, Span<byte> destination)
    {
        var length = WriteClock(micros + (offsetSeconds * MicrosPerSecond), destination, out var isBeforeChrist);
        length += WriteOffset(offsetSeconds, destination[length..]);
        return isBeforeChrist ? length + WriteBeforeChrist(destination[length..]) : length;
    }

    /// <summary>Writes an interval: <c>1 year 2 mons -3 days +04:05:06.789</c>.</summary>
    public static int WriteInterval(int months, int days, long micros, Span<byte> destination)
    {
        var length = 0;
        var isBehindNegative = false;
        WritePart(months / 12, "year"u8, destination, ref length, ref isBehindNegative);
        WritePart(months % 12, "mon"u8, destination, ref length, ref isBehindNegative);
        WritePart(days, "day"u8, destination, ref length, ref isBehindNegative);
        if (micros == 0 && length > 0) return length;

        if (length > 0) destination[length++] = (byte)' ';
        if (micros < 0) destination[length++] = (byte)'-';
        else if (isBehindNegative) destination[length++] = (byte)'+';
        var magnitude = micros < 0 ? (ulong)-micros : (ulong)micros;
        var (seconds, fraction) = Math.DivRem(magnitude, (ulong)MicrosPerSecond);
        Utf8Formatter.TryFormat(seconds / 3600, destination[length..], out var written, new('D', 2));
        length += written;
        destination[length] = (byte)':';
        WriteTwo((int)(seconds / 60 % 60), destination[(length + 1)..]);
        destination[length + 3] = (byte)':';
        WriteTwo((int)(seconds % 60), destination[(length + 4)..]);
        return length + 6 + WriteFraction((int)fraction, destination[(length + 6)..]);
    }

    static void WritePart(
        int value, ReadOnlySpan<byte> unit, Span<byte> destination, ref int length, ref bool isBehindNegative)
    {
        if (value == 0) return;
        if (length > 0) destination[length++] = (byte)' ';
        if (isBehindNegative && value > 0) destination[length++] = (byte)'+';
        Utf8Formatter.TryFormat(value, destination[length..], out var written);
        length += written;
        destination[length++] = (byte)' ';
        unit.CopyTo(destination[length..]);
        length += unit.Length;
        if (value != 1) destination[length++] = (byte)'s';
        isBehindNegative = value < 0;
    }

    static int WriteClock(long micros, Span<byte> destination, out bool isBeforeChrist)
    {
        var days = Math.DivRem(micros, MicrosPerDay, out var ofDay);
        if (ofDay < 0) (days, ofDay) = (days - 1, ofDay + MicrosPerDay);
        var length = WriteCivilDate((int)days, destination, out isBeforeChrist);
        destination[length++] = (byte)' ';
        return length + WriteTime(ofDay, destination[length..]);
    }

    /// <summary>A date of the proleptic Gregorian calendar.</summary>
    static int WriteCivilDate(int days, Span<byte> destination, out bool isBeforeChrist)
    {
        // Years that begin in March put the leap day last; 400 of them are one era.
        var shifted = (long)days + DaysToEpoch;
        var era = (int)((shifted >= 0 ? shifted : shifted - DaysPerEra + 1) / DaysPerEra);
        var dayOfEra = (uint)(shifted - ((long)era * DaysPerEra));
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        var year = (era * 400) + (int)yearOfEra + (month <= 2 ? 1 : 0);

        isBeforeChrist = year <= 0;
        if (isBeforeChrist) year = 1 - year;
        var length = WriteYear(year, destination);
        destination[length] = (byte)'-';
        WriteTwo((int)month, destination[(length + 1)..]);
        destination[length + 3] = (byte)'-';
        WriteTwo((int)day, destination[(length + 4)..]);
        return length + 6;
    }

    static int WriteYear(int year, Span<byte> destination)
    {
        if (year > 9999)
        {
            Utf8Formatter.TryFormat(year, destination, out var written);
            return written;
        }

        WriteTwo(year / 100, destination);
        WriteTwo(year % 100, destination[2..]);
        return 4;
    }

    static int WriteOffset(int offsetSeconds, Span<byte> destination)
    {
        destination[0] = offsetSeconds < 0 ? (byte)'-' : (byte)'+';
        var magnitude = Math.Abs(offsetSeconds);
        WriteTwo(magnitude / 3600, destination[1..]);
        if (magnitude % 3600 == 0) return 3;
        destination[3] = (byte)':';
        WriteTwo(magnitude / 60 % 60, destination[4..]);
        if (magnitude % 60 == 0) return 6;
        destination[6] = (byte)':';
        WriteTwo(magnitude % 60, destination[7..]);
        return 9;
    }

    static int WriteBeforeChrist(Span<byte> destination)
    {
        " BC"u8.CopyTo(destination);
        return 3;
    }

    /// <summary>The fraction of a second with its point, without zeros at the end; nothing where it is zero.</summary>
    static int WriteFraction(int micros, Span<byte> destination)
    {
        if (micros == 0) return 0;
        destination[0] = (byte)'.';
        var digits = FractionDigits;
        for (; micros % 10 == 0; micros /= 10) digits--;
        for (var i = digits; i >= 1; i--)
        {
            (micros, var digit) = Math.DivRem(micros, 10);
            destination[i] = (byte)('0' + digit);
        }

        return digits + 1;
    }

    static void WriteTwo(int value, Span<byte> destination)
    {
        var (tens, ones) = Math.DivRem((uint)value, 10);
        destination[1] = (byte)('0' + ones);
        destination[0] = (byte)('0' + tens);
    }
}
