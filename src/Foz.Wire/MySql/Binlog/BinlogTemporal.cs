using System.Buffers.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// A day, a time, or both, as MySQL has them: days that no calendar has (<c>0000-00-00</c>, <c>2024-00-15</c>), and
/// times beyond a day.
/// </summary>
/// <param name="Year">The year; 0 for none.</param>
/// <param name="Month">The month; 0 for none.</param>
/// <param name="Day">The day; 0 for none.</param>
/// <param name="Seconds">The seconds of the day, or of the time.</param>
/// <param name="Microseconds">The microseconds of the second.</param>
public readonly record struct BinlogTemporal(int Year, int Month, int Day, int Seconds, int Microseconds)
{
    /// <summary>The bytes that a text has at most.</summary>
    public const int TextBytesMax = 32;

    const int MonthsMax = 12, DaysBits = 5, MonthBits = 4, HourBits = 5, MinuteBits = 6, SecondBits = 6;
    const int SecondsPerMinute = 60, SecondsPerHour = 3600, DigitsMax = 6, BytesOfDateTime = 5, BytesOfTime = 3;
    const int MonthsPerYear = 13, TimeBits = HourBits + MinuteBits + SecondBits, OldPart = 100;
    const long SecondsPerDay = 86_400, MicrosecondsPerSecond = 1_000_000;

    /// <summary>Days from 0001-01-01 to 1970-01-01.</summary>
    const int EpochDays = 719_162;

    /// <summary>Gets whether a time is negative.</summary>
    public bool IsNegative { get; init; }

    /// <summary>Gets whether the calendar has the day.</summary>
    public bool IsDay => Year is > 0 and <= 9999 && Month is > 0 and <= MonthsMax && Day > 0
        && Day <= DateTime.DaysInMonth(Year, Month);

    /// <summary>Gets the days since 1970-01-01.</summary>
    public int Days => new DateOnly(Year, Month, Day).DayNumber - EpochDays;

    /// <summary>Gets the microseconds since 1970-01-01.</summary>
    public long UnixMicroseconds => (Days * SecondsPerDay + Seconds) * MicrosecondsPerSecond + Microseconds;

    /// <summary>Reads a day.</summary>
    public static BinlogTemporal ReadDate(ReadOnlySpan<byte> value)
    {
        var packed = (int)LittleEndian.Unsigned(value);
        return new(packed >> DaysBits + MonthBits, packed >> DaysBits & 0xF, packed & 0x1F, 0, 0);
    }

    /// <summary>Reads a day and time.</summary>
    /// <exception cref="WireException">Thrown when it has parts that none has.</exception>
    public static BinlogTemporal ReadDateTime(ReadOnlySpan<byte> value, int digits)
    {
        const long Sign = 0x80_0000_0000;
        var packed = (long)LittleEndian.UnsignedBigEndian(value[..BytesOfDateTime]) - Sign;
        if (packed < 0) throw new WireException(WireErrorKind.Value, "a datetime is negative");
        var fraction = Fraction((int)LittleEndian.UnsignedBigEndian(value[BytesOfDateTime..]), digits);
        return OfPacked(packed, fraction);
    }

    /// <summary>Reads a day and time as before MySQL 5.6.</summary>
    /// <exception cref="WireException">Thrown when it has parts that none has.</exception>
    public static BinlogTemporal ReadOldDateTime(ReadOnlySpan<byte> value)
    {
        const ulong DayEnd = 1_000_000;
        var number = LittleEndian.Unsigned(value);
        var (day, time) = (number / DayEnd, (int)(number % DayEnd));
        if (day > 9999_99_99) throw new WireException(WireErrorKind.Value, "a datetime is too large");
        return new(
            (int)(day / (OldPart * OldPart)), (int)(day / OldPart % OldPart), (int)(day % OldPart),
            SecondsOf(time / (OldPart * OldPart), time / OldPart % OldPart, time % OldPart), 0);
    }

    /// <summary>Reads a time.</summary>
    /// <exception cref="WireException">Thrown when it has parts that none has.</exception>
    public static BinlogTemporal ReadTime(ReadOnlySpan<byte> value, int digits)
    {
        var fractionBits = 8 * (value.Length - BytesOfTime);
        var sign = 1L << 8 * value.Length - 1;
        var packed = (long)LittleEndian.UnsignedBigEndian(value) - sign;
        var isNegative = packed < 0;
        packed = Math.Abs(packed);
        var fraction = Fraction((int)(packed & (1L << fractionBits) - 1), digits);
        return OfPackedTime(packed >> fractionBits, fraction) with { IsNegative = isNegative };
    }

    /// <summary>Reads a time as before MySQL 5.6.</summary>
    /// <exception cref="WireException">Thrown when it has parts that none has.</exception>
    public static BinlogTemporal ReadOldTime(ReadOnlySpan<byte> value)
    {
        var number = (int)(LittleEndian.Unsigned(value) << 8) >> 8;
        var isNegative = number < 0;
        number = Math.Abs(number);
        return new(
            0, 0, 0, SecondsOf(number / (OldPart * OldPart), number / OldPart % OldPart, number % OldPart, 839), 0)
        {
            IsNegative = isNegative,
        };
    }

    /// <summary>Reads an instant: microseconds since 1970-01-01; null for the zero that MySQL has.</summary>
    /// <exception cref="WireException">Thrown when its fraction is none.</exception>
    public static long? ReadTimestamp(ReadOnlySpan<byte> value, int digits)
    {
        const int SecondsBytes = 4;
        var seconds = (long)LittleEndian.UnsignedBigEndian(value[..SecondsBytes]);
        var fraction = Fraction((int)LittleEndian.UnsignedBigEndian(value[SecondsBytes..]), digits);
        return seconds == 0 ? null : seconds * MicrosecondsPerSecond + fraction;
    }

    /// <summary>Reads a day and time of a JSON value: all of it in 64 bits.</summary>
    internal static BinlogTemporal ReadPacked(long packed, bool isTime)
    {
        const int FractionBits = 24;
        var isNegative = packed < 0;
        packed = Math.Abs(packed);
        var fraction = Fraction((int)(packed & (1 << FractionBits) - 1), DigitsMax);
        return isTime
            ? OfPackedTime(packed >> FractionBits, fraction) with { IsNegative = isNegative }
            : OfPacked(packed >> FractionBits, fraction);
    }

    /// <summary>Writes the day.</summary>
    /// <returns>How many bytes were written.</returns>
    public int FormatDay(Span<byte> text)
    {
        Digits(text, Year, 4);
        text[4] = text[7] = (byte)'-';
        Digits(text[5..], Month, 2);
        Digits(text[8..], Day, 2);
        return 10;
    }

    /// <summary>Writes day and time.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="digits">How many digits of the second are written.</param>
    /// <returns>How many bytes were written.</returns>
    public int FormatDateTime(Span<byte> text, int digits)
    {
        var length = FormatDay(text);
        text[length++] = (byte)' ';
        return length + FormatTime(text[length..], digits);
    }

    /// <summary>Writes the time.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="digits">How many digits of the second are written.</param>
    /// <returns>How many bytes were written.</returns>
    public int FormatTime(Span<byte> text, int digits)
    {
        var length = 0;
        if (IsNegative) text[length++] = (byte)'-';
        var hours = Seconds / SecondsPerHour;
        var hourDigits = hours > 99 ? 3 : 2;
        Digits(text[length..], hours, hourDigits);
        length += hourDigits;
        text[length] = text[length + 3] = (byte)':';
        Digits(text[(length + 1)..], Seconds / SecondsPerMinute % SecondsPerMinute, 2);
        Digits(text[(length + 4)..], Seconds % SecondsPerMinute, 2);
        length += 6;
        if (digits == 0) return length;
        text[length++] = (byte)'.';
        Span<byte> fraction = stackalloc byte[DigitsMax];
        Digits(fraction, Microseconds, DigitsMax);
        fraction[..digits].CopyTo(text[length..]);
        return length + digits;
    }

    static void Digits(Span<byte> text, int number, int count) =>
        Utf8Formatter.TryFormat(number, text, out _, new System.Buffers.StandardFormat('D', (byte)count));

    static BinlogTemporal OfPacked(long packed, int fraction)
    {
        var (date, time) = ((int)(packed >> TimeBits), (int)packed & (1 << TimeBits) - 1);
        var months = date >> DaysBits;
        return new(
            months / MonthsPerYear, months % MonthsPerYear, date & 0x1F,
            SecondsOf(time >> MinuteBits + SecondBits, time >> SecondBits & 0x3F, time & 0x3F), fraction);
    }

    static BinlogTemporal OfPackedTime(long packed, int fraction)
    {
        var hours = (int)(packed >> MinuteBits + SecondBits) & 0x3FF;
        return new(0, 0, 0, SecondsOf(hours, (int)(packed >> SecondBits) & 0x3F, (int)packed & 0x3F, 839), fraction);
    }

    static int SecondsOf(int hours, int minutes, int seconds, int hoursEnd = 24) =>
        hours < hoursEnd && minutes < 60 && seconds < 60
            ? (hours * 60 + minutes) * 60 + seconds
            : throw new WireException(WireErrorKind.Value, $"{hours}:{minutes}:{seconds} is no time");

    /// <summary>Returns microseconds of a fraction, whose bytes hold an even number of digits.</summary>
    static int Fraction(int value, int digits)
    {
        for (var i = (digits + 1) / 2 * 2; i < DigitsMax; i++) value *= 10;
        return value < MicrosecondsPerSecond
            ? value
            : throw new WireException(WireErrorKind.Value, $"{value} are no microseconds of a second");
    }
}
