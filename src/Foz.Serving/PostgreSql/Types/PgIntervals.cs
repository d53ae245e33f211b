using Foz.DuckDB;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>Intervals as PostgreSQL computes and writes them.</summary>
static class PgIntervals
{
    const int DaysPerMonth = 30;
    const int MonthsPerYear = 12;
    const long MicrosPerSecond = 1_000_000;
    const double MicrosPerDay = 86_400.0 * MicrosPerSecond;

    /// <summary>
    /// A part of an interval: what is left of months becomes days, what is left of days becomes time.
    /// </summary>
    public static Interval Divide(Interval interval, double divisor)
    {
        var (months, days) = (Math.Truncate(interval.Months / divisor), Math.Truncate(interval.Days / divisor));
        var daysOfMonths = RoundToMicros(((interval.Months / divisor) - months) * DaysPerMonth);
        var time = RoundToMicros((interval.Days / divisor) - days + (daysOfMonths - Math.Truncate(daysOfMonths)));
        if (Math.Abs(time) >= 1)
        {
            days += Math.Truncate(time);
            time -= Math.Truncate(time);
        }
        days += Math.Truncate(daysOfMonths);
        return new(
            (int)months, (int)days,
            (long)Math.Round((interval.Micros / divisor) + (time * MicrosPerDay), MidpointRounding.ToEven));
    }

    /// <summary>An interval in the style <c>postgres</c>: <c>1 year 2 mons -3 days +04:05:06.5</c>.</summary>
    public static string Text(Interval interval)
    {
        var parts = new List<string>();
        var isNegative = false;
        Add(interval.Months / MonthsPerYear, "year", "years");
        Add(interval.Months % MonthsPerYear, "mon", "mons");
        Add(interval.Days, "day", "days");
        if (interval.Micros != 0 || parts.Count == 0)
        {
            var micros = Math.Abs((decimal)interval.Micros);
            var (seconds, fraction) = ((long)(micros / MicrosPerSecond), (long)(micros % MicrosPerSecond));
            var sign = interval.Micros < 0 ? "-" : isNegative ? "+" : "";
            var end = fraction == 0 ? "" : FormattableString.Invariant($".{fraction:D6}").TrimEnd('0');
            parts.Add(
                FormattableString.Invariant(
                    $"{sign}{seconds / 3600:D2}:{seconds / 60 % 60:D2}:{seconds % 60:D2}{end}"));
        }
        return string.Join(' ', parts);

        void Add(int count, string one, string many)
        {
            if (count == 0) return;
            parts.Add(
                FormattableString.Invariant(
                    $"{(isNegative && count > 0 ? "+" : "")}{count} {(count == 1 ? one : many)}"));
            isNegative = count < 0;
        }
    }

    static double RoundToMicros(double value) => Math.Round(value * MicrosPerSecond) / MicrosPerSecond;
}
