using System.Buffers.Binary;
using System.Text.Json;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>Makes sure that a value is as long as its type.</summary>
static class ValueLength
{
    public static ReadOnlySpan<byte> Expect(ReadOnlySpan<byte> value, int bytes)
    {
        if (value.Length != bytes) Throw(value.Length, bytes);
        return value;
    }

    static void Throw(int length, int expected) => throw new WireException(
        WireErrorKind.Malformed, $"a value has {length} bytes where its type has {expected}");
}

readonly struct BooleanReader : IFixedReader<byte>
{
    public bool TryRead(ReadOnlySpan<byte> value, out byte result)
    {
        result = ValueLength.Expect(value, 1)[0] == 0 ? (byte)0 : (byte)1;
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteBooleanValue(value[0] != 0);
}

readonly struct Int16Reader : IFixedReader<short>
{
    public bool TryRead(ReadOnlySpan<byte> value, out short result)
    {
        result = BinaryPrimitives.ReadInt16BigEndian(ValueLength.Expect(value, sizeof(short)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteNumberValue(BinaryPrimitives.ReadInt16BigEndian(value));
}

readonly struct Int32Reader : IFixedReader<int>
{
    public bool TryRead(ReadOnlySpan<byte> value, out int result)
    {
        result = BinaryPrimitives.ReadInt32BigEndian(ValueLength.Expect(value, sizeof(int)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteNumberValue(BinaryPrimitives.ReadInt32BigEndian(value));
}

readonly struct Int64Reader : IFixedReader<long>
{
    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        result = BinaryPrimitives.ReadInt64BigEndian(ValueLength.Expect(value, sizeof(long)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteNumberValue(BinaryPrimitives.ReadInt64BigEndian(value));
}

/// <summary>Object identifiers: unsigned 32-bit integers, kept in 64 bits.</summary>
readonly struct OidReader : IFixedReader<long>
{
    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        result = BinaryPrimitives.ReadUInt32BigEndian(ValueLength.Expect(value, sizeof(uint)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteNumberValue(BinaryPrimitives.ReadUInt32BigEndian(value));
}

readonly struct SingleReader : IFixedReader<float>
{
    public bool TryRead(ReadOnlySpan<byte> value, out float result)
    {
        result = BinaryPrimitives.ReadSingleBigEndian(ValueLength.Expect(value, sizeof(float)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        var number = BinaryPrimitives.ReadSingleBigEndian(value);
        if (float.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteStringValue($"{number}");
    }
}

readonly struct DoubleReader : IFixedReader<double>
{
    public bool TryRead(ReadOnlySpan<byte> value, out double result)
    {
        result = BinaryPrimitives.ReadDoubleBigEndian(ValueLength.Expect(value, sizeof(double)));
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        var number = BinaryPrimitives.ReadDoubleBigEndian(value);
        if (double.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteStringValue($"{number}");
    }
}

/// <summary>Numerics of a stated precision and scale; NaN is not held.</summary>
readonly struct DecimalReader(int precision, int scale) : IFixedReader<Int128>
{
    public bool TryRead(ReadOnlySpan<byte> value, out Int128 result) =>
        new BinaryNumeric(value).TryToUnscaled(precision, scale, out result);

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue(new BinaryNumeric(value).ToString());
}

/// <summary>Days of the years 1 to 9999; other years and the infinities are not held.</summary>
readonly struct DateReader : IFixedReader<int>
{
    static readonly int Min = DateOnly.MinValue.DayNumber - new DateOnly(2000, 1, 1).DayNumber;
    static readonly int Max = DateOnly.MaxValue.DayNumber - new DateOnly(2000, 1, 1).DayNumber;

    public bool TryRead(ReadOnlySpan<byte> value, out int result)
    {
        var days = BinaryPrimitives.ReadInt32BigEndian(ValueLength.Expect(value, sizeof(int)));
        result = days + BinaryDate.EpochDays;
        return days >= Min && days <= Max;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue(BinaryDate.DateText(BinaryPrimitives.ReadInt32BigEndian(value)));
}

/// <summary>Microseconds of the years 1 to 9999; other years and the infinities are not held.</summary>
readonly struct TimestampReader(bool hasZone) : IFixedReader<long>
{
    static readonly long Min =
        (DateTime.MinValue - new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc)).Ticks / TimeSpan.TicksPerMicrosecond;

    static readonly long End = Min
        + (DateOnly.MaxValue.DayNumber + 1) * (TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond);

    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(ValueLength.Expect(value, sizeof(long)));
        result = unchecked(microseconds + BinaryDate.EpochMicroseconds);
        return microseconds >= Min && microseconds < End;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(
        BinaryDate.TimestampText(BinaryPrimitives.ReadInt64BigEndian(value), hasZone));
}
