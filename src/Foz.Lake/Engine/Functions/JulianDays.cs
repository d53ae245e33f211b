using Foz.DuckDB;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// Days and times that a writer counted in the Julian calendar before 1582-10-15, as those of the same names in the
/// proleptic Gregorian calendar, which is the engine's, Delta's and Spark's since version 3.
/// </summary>
static class JulianDays
{
    /// <summary>
    /// The first day of the Gregorian calendar, 1582-10-15, in days since 1970-01-01; later days are the same in both.
    /// </summary>
    public const int FirstGregorianDay = -141_427;

    const long MicrosecondsPerDay = 86_400_000_000;

    // Julian day numbers: of 1970-01-01, and of the first of March 4801 BC, from which the arithmetic counts years.
    const long DayNumberOfEpoch = 2_440_588, DayNumberOfStart = -32_082;
    const long YearOfStart = -4_800;

    /// <summary>The functions as DuckDB registers them.</summary>
    public static IReadOnlyList<ScalarFunction> Functions =>
    [
        new()
        {
            Name = "foz_julian_date",
            Parameters = [LogicalType.Of(TypeId.Date)],
            ReturnType = LogicalType.Of(TypeId.Date),
            Body = Dates,
        },
        new()
        {
            Name = "foz_julian_time",
            Parameters = [LogicalType.Of(TypeId.TimestampTz), LogicalType.BigInt],
            ReturnType = LogicalType.Of(TypeId.TimestampTz),
            Body = Times,
        },
    ];

    /// <summary>The Gregorian day that has the name of a Julian one: year, month and day of the month.</summary>
    /// <param name="day">In days since 1970-01-01.</param>
    /// <returns>A day that the Gregorian calendar lacks, as 29 February 1000, is the first of March.</returns>
    public static int ToGregorian(int day)
    {
        if (day >= FirstGregorianDay) return day;
        var sinceStart = day + DayNumberOfEpoch - DayNumberOfStart;
        var year = Floor(4 * sinceStart + 3, 1_461);
        var dayOfYear = sinceStart - Floor(1_461 * year, 4);
        var month = (5 * dayOfYear + 2) / 153;
        var dayOfMonth = dayOfYear - (153 * month + 2) / 5;
        // Years begin in March, so that a leap day is the last one.
        return (int)(FirstOfMonth(year + YearOfStart, month) + dayOfMonth);
    }

    /// <summary>
    /// The instant at which clocks of a fixed offset show, in the Gregorian calendar, what they showed in the Julian.
    /// </summary>
    /// <param name="time">In microseconds since 1970-01-01 UTC.</param>
    /// <param name="offset">What the clocks are ahead of UTC, in microseconds.</param>
    public static long ToGregorian(long time, long offset)
    {
        var day = (int)Floor(time + offset, MicrosecondsPerDay);
        return time + (ToGregorian(day) - day) * MicrosecondsPerDay;
    }

    // The Gregorian month, 0 for March, of a year that begins in March, in days since 1970-01-01.
    static long FirstOfMonth(long year, long month) =>
        365 * year + Floor(year, 4) - Floor(year, 100) + Floor(year, 400) + (153 * month + 2) / 5 - 719_468;

    static long Floor(long number, long divisor) => (number - (number % divisor + divisor) % divisor) / divisor;

    static void Dates(DataChunk arguments, VectorWriter result)
    {
        var days = arguments[0].Values<int>();
        var target = result.Values<int>();
        for (var row = 0; row < arguments.RowCount; row++) target[row] = ToGregorian(days[row]);
    }

    static void Times(DataChunk arguments, VectorWriter result)
    {
        var times = arguments[0].Values<long>();
        var offsets = arguments[1].Values<long>();
        var target = result.Values<long>();
        for (var row = 0; row < arguments.RowCount; row++) target[row] = ToGregorian(times[row], offsets[row]);
    }
}
