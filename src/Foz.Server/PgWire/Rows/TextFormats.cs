using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using Foz.DuckDB;
using Foz.Serving.PostgreSql.Types;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire.Rows;

/// <summary>PostgreSQL's text of each type (its <c>…out</c> functions), with DateStyle ISO.</summary>
static class TextFormats
{
    const int FloatBytesMax = 32;

    static int WriteInfinity(bool isPositive, Span<byte> destination)
    {
        var text = isPositive ? "infinity"u8 : "-infinity"u8;
        text.CopyTo(destination);
        return text.Length;
    }

    /// <summary>Writes the exponent's letter in lower case, as PostgreSQL does; .NET writes the same digits.</summary>
    static int LowerExponent(Span<byte> text)
    {
        var at = text.IndexOf((byte)'E');
        if (at >= 0) text[at] = (byte)'e';
        return text.Length;
    }

    /// <summary>
    /// Puts the point after the first digit of a large number, as .NET writes some more of them than PostgreSQL without
    /// exponent.
    /// </summary>
    static int WriteExponent(Span<byte> text, int length)
    {
        if (text[..length].Contains((byte)'E')) return TrimExponent(text[..length]);
        var first = text[0] == (byte)'-' ? 1 : 0;
        var point = text[..length].IndexOf((byte)'.');
        if (point < 0) point = length++;
        var exponent = point - first - 1;
        // The digits before the point move one place to the right, to where it was.
        text[(first + 1)..point].CopyTo(text[(first + 2)..]);
        text[first + 1] = (byte)'.';
        length = text[..length].TrimEnd((byte)'0').Length;
        if (text[length - 1] == (byte)'.') length--;
        "e+"u8.CopyTo(text[length..]);
        text[length + 2] = (byte)('0' + (exponent / 10));
        text[length + 3] = (byte)('0' + (exponent % 10));
        return length + 4;
    }

    /// <summary>
    /// Without zeros at the end of the digits, and with two digits of the exponent where they are enough.
    /// </summary>
    static int TrimExponent(Span<byte> text)
    {
        var at = text.IndexOf((byte)'E');
        var digits = text[..at].Contains((byte)'.') ? text[..at].TrimEnd((byte)'0').TrimEnd((byte)'.').Length : at;
        var exponent = text[(at + 2)..].TrimStart((byte)'0');
        text[digits] = (byte)'e';
        text[digits + 1] = text[at + 1];
        var length = digits + 2;
        for (var zeros = exponent.Length; zeros < 2; zeros++) text[length++] = (byte)'0';
        exponent.CopyTo(text[length..]);
        return length + exponent.Length;
    }

    internal readonly struct Bool : IValueFormat<bool>
    {
        public static int BytesMax => 1;

        public static bool IsFixed => true;

        public static int Write(bool value, FormatContext context, Span<byte> destination)
        {
            destination[0] = value ? (byte)'t' : (byte)'f';
            return 1;
        }
    }

    internal readonly struct Number<T> : IValueFormat<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static int BytesMax => NumericFormat.TextBytesMax;

        public static bool IsFixed => false;

        public static int Write(T value, FormatContext context, Span<byte> destination)
        {
            if (typeof(T) == typeof(ulong) || typeof(T) == typeof(UInt128))
            {
                value.TryFormat(destination, out var digits, default, null);
                return digits;
            }

            return Unsafe.SizeOf<T>() <= sizeof(long)
                ? NumericFormat.WriteText(long.CreateTruncating(value), context.Scale, destination)
                : NumericFormat.WriteText(Int128.CreateTruncating(value), context.Scale, destination);
        }
    }

    internal readonly struct NumericWithoutDigits : IValueFormat<Int128>
    {
        public static int BytesMax => NumericFormat.TextBytesMax;

        public static bool IsFixed => false;

        public static int Write(Int128 value, FormatContext context, Span<byte> destination)
        {
            var (unscaled, scale) = PgTypes.Trim(value, context.Scale);
            return NumericFormat.WriteText(unscaled, scale, destination);
        }
    }

    internal readonly struct Float4 : IValueFormat<float>
    {
        const float ExponentFrom = 1e6f, TiesFrom = 16777216, TiesUpTo = 1e20f;

        public static int BytesMax => FloatBytesMax;

        public static bool IsFixed => false;

        public static int Write(float value, FormatContext context, Span<byte> destination)
        {
            value.TryFormat(destination, out var length, default, CultureInfo.InvariantCulture);
            if (!float.IsFinite(value) || Math.Abs(value) < ExponentFrom) return LowerExponent(destination[..length]);
            if (Math.Abs(value) is >= TiesFrom and < TiesUpTo
                && Ties.IsTie(destination[..length], value, float.BitDecrement(value), float.BitIncrement(value)))
                length = WriteTie(value, destination);
            return WriteExponent(destination, length);
        }

        // In a method of its own, because captured variables are allocated where a method begins.
        static int WriteTie(float value, Span<byte> destination) => Ties.Write(
            value, float.BitDecrement(value), float.BitIncrement(value),
            text => float.Parse(text, CultureInfo.InvariantCulture).Equals(value), destination);
    }

    internal readonly struct Float8 : IValueFormat<double>
    {
        const double ExponentFrom = 1e15, TiesFrom = 9007199254740992, TiesUpTo = 1e40;

        public static int BytesMax => FloatBytesMax;

        public static bool IsFixed => false;

        public static int Write(double value, FormatContext context, Span<byte> destination)
        {
            value.TryFormat(destination, out var length, default, CultureInfo.InvariantCulture);
            if (!double.IsFinite(value) || Math.Abs(value) < ExponentFrom) return LowerExponent(destination[..length]);
            if (Math.Abs(value) is >= TiesFrom and < TiesUpTo
                && Ties.IsTie(destination[..length], value, double.BitDecrement(value), double.BitIncrement(value)))
                length = WriteTie(value, destination);
            return WriteExponent(destination, length);
        }

        static int WriteTie(double value, Span<byte> destination) => Ties.Write(
            value, double.BitDecrement(value), double.BitIncrement(value),
            text => double.Parse(text, CultureInfo.InvariantCulture).Equals(value), destination);
    }

    internal readonly struct DateFormat : IValueFormat<Date>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(Date value, FormatContext context, Span<byte> destination) =>
            value.IsFinite
                ? TemporalFormat.WriteDate(value.Days, destination)
                : WriteInfinity(value.Days > 0, destination);
    }

    internal readonly struct TimeFormat : IValueFormat<Time>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(Time value, FormatContext context, Span<byte> destination) =>
            TemporalFormat.WriteTime(value.Micros, destination);
    }

    internal readonly struct TimeNsFormat : IValueFormat<TimeNs>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(TimeNs value, FormatContext context, Span<byte> destination) =>
            TemporalFormat.WriteTime(value.Nanos / 1000, destination);
    }

    internal readonly struct TimetzFormat : IValueFormat<TimeTz>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(TimeTz value, FormatContext context, Span<byte> destination) =>
            TemporalFormat.WriteTimeTz(value.Micros, value.OffsetSeconds, destination);
    }

    internal readonly struct TimestampFormat<TUnit> : IValueFormat<long>
        where TUnit : struct, BinaryFormats.ITimestampUnit
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(long value, FormatContext context, Span<byte> destination) =>
            TUnit.Micros(value) is var micros && micros is not (long.MaxValue or -long.MaxValue)
                ? TemporalFormat.WriteTimestamp(micros, destination)
                : WriteInfinity(value > 0, destination);
    }

    internal readonly struct TimestamptzFormat : IValueFormat<TimestampTz>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(TimestampTz value, FormatContext context, Span<byte> destination) =>
            value.IsFinite
                ? TemporalFormat.WriteTimestampTz(value.Micros, context.Zone.OffsetSeconds(value.Micros), destination)
                : WriteInfinity(value.Micros > 0, destination);
    }

    internal readonly struct IntervalFormat : IValueFormat<Interval>
    {
        public static int BytesMax => TemporalFormat.BytesMax;

        public static bool IsFixed => false;

        public static int Write(Interval value, FormatContext context, Span<byte> destination) =>
            TemporalFormat.WriteInterval(value.Months, value.Days, value.Micros, destination);
    }

    internal readonly struct UuidFormat : IValueFormat<Int128>
    {
        public static int BytesMax => 36;

        public static bool IsFixed => true;

        public static int Write(Int128 value, FormatContext context, Span<byte> destination)
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryFormats.UuidFormat.Write(value, context, bytes);
            Utf8Formatter.TryFormat(new Guid(bytes, bigEndian: true), destination, out var length);
            return length;
        }
    }
}
