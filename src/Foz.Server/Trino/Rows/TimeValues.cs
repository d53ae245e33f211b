using Foz.DuckDB;
using Foz.Lake;

namespace Foz.Server.Trino.Rows;

/// <summary>Dates.</summary>
sealed class DateJson : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var date = vector.Values<Date>()[row];
        if (!date.IsFinite) throw Infinite();
        buffer.Add((byte)'"');
        ClockText.WriteDate(date.Days, buffer);
        buffer.Add((byte)'"');
    }

    /// <summary>The error of a value that Trino's types do not have.</summary>
    public static FozException Infinite() =>
        new(ErrorKind.Data, "an infinite date or time has no value in Trino") { SqlState = "22008" };
}

/// <summary>Times of the day.</summary>
/// <param name="perSecond">Units of a second in the vector.</param>
/// <param name="digits">Digits after the second.</param>
sealed class TimeJson(long perSecond, int digits) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        buffer.Add((byte)'"');
        // A day has no 24:00:00 in Trino: it is the next one's beginning.
        ClockText.Write(vector.Values<long>()[row] % (86_400 * perSecond), perSecond, digits, buffer);
        buffer.Add((byte)'"');
    }
}

/// <summary>Times of the day with their offset from UTC.</summary>
/// <param name="digits">Digits after the second.</param>
sealed class TimeTzJson(int digits) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var time = vector.Values<TimeTz>()[row];
        buffer.Add((byte)'"');
        ClockText.Write(time.Micros % 86_400_000_000, 1_000_000, digits, buffer);
        ClockText.WriteOffset(time.OffsetSeconds, buffer);
        buffer.Add((byte)'"');
    }
}

/// <summary>Timestamps; instants are written in UTC.</summary>
/// <param name="perSecond">Units of a second in the vector.</param>
/// <param name="digits">Digits after the second.</param>
/// <param name="isInstant">Whether they are instants.</param>
sealed class TimestampJson(long perSecond, int digits, bool isInstant) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var units = vector.Values<long>()[row];
        if (units is long.MaxValue or -long.MaxValue) throw DateJson.Infinite();
        buffer.Add((byte)'"');
        ClockText.WriteTimestamp(units, perSecond, digits, buffer);
        if (isInstant) buffer.Add(" UTC"u8);
        buffer.Add((byte)'"');
    }
}
