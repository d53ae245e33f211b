using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Copying;

/// <summary>Values in PostgreSQL's binary form.</summary>
static class CopyBinary
{
    public static byte Boolean(ReadOnlySpan<byte> value) => Fixed(value, sizeof(byte))[0] != 0 ? (byte)1 : (byte)0;

    public static sbyte Byte(ReadOnlySpan<byte> value) =>
        Short(value) is >= sbyte.MinValue and <= sbyte.MaxValue and var number
            ? (sbyte)number
            : throw CopyFaults.OutOfRange(
                "tinyint", Encoding.UTF8.GetBytes(Short(value).ToString(CultureInfo.InvariantCulture)));

    public static short Short(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadInt16BigEndian(Fixed(value, sizeof(short)));

    public static int Integer(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadInt32BigEndian(Fixed(value, sizeof(int)));

    public static long Long(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadInt64BigEndian(Fixed(value, sizeof(long)));

    public static float Float(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadSingleBigEndian(Fixed(value, sizeof(float)));

    public static double Double(ReadOnlySpan<byte> value) =>
        BinaryPrimitives.ReadDoubleBigEndian(Fixed(value, sizeof(double)));

    /// <summary>Days of 1970; infinite ones are none that a table holds.</summary>
    public static int Date(ReadOnlySpan<byte> value)
    {
        var days = Integer(value);
        return days is int.MinValue or int.MaxValue ? throw NotHeld("date") : checked(days + BinaryDate.EpochDays);
    }

    /// <summary>Microseconds of 1970; infinite ones are none that a table holds.</summary>
    public static long Timestamp(ReadOnlySpan<byte> value)
    {
        var micros = Long(value);
        return micros is long.MinValue or long.MaxValue || micros > long.MaxValue - BinaryDate.EpochMicroseconds
            ? throw NotHeld("timestamp")
            : micros + BinaryDate.EpochMicroseconds;
    }

    /// <summary>Texts, which must be UTF-8.</summary>
    public static void Text(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        if (!Utf8.IsValid(value) || value.Contains((byte)0)) throw CopyFaults.Encoding(value);
        destination.Write(value);
    }

    /// <summary>A <c>uuid</c>: 16 bytes.</summary>
    public static void Uuid(ReadOnlySpan<byte> value, IBufferWriter<byte> destination) =>
        destination.Write(Encoding.UTF8.GetBytes(UuidText(value)));

    /// <summary>A <c>jsonb</c>: its text after a byte with the version of the form, which is 1.</summary>
    public static void Jsonb(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        if (value is not [1, ..]) throw new WireException(WireErrorKind.Value, "a jsonb whose version is not 1");
        Text(value[1..], destination);
    }

    static string UuidText(ReadOnlySpan<byte> value) => new Guid(Fixed(value, 16), bigEndian: true).ToString();

    /// <summary>Numbers as texts, so that the engine rounds them to the digits that a column has.</summary>
    public static void Numeric(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        var number = new BinaryNumeric(value);
        destination.Advance(number.Format(destination.GetSpan(Math.Max(1, number.FormattedBytesMax))));
    }

    /// <summary>Arrays as lists of JSON whose elements are texts; bytes are hexadecimal digits.</summary>
    public static BytesValue Array(DataType element, bool isOfUuids = false) => (value, destination) =>
    {
        var array = new BinaryArray(value);
        while (element is DataType.Array inner) element = inner.Element;
        using var json = new Utf8JsonWriter(destination);
        if (array.Dimensions == 0)
        {
            json.WriteStartArray();
            json.WriteEndArray();
        }
        else
        {
            WriteDimension(json, ref array, 0, value => isOfUuids ? UuidText(value) : TextOf(value, element));
        }
    };

    delegate string ElementText(ReadOnlySpan<byte> value);

    static void WriteDimension(Utf8JsonWriter json, ref BinaryArray array, int dimension, ElementText text)
    {
        json.WriteStartArray();
        for (var i = 0; i < array.Length(dimension); i++)
        {
            if (dimension + 1 < array.Dimensions) WriteDimension(json, ref array, dimension + 1, text);
            else if (!array.TryReadElement(out var value, out var isNull))
                throw new WireException(WireErrorKind.Value, "an array ends early");
            else if (isNull) json.WriteNullValue();
            else json.WriteStringValue(text(value));
        }
        json.WriteEndArray();
    }

    static string TextOf(ReadOnlySpan<byte> value, DataType type) => type switch
    {
        DataType.Decimal => new BinaryNumeric(value).ToString(),
        DataType.Primitive { Name: "binary" } => Convert.ToHexString(value),
        DataType.Primitive { Name: "boolean" } => Boolean(value) != 0 ? "true" : "false",
        DataType.Primitive { Name: "byte" or "short" } => Short(value).ToString(CultureInfo.InvariantCulture),
        DataType.Primitive { Name: "integer" } => Integer(value).ToString(CultureInfo.InvariantCulture),
        DataType.Primitive { Name: "long" } => Long(value).ToString(CultureInfo.InvariantCulture),
        DataType.Primitive { Name: "float" } => Float(value).ToString("R", CultureInfo.InvariantCulture),
        DataType.Primitive { Name: "double" } => Double(value).ToString("R", CultureInfo.InvariantCulture),
        DataType.Primitive { Name: "date" } => BinaryDate.DateText(Integer(value)),
        DataType.Primitive { Name: "timestamp" } => BinaryDate.TimestampText(Long(value), hasZone: true),
        DataType.Primitive { Name: "timestamp_ntz" } => BinaryDate.TimestampText(Long(value), hasZone: false),
        _ => Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw CopyFaults.Encoding(value),
    };

    static FozException NotHeld(string type) =>
        new(ErrorKind.Data, $"{type} out of range: tables hold no infinite ones") { SqlState = "22008" };

    static ReadOnlySpan<byte> Fixed(ReadOnlySpan<byte> value, int bytes) => value.Length == bytes
        ? value
        : throw new WireException(WireErrorKind.Value, $"{value.Length} bytes, not {bytes}");
}
