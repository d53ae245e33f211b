using System.Globalization;

namespace Foz.DuckDB;

/// <summary>Dates and times as DuckDB writes them, over its whole range of years (−290307 to 294247).</summary>
static class TimeText
{
    const long SecondsPerDay = 86_400, DaysPerEra = 146_097, DaysToEpoch = 719_468;

    /// <summary>Days since 1970-01-01 as <c>2024-02-29</c>, or <c>0044-03-15 (BC)</c>.</summary>
    public static string Date(long days)
    {
        var (year, month, day) = CivilDate(days);
        return year > 0 ? $"{year:0000}-{month:00}-{day:00}" : $"{1 - year:0000}-{month:00}-{day:00} (BC)";
    }

    /// <summary>A point in time of so many units a second as <c>2024-02-29 12:34:56.789</c>.</summary>
    public static string Timestamp(long units, long unitsPerSecond)
    {
        var seconds = Math.DivRem(units, unitsPerSecond, out var fraction);
        if (fraction < 0) (seconds, fraction) = (seconds - 1, fraction + unitsPerSecond);
        var days = Math.DivRem(seconds, SecondsPerDay, out var secondOfDay);
        if (secondOfDay < 0) (days, secondOfDay) = (days - 1, secondOfDay + SecondsPerDay);
        var (year, month, day) = CivilDate(days);
        var time = Time((secondOfDay * unitsPerSecond) + fraction, unitsPerSecond);
        return year > 0
            ? $"{year:0000}-{month:00}-{day:00} {time}"
            : $"{1 - year:0000}-{month:00}-{day:00} (BC) {time}";
    }

    /// <summary>A time of day of so many units a second as <c>12:34:56.789</c>; zeros at the end are cut.</summary>
    public static string Time(long units, long unitsPerSecond)
    {
        var seconds = Math.DivRem(units, unitsPerSecond, out var fraction);
        var text = $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}";
        if (fraction == 0) return text;
        var digits = unitsPerSecond.ToString(CultureInfo.InvariantCulture).Length - 1;
        return text + "." + fraction.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0');
    }

    public static string Infinity(long units) => units > 0 ? "infinity" : "-infinity";

    public static DateTime ToDateTime(long units, long unitsPerSecond)
    {
        var ticks = unitsPerSecond > TimeSpan.TicksPerSecond
            ? units / (unitsPerSecond / TimeSpan.TicksPerSecond)
            : checked(units * (TimeSpan.TicksPerSecond / unitsPerSecond));
        ticks = checked(ticks + DateTime.UnixEpoch.Ticks);
        return ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks
            ? new(ticks)
            : throw new OverflowException($"{Timestamp(units, unitsPerSecond)} is outside the years 1 to 9999");
    }

    public static long ToMicros(long ticks)
    {
        var sinceEpoch = ticks - DateTime.UnixEpoch.Ticks;
        return (sinceEpoch - (((sinceEpoch % 10) + 10) % 10)) / 10;
    }

    /// <summary>Year, month and day in the proleptic Gregorian calendar; year 0 is 1 BC.</summary>
    static (long Year, long Month, long Day) CivilDate(long days)
    {
        // Years that begin in March put the leap day last; 400 of them are one era.
        var shifted = days + DaysToEpoch;
        var era = (shifted >= 0 ? shifted : shifted - DaysPerEra + 1) / DaysPerEra;
        var dayOfEra = shifted - (era * DaysPerEra);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        return ((era * 400) + yearOfEra + (month <= 2 ? 1 : 0), month, day);
    }
}
