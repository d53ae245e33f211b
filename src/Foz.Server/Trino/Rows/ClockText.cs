namespace Foz.Server.Trino.Rows;

/// <summary>Dates and times as Trino writes them.</summary>
static class ClockText
{
    const long SecondsADay = 86_400;

    /// <summary>Writes a date: <c>2024-02-29</c>; years before 0 and after 9999 have their sign.</summary>
    /// <param name="days">Days since 1970-01-01.</param>
    /// <param name="buffer">Where it is written.</param>
    public static void WriteDate(long days, JsonBuffer buffer)
    {
        // Howard Hinnant's algorithm for the proleptic Gregorian calendar: years begin in March.
        var z = days + 719_468;
        var era = (z >= 0 ? z : z - 146_096) / 146_097;
        var dayOfEra = z - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * month) + 2) / 5) + 1;
        month += month < 10 ? 3 : -9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);
        if (year < 0) buffer.Add((byte)'-');
        else if (year > 9999) buffer.Add((byte)'+');
        buffer.Add(Math.Abs(year), isQuoted: false, "0000");
        buffer.Add((byte)'-');
        Write2(month, buffer);
        buffer.Add((byte)'-');
        Write2(day, buffer);
    }

    /// <summary>Writes a time of the day: <c>12:34:56.789</c>.</summary>
    /// <param name="units">Units since midnight.</param>
    /// <param name="perSecond">Units of a second.</param>
    /// <param name="digits">Digits after the second.</param>
    /// <param name="buffer">Where it is written.</param>
    public static void Write(long units, long perSecond, int digits, JsonBuffer buffer)
    {
        var seconds = units / perSecond;
        Write2(seconds / 3600, buffer);
        buffer.Add((byte)':');
        Write2(seconds / 60 % 60, buffer);
        buffer.Add((byte)':');
        Write2(seconds % 60, buffer);
        if (digits == 0) return;
        buffer.Add((byte)'.');
        var fraction = units % perSecond;
        for (var i = 0; i < digits; i++)
        {
            perSecond /= 10;
            buffer.Add((byte)('0' + (perSecond == 0 ? 0 : fraction / perSecond)));
            if (perSecond != 0) fraction %= perSecond;
        }
    }

    /// <summary>Writes a date and a time, with a space between.</summary>
    /// <param name="units">Units since 1970-01-01 00:00:00.</param>
    /// <param name="perSecond">Units of a second.</param>
    /// <param name="digits">Digits after the second.</param>
    /// <param name="buffer">Where it is written.</param>
    public static void WriteTimestamp(long units, long perSecond, int digits, JsonBuffer buffer)
    {
        var day = SecondsADay * perSecond;
        var days = Math.DivRem(units, day, out var rest);
        if (rest < 0) (days, rest) = (days - 1, rest + day);
        WriteDate(days, buffer);
        buffer.Add((byte)' ');
        Write(rest, perSecond, digits, buffer);
    }

    /// <summary>How far a clock is ahead of UTC: <c>+02:30</c>.</summary>
    public static void WriteOffset(int seconds, JsonBuffer buffer)
    {
        buffer.Add(seconds < 0 ? (byte)'-' : (byte)'+');
        Write2(Math.Abs(seconds) / 3600, buffer);
        buffer.Add((byte)':');
        Write2(Math.Abs(seconds) / 60 % 60, buffer);
    }

    static void Write2(long number, JsonBuffer buffer)
    {
        buffer.Add((byte)('0' + (number / 10)));
        buffer.Add((byte)('0' + (number % 10)));
    }
}
