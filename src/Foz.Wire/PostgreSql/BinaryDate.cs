using System.Globalization;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// Dates and timestamps in binary form: days or microseconds since 2000-01-01 of the proleptic Gregorian calendar,
/// the outermost numbers being the infinities. Their years reach from 4713 BC to 5,874,897.
/// </summary>
public static class BinaryDate
{
    /// <summary>Days from 1970-01-01 to 2000-01-01.</summary>
    public const int EpochDays = 10_957;

    /// <summary>Microseconds from 1970-01-01 to 2000-01-01.</summary>
    public const long EpochMicroseconds = EpochDays * MicrosecondsPerDay;

    const long MicrosecondsPerDay = 86_400_000_000;
    const int DaysPer400Years = 146_097;
    const int YearsPerCycle = 400;

    /// <summary>Days from 0001-01-01 to 2000-01-01.</summary>
    const int DaysFromYear1 = 730_119;

    /// <summary>A date as PostgreSQL writes it with <c>DateStyle</c> ISO.</summary>
    /// <param name="days">Days since 2000-01-01.</param>
    public static string DateText(int days) => days switch
    {
        int.MaxValue => "infinity",
        int.MinValue => "-infinity",
        _ => Text(days, ""),
    };

    /// <summary>A timestamp as PostgreSQL writes it with <c>DateStyle</c> ISO and, with zone, in UTC.</summary>
    /// <param name="microseconds">Microseconds since 2000-01-01.</param>
    /// <param name="hasZone">Whether it is a <c>timestamp with time zone</c>.</param>
    public static string TimestampText(long microseconds, bool hasZone)
    {
        if (microseconds == long.MaxValue) return "infinity";
        if (microseconds == long.MinValue) return "-infinity";
        var days = Math.DivRem(microseconds, MicrosecondsPerDay, out var ofDay);
        if (ofDay < 0)
        {
            ofDay += MicrosecondsPerDay;
            days--;
        }

        var time = TimeSpan.FromMicroseconds(ofDay);
        var format = ofDay % 1_000_000 == 0 ? @"\ hh\:mm\:ss" : @"\ hh\:mm\:ss\.FFFFFF";
        return Text((int)days, time.ToString(format, CultureInfo.InvariantCulture) + (hasZone ? "+00" : ""));
    }

    static string Text(int days, string time)
    {
        // The calendar repeats every 400 years: the date is moved into the years that DateOnly knows.
        var daysFromYear1 = (long)days + DaysFromYear1;
        var cycles = Math.DivRem(daysFromYear1, DaysPer400Years, out var dayOfCycle);
        if (dayOfCycle < 0)
        {
            dayOfCycle += DaysPer400Years;
            cycles--;
        }

        var date = DateOnly.FromDayNumber((int)dayOfCycle);
        var year = date.Year + cycles * YearsPerCycle;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(year > 0 ? year : 1 - year):D4}-{date.Month:D2}-{date.Day:D2}{time}{(year > 0 ? "" : " BC")}");
    }
}
