using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Serving.Trino.Functions;
using Vector = Foz.DuckDB.Vector;

namespace Foz.Server.Trino.Rows;

/// <summary>Truth values.</summary>
sealed class BooleanJson : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer) =>
        buffer.Add(vector.Values<bool>()[row] ? "true"u8 : "false"u8);
}

/// <summary>Whole numbers of 64 bits or less.</summary>
sealed class IntegerJson<T> : JsonValueWriter
    where T : unmanaged, IBinaryInteger<T>
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer) =>
        buffer.Add(long.CreateChecked(vector.Values<T>()[row]), isQuoted: false);
}

/// <summary>Whole numbers of more than 63 bits, which are Trino's <c>bigint</c> as far as it goes.</summary>
sealed class WideJson<T> : JsonValueWriter
    where T : unmanaged, IBinaryInteger<T>
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var value = Int128.CreateSaturating(vector.Values<T>()[row]);
        if (value < long.MinValue || value > long.MaxValue)
            throw new FozException(ErrorKind.Data, $"bigint overflow: {value}")
            {
                SqlState = "22003", Hint = "cast to decimal(38,0) before adding",
            };
        buffer.Add((long)value, isQuoted: false);
    }
}

/// <summary>Decimals, as texts with all their digits.</summary>
sealed class DecimalJson(int scale) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var unscaled = vector.UnscaledDecimal(row);
        if (scale == 0)
        {
            buffer.Add(unscaled, isQuoted: true);
            return;
        }

        var isNegative = unscaled < 0;
        Span<byte> digits = stackalloc byte[48];
        (isNegative ? UInt128.Zero - (UInt128)unscaled : (UInt128)unscaled).TryFormat(
            digits, out var length, default, null);
        buffer.Add((byte)'"');
        if (isNegative) buffer.Add((byte)'-');
        if (length <= scale)
        {
            buffer.Add("0."u8);
            for (var zeros = length; zeros < scale; zeros++) buffer.Add((byte)'0');
            buffer.Add(digits[..length]);
        }
        else
        {
            buffer.Add(digits[..(length - scale)]);
            buffer.Add((byte)'.');
            buffer.Add(digits[(length - scale)..length]);
        }

        buffer.Add((byte)'"');
    }
}

/// <summary>Floating-point numbers, with a fraction always; what JSON has no number for is a text.</summary>
sealed class FloatJson<T> : JsonValueWriter
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var value = vector.Values<T>()[row];
        if (T.IsFinite(value)) buffer.Advance(TrinoNumberText.Write(value, buffer.Room(TrinoNumberText.BytesMax)));
        else if (T.IsNaN(value)) buffer.Add("\"NaN\""u8);
        else buffer.Add(T.IsPositive(value) ? "\"Infinity\""u8 : "\"-Infinity\""u8);
    }
}

/// <summary>Texts.</summary>
sealed class TextJson : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer) =>
        buffer.AddText(vector.Bytes(row));
}

/// <summary>Bytes, in base64.</summary>
sealed class BytesJson : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var bytes = vector.Bytes(row);
        buffer.Add((byte)'"');
        Base64.EncodeToUtf8(bytes, buffer.Room(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        buffer.Advance(written);
        buffer.Add((byte)'"');
    }
}

/// <summary>Identifiers of 16 bytes.</summary>
sealed class UuidJson : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer) =>
        buffer.Add((Guid)vector.GetValue(row)!, isQuoted: true, "D");
}

/// <summary>Days, hours, minutes, seconds and milliseconds: <c>2 03:04:05.678</c>.</summary>
sealed class IntervalJson : JsonValueWriter
{
    const long MillisADay = 86_400_000;

    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var interval = vector.Values<Interval>()[row];
        if (interval.Months != 0)
            throw new FozException(ErrorKind.Sql, "an interval of months cannot be a column")
            {
                SqlState = "0A000", Hint = "add it to a date",
            };
        var millis = (Int128)interval.Days * MillisADay + interval.Micros / 1000;
        if (millis < 0) buffer.Add("\"-"u8);
        else buffer.Add((byte)'"');
        var (days, rest) = ((long)(Int128.Abs(millis) / MillisADay), (long)(Int128.Abs(millis) % MillisADay));
        buffer.Add(days, isQuoted: false);
        buffer.Add((byte)' ');
        ClockText.Write(rest, perSecond: 1000, digits: 3, buffer);
        buffer.Add((byte)'"');
    }
}

/// <summary>Lists, as arrays.</summary>
sealed class ListJson(JsonValueWriter element, int fixedSize) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var (start, count) = fixedSize > 0
            ? (row * fixedSize, fixedSize)
            : (vector.Values<ListEntry>()[row].Start, vector.Values<ListEntry>()[row].Count);
        var child = vector.Child;
        buffer.Add((byte)'[');
        for (var i = 0; i < count; i++)
        {
            if (i > 0) buffer.Add((byte)',');
            element.Write(child, start + i, buffer);
        }

        buffer.Add((byte)']');
    }
}

/// <summary>Maps, as objects: keys are texts there.</summary>
sealed class MapJson(JsonValueWriter key, JsonValueWriter value) : JsonValueWriter
{
    readonly JsonBuffer keyText = new();

    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var entry = vector.Values<ListEntry>()[row];
        var keys = vector.Child.Field(0);
        var values = vector.Child.Field(1);
        buffer.Add((byte)'{');
        for (var i = entry.Start; i < entry.Start + entry.Count; i++)
        {
            if (i > entry.Start) buffer.Add((byte)',');
            keyText.Clear();
            key.Write(keys, i, keyText);
            var text = keyText.Slice(0, keyText.Length);
            if (text[0] == (byte)'"') buffer.Add(text);
            else buffer.AddText(text);
            buffer.Add((byte)':');
            value.Write(values, i, buffer);
        }

        buffer.Add((byte)'}');
    }
}

/// <summary>Rows, as arrays of their fields.</summary>
sealed class RowJson(IReadOnlyList<JsonValueWriter> fields) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        buffer.Add((byte)'[');
        for (var i = 0; i < fields.Count; i++)
        {
            if (i > 0) buffer.Add((byte)',');
            fields[i].Write(vector.Field(i), row, buffer);
        }

        buffer.Add((byte)']');
    }
}

/// <summary>What Trino has no type for, as text that DuckDB's objects give.</summary>
/// <param name="isJson">Whether the text is JSON.</param>
sealed class ObjectJson(bool isJson) : JsonValueWriter
{
    protected override void WriteValue(in Vector vector, int row, JsonBuffer buffer)
    {
        var value = vector.GetValue(row);
        var text = isJson ? ObjectText.Json(value) : ObjectText.Plain(value);
        buffer.AddText(Encoding.UTF8.GetBytes(text));
    }
}
