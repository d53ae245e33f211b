using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>Values that clients send for parameters.</summary>
static class ParameterReader
{
    /// <summary>Reads a value.</summary>
    /// <param name="value">Its bytes; null for NULL.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="oid">Its type.</param>
    /// <returns>
    /// Null, a text as PostgreSQL writes the type, bytes for <c>bytea</c>, a number or a truth value.
    /// </returns>
    /// <exception cref="WireException">It is no value of the type.</exception>
    public static object? Read(byte[]? value, ValueFormat format, uint oid)
    {
        if (value is null) return null;
        if (format is ValueFormat.Text) return Text(value);
        try
        {
            return Binary(value, oid);
        }
        catch (WireException e) when (e.Kind is WireErrorKind.Malformed)
        {
            // The message is whole: only the value in it is not.
            throw new WireException(WireErrorKind.Value, $"incorrect binary data format: {e.Message}");
        }
    }

    static object Binary(ReadOnlySpan<byte> value, uint oid) => oid switch
    {
        TypeOids.Bool => Fixed(value, 1, oid)[0] != 0,
        TypeOids.Int2 => BinaryPrimitives.ReadInt16BigEndian(Fixed(value, 2, oid)),
        TypeOids.Int4 => BinaryPrimitives.ReadInt32BigEndian(Fixed(value, 4, oid)),
        TypeOids.Int8 => BinaryPrimitives.ReadInt64BigEndian(Fixed(value, 8, oid)),
        TypeOids.Oid or TypeOids.RegClass or TypeOids.RegType or TypeOids.RegProc or TypeOids.RegNamespace
            or TypeOids.RegRole
            or TypeOids.Xid or TypeOids.Cid => BinaryPrimitives.ReadUInt32BigEndian(Fixed(value, 4, oid)),
        TypeOids.Float4 => Text(BinaryPrimitives.ReadSingleBigEndian(Fixed(value, 4, oid))),
        TypeOids.Float8 => Text(BinaryPrimitives.ReadDoubleBigEndian(Fixed(value, 8, oid))),
        TypeOids.Bytea => value.ToArray(),
        TypeOids.Numeric => new BinaryNumeric(value).ToString(),
        TypeOids.Uuid => new Guid(Fixed(value, 16, oid), bigEndian: true).ToString(),
        TypeOids.Jsonb => Text(value.IsEmpty ? value : value[1..]),
        _ => TypeOids.ElementOf(oid) is not 0 and var element ? Array(value, element) : Time(value, oid),
    };

    static string Time(ReadOnlySpan<byte> value, uint oid) => oid switch
    {
        TypeOids.Date => BinaryDate.DateText(BinaryPrimitives.ReadInt32BigEndian(Fixed(value, 4, oid))),
        TypeOids.Timestamp =>
            BinaryDate.TimestampText(BinaryPrimitives.ReadInt64BigEndian(Fixed(value, 8, oid)), hasZone: false),
        TypeOids.Timestamptz =>
            BinaryDate.TimestampText(BinaryPrimitives.ReadInt64BigEndian(Fixed(value, 8, oid)), hasZone: true),
        TypeOids.Time => OfDay(BinaryPrimitives.ReadInt64BigEndian(Fixed(value, 8, oid)), offsetSeconds: null),
        TypeOids.Timetz => OfDay(
            BinaryPrimitives.ReadInt64BigEndian(Fixed(value, 12, oid)),
            -BinaryPrimitives.ReadInt32BigEndian(value[8..])),
        TypeOids.Interval => Interval(Fixed(value, 16, oid)),
        _ => Text(value),
    };

    static string OfDay(long micros, int? offsetSeconds)
    {
        const long microsMax = 86_400_000_000;
        const int offsetMax = 16 * 3600;
        if (micros is < 0 or > microsMax || offsetSeconds is <= -offsetMax or >= offsetMax)
            throw new WireException(WireErrorKind.Value, "a time of day is outside of the day");
        Span<byte> text = stackalloc byte[TemporalFormat.BytesMax];
        var length = offsetSeconds is { } offset
            ? TemporalFormat.WriteTimeTz(micros, offset, text)
            : TemporalFormat.WriteTime(micros, text);
        return Encoding.ASCII.GetString(text[..length]);
    }

    static string Interval(ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[TemporalFormat.BytesMax];
        var length = TemporalFormat.WriteInterval(
            BinaryPrimitives.ReadInt32BigEndian(value[12..]), BinaryPrimitives.ReadInt32BigEndian(value[8..]),
            BinaryPrimitives.ReadInt64BigEndian(value), text);
        return Encoding.ASCII.GetString(text[..length]);
    }

    /// <summary>An array as text: one dimension, or several one in the other.</summary>
    static string Array(ReadOnlySpan<byte> value, uint oid)
    {
        var array = new BinaryArray(value);
        if (array.ElementCount == 0) return "{}";
        var text = new StringBuilder();
        var lengths = new int[array.Dimensions];
        for (var i = 0; i < lengths.Length; i++) lengths[i] = array.Length(i);
        Append(ref array, lengths, oid, text);
        // Nothing may follow the last element.
        array.TryReadElement(out _, out _);
        return text.ToString();
    }

    static void Append(ref BinaryArray array, ReadOnlySpan<int> lengths, uint oid, StringBuilder text)
    {
        text.Append('{');
        for (var i = 0; i < lengths[0]; i++)
        {
            if (i > 0) text.Append(',');
            if (lengths.Length > 1) Append(ref array, lengths[1..], oid, text);
            else if (array.TryReadElement(out var element, out var isNull))
                text.Append(isNull ? "NULL" : Element(element, oid));
        }

        text.Append('}');
    }

    static string Element(ReadOnlySpan<byte> value, uint oid)
    {
        var text = Binary(value, oid) switch
        {
            bool truth => truth ? "t" : "f",
            byte[] bytes => "\\x" + Convert.ToHexStringLower(bytes),
            var other => Convert.ToString(other, CultureInfo.InvariantCulture)!,
        };
        return TextQuoting.NeedsQuotes(Encoding.UTF8.GetBytes(text))
            ? '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal) + '"'
            : text;
    }

    /// <summary>
    /// Texts of floating-point numbers keep all digits, and the words that PostgreSQL has for the others.
    /// </summary>
    static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    static string Text(float number) => number.ToString("R", CultureInfo.InvariantCulture);

    static string Text(ReadOnlySpan<byte> value) => !Utf8.IsValid(value) || value.Contains((byte)0)
        ? throw new WireException(WireErrorKind.Encoding, "a parameter holds bytes that are no text in UTF-8")
        : Encoding.UTF8.GetString(value);

    static ReadOnlySpan<byte> Fixed(ReadOnlySpan<byte> value, int bytes, uint oid) => value.Length == bytes
        ? value
        : throw new WireException(
            WireErrorKind.Value, $"incorrect binary data format: {value.Length} bytes for type {oid}");
}
