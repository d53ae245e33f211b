using System.Data.Common;
using System.Globalization;
using MySqlConnector;

namespace Foz.Connectors.Databases;

/// <summary>
/// Gathers days and times of MySQL, which has days that no calendar has: <c>0000-00-00</c>, <c>2024-00-15</c>.
/// </summary>
/// <param name="convert">Makes the value of a <see cref="DateTime"/>.</param>
sealed class MySqlTimeReader<T>(Func<object, T> convert) : FixedReader<T>
    where T : unmanaged
{
    const int MonthsMax = 12;

    protected override bool TryAdd(DbDataReader reader, int ordinal)
    {
        var value = reader.GetValue(ordinal);
        if (value is not MySqlDateTime time) return Put(convert(value));
        if (IsDay(time))
            return Put(convert(
                new DateTime(time.Year, time.Month, time.Day, time.Hour, time.Minute, time.Second)
                    .AddTicks(time.Microsecond * TimeSpan.TicksPerMicrosecond)));
        Rescued = AsText(time);
        return false;
    }

    static bool IsDay(MySqlDateTime time) =>
        time is { Year: > 0, Month: > 0 and <= MonthsMax, Day: > 0 }
            && time.Day <= DateTime.DaysInMonth(time.Year, time.Month);

    static string AsText(MySqlDateTime time)
    {
        var day = string.Create(CultureInfo.InvariantCulture, $"{time.Year:0000}-{time.Month:00}-{time.Day:00}");
        if (typeof(T) == typeof(int)) return day;
        var second = string.Create(
            CultureInfo.InvariantCulture, $"{day} {time.Hour:00}:{time.Minute:00}:{time.Second:00}");
        return time.Microsecond == 0
            ? second
            : string.Create(CultureInfo.InvariantCulture, $"{second}.{time.Microsecond:000000}");
    }
}
