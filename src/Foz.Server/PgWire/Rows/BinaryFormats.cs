using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Foz.DuckDB;
using Foz.Serving.PostgreSql.Types;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire.Rows;

/// <summary>PostgreSQL's binary form of each type (its <c>…send</c> functions).</summary>
static class BinaryFormats
{
    const long MicrosPerSecond = 1_000_000;

    static WireException OutOfRange(string type) => new(WireErrorKind.Value, $"a value is out of the range of {type}");

    /// <summary>Microseconds since 1970 as PostgreSQL counts them, the infinities included.</summary>
    static long ToEpoch(long micros) => micros switch
    {
        long.MaxValue => long.MaxValue,
        -long.MaxValue => long.MinValue,
        < long.MinValue + BinaryDate.EpochMicroseconds => throw OutOfRange("timestamp"),
        _ => micros - BinaryDate.EpochMicroseconds,
    };

    internal readonly struct Bool : IValueFormat<bool>
    {
        public static int BytesMax => 1;

        public static bool IsFixed => true;

        public static int Write(bool value, FormatContext context, Span<byte> destination)
        {
            destination[0] = value ? (byte)1 : (byte)0;
            return 1;
        }
    }

    internal readonly struct Int2<T> : IValueFormat<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static int BytesMax => sizeof(short);

        public static bool IsFixed => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Write(T value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt16BigEndian(destination, short.CreateTruncating(value));
            return sizeof(short);
        }
    }

    internal readonly struct Int4<T> : IValueFormat<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static int BytesMax => sizeof(int);

        public static bool IsFixed => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Write(T value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, int.CreateTruncating(value));
            return sizeof(int);
        }
    }

    internal readonly struct Int8<T> : IValueFormat<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static int BytesMax => sizeof(long);

        public static bool IsFixed => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Write(T value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, long.CreateTruncating(value));
            return sizeof(long);
        }
    }

    internal readonly struct Float4 : IValueFormat<float>
    {
        public static int BytesMax => sizeof(float);

        public static bool IsFixed => true;

        public static int Write(float value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteSingleBigEndian(destination, value);
            return sizeof(float);
        }
    }

    internal readonly struct Float8 : IValueFormat<double>
    {
        public static int BytesMax => sizeof(double);

        public static bool IsFixed => true;

        public static int Write(double value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteDoubleBigEndian(destination, value);
            return sizeof(double);
        }
    }

    internal readonly struct Numeric<T> : IValueFormat<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static int BytesMax => NumericFormat.BinaryBytesMax;

        public static bool IsFixed => false;

        public static int Write(T value, FormatContext context, Span<byte> destination) =>
            Unsafe.SizeOf<T>() < 2 * sizeof(long) && typeof(T) != typeof(ulong)
                ? NumericFormat.WriteBinary(long.CreateTruncating(value), context.Scale, destination)
                : typeof(T) == typeof(Int128)
                    ? NumericFormat.WriteBinary(Int128.CreateTruncating(value), context.Scale, destination)
                    : NumericFormat.WriteBinary(UInt128.CreateTruncating(value), destination);
    }

    internal readonly struct NumericWithoutDigits : IValueFormat<Int128>
    {
        public static int BytesMax => NumericFormat.BinaryBytesMax;

        public static bool IsFixed => false;

        public static int Write(Int128 value, FormatContext context, Span<byte> destination)
        {
            var (unscaled, scale) = PgTypes.Trim(value, context.Scale);
            return NumericFormat.WriteBinary(unscaled, scale, destination);
        }
    }

    internal readonly struct DateFormat : IValueFormat<Date>
    {
        public static int BytesMax => sizeof(int);

        public static bool IsFixed => true;

        public static int Write(Date value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, value.Days switch
            {
                int.MaxValue => int.MaxValue,
                -int.MaxValue => int.MinValue,
                < int.MinValue + BinaryDate.EpochDays => throw OutOfRange("date"),
                var days => days - BinaryDate.EpochDays,
            });
            return sizeof(int);
        }
    }

    internal readonly struct TimeFormat : IValueFormat<Time>
    {
        public static int BytesMax => sizeof(long);

        public static bool IsFixed => true;

        public static int Write(Time value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, value.Micros);
            return sizeof(long);
        }
    }

    internal readonly struct TimeNsFormat : IValueFormat<TimeNs>
    {
        public static int BytesMax => sizeof(long);

        public static bool IsFixed => true;

        public static int Write(TimeNs value, FormatContext context, Span<byte> destination) =>
            TimeFormat.Write(new(value.Nanos / 1000), context, destination);
    }

    internal readonly struct TimetzFormat : IValueFormat<TimeTz>
    {
        public static int BytesMax => sizeof(long) + sizeof(int);

        public static bool IsFixed => true;

        public static int Write(TimeTz value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, value.Micros);
            // PostgreSQL counts to the west.
            BinaryPrimitives.WriteInt32BigEndian(destination[sizeof(long)..], -value.OffsetSeconds);
            return BytesMax;
        }
    }

    /// <summary>Both kinds of timestamps, in any units.</summary>
    internal readonly struct TimestampFormat<TUnit> : IValueFormat<long>
        where TUnit : struct, ITimestampUnit
    {
        public static int BytesMax => sizeof(long);

        public static bool IsFixed => true;

        public static int Write(long value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, ToEpoch(TUnit.Micros(value)));
            return sizeof(long);
        }
    }

    internal readonly struct IntervalFormat : IValueFormat<Interval>
    {
        public static int BytesMax => sizeof(long) + sizeof(int) + sizeof(int);

        public static bool IsFixed => true;

        public static int Write(Interval value, FormatContext context, Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64BigEndian(destination, value.Micros);
            BinaryPrimitives.WriteInt32BigEndian(destination[8..], value.Days);
            BinaryPrimitives.WriteInt32BigEndian(destination[12..], value.Months);
            return BytesMax;
        }
    }

    internal readonly struct UuidFormat : IValueFormat<Int128>
    {
        public static int BytesMax => 16;

        public static bool IsFixed => true;

        public static int Write(Int128 value, FormatContext context, Span<byte> destination)
        {
            // DuckDB flips the highest bit, so that UUIDs sort as numbers.
            BinaryPrimitives.WriteUInt128BigEndian(destination, (UInt128)value ^ (UInt128.One << 127));
            return BytesMax;
        }
    }

    /// <summary>In which units a vector of timestamps counts.</summary>
    internal interface ITimestampUnit
    {
        /// <summary>Microseconds; what lies below is dropped, the infinities stay.</summary>
        static abstract long Micros(long value);
    }

    internal readonly struct Micros : ITimestampUnit
    {
        static long ITimestampUnit.Micros(long value) => value;
    }

    internal readonly struct Seconds : ITimestampUnit
    {
        static long ITimestampUnit.Micros(long value) => Scaled(value, MicrosPerSecond);
    }

    internal readonly struct Millis : ITimestampUnit
    {
        static long ITimestampUnit.Micros(long value) => Scaled(value, 1000);
    }

    internal readonly struct Nanos : ITimestampUnit
    {
        static long ITimestampUnit.Micros(long value) => value is long.MaxValue or -long.MaxValue
            ? value
            : (value / 1000) - (value % 1000 < 0 ? 1 : 0);
    }

    static long Scaled(long value, long factor) => value is long.MaxValue or -long.MaxValue
        ? value
        : Math.Abs(value) <= long.MaxValue / factor
            ? value * factor
            : throw OutOfRange("timestamp");
}
