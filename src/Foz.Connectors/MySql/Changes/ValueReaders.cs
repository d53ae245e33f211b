using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;
using Foz.Connectors.PostgreSql;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Whole numbers, the lowest byte first.</summary>
/// <param name="byteCount">How many bytes they have.</param>
/// <param name="isUnsigned">Whether they have no sign.</param>
readonly struct IntegerReader<T>(int byteCount, bool isUnsigned) : IFixedReader<T>
    where T : unmanaged, INumberBase<T>
{
    readonly int shift = 8 * (sizeof(ulong) - byteCount);

    public bool TryRead(ReadOnlySpan<byte> value, out T result)
    {
        var bits = byteCount switch
        {
            sizeof(byte) => value[0],
            sizeof(ushort) => BinaryPrimitives.ReadUInt16LittleEndian(value),
            sizeof(uint) => BinaryPrimitives.ReadUInt32LittleEndian(value),
            sizeof(ulong) => BinaryPrimitives.ReadUInt64LittleEndian(value),
            _ => (ulong)(value[0] | value[1] << 8 | value[2] << 16),
        };
        result = isUnsigned ? T.CreateTruncating(bits) : T.CreateTruncating((long)(bits << shift) >> shift);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Bits, the highest byte first.</summary>
readonly struct BitReader<T> : IFixedReader<T>
    where T : unmanaged, INumberBase<T>
{
    public bool TryRead(ReadOnlySpan<byte> value, out T result)
    {
        ulong bits = 0;
        foreach (var b in value) bits = bits << 8 | b;
        result = T.CreateTruncating(bits);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Numbers of 32 bits with a floating point.</summary>
readonly struct SingleReader : IFixedReader<float>
{
    public bool TryRead(ReadOnlySpan<byte> value, out float result)
    {
        result = BinaryPrimitives.ReadSingleLittleEndian(value);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Numbers of 64 bits with a floating point.</summary>
readonly struct DoubleReader : IFixedReader<double>
{
    public bool TryRead(ReadOnlySpan<byte> value, out double result)
    {
        result = BinaryPrimitives.ReadDoubleLittleEndian(value);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Years: 0 is one of its own.</summary>
readonly struct YearReader : IFixedReader<int>
{
    const int First = 1900;

    public bool TryRead(ReadOnlySpan<byte> value, out int result)
    {
        result = value[0] == 0 ? 0 : First + value[0];
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Decimals of at most 38 digits.</summary>
readonly struct DecimalReader(int precision, int scale) : IFixedReader<Int128>
{
    public bool TryRead(ReadOnlySpan<byte> value, out Int128 result)
    {
        result = BinlogDecimal.ReadUnscaled(value, precision, scale);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Days; one that no calendar has is not held.</summary>
readonly struct DateReader : IFixedReader<int>
{
    public bool TryRead(ReadOnlySpan<byte> value, out int result)
    {
        var day = BinlogTemporal.ReadDate(value);
        result = day.IsDay ? day.Days : 0;
        return day.IsDay;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[BinlogTemporal.TextBytesMax];
        json.WriteStringValue(text[..BinlogTemporal.ReadDate(value).FormatDay(text)]);
    }
}

/// <summary>Days and times; one that no calendar has is not held.</summary>
/// <param name="digits">The digits of a second after the point; -1 for those of before MySQL 5.6.</param>
readonly struct DateTimeReader(int digits) : IFixedReader<long>
{
    const int DigitsMax = 6;

    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        var time = Read(value);
        result = time.IsDay ? time.UnixMicroseconds : 0;
        return time.IsDay;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[BinlogTemporal.TextBytesMax];
        var time = Read(value);
        json.WriteStringValue(text[..time.FormatDateTime(text, time.Microseconds == 0 ? 0 : DigitsMax)]);
    }

    BinlogTemporal Read(ReadOnlySpan<byte> value) => digits < 0
        ? BinlogTemporal.ReadOldDateTime(value)
        : BinlogTemporal.ReadDateTime(value, digits);
}

/// <summary>Instants; the zero that MySQL has is not held.</summary>
/// <param name="digits">The digits of a second after the point; -1 for those of before MySQL 5.6.</param>
readonly struct TimestampReader(int digits) : IFixedReader<long>
{
    const long MicrosecondsPerSecond = 1_000_000;

    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        var instant = digits < 0
            ? BinaryPrimitives.ReadUInt32LittleEndian(value) * MicrosecondsPerSecond
            : BinlogTemporal.ReadTimestamp(value, digits) ?? 0;
        result = instant;
        return instant != 0;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteStringValue("0000-00-00 00:00:00"u8);
}

/// <summary>Bytes of one length, whose last ones the server leaves out where they are zero.</summary>
readonly struct PaddedReader(int length) : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => Math.Max(value.Length, length);

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        value.CopyTo(destination);
        destination[value.Length..].Clear();
        return destination.Length;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Texts of another character set than UTF-8.</summary>
readonly struct CodecReader(TextCodec codec) : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => checked(value.Length * codec.GrowthMax);

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination) => codec.Decode(value, destination);

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}

/// <summary>Writes the bytes that a text or binary column keeps of a value.</summary>
delegate void ValueWriter(ReadOnlySpan<byte> value, IBufferWriter<byte> bytes);

/// <summary>Values that are written in another form.</summary>
/// <param name="write">Writes one.</param>
readonly struct WrittenReader(ValueWriter write) : IBytesReader
{
    readonly ArrayBufferWriter<byte> written = new();

    public int BytesMax(ReadOnlySpan<byte> value)
    {
        written.ResetWrittenCount();
        write(value, written);
        return written.WrittenCount;
    }

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        written.WrittenSpan.CopyTo(destination);
        return written.WrittenCount;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => throw new NotSupportedException();
}
