using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Foz.Wire.Avro;

/// <summary>
/// Values as JSON: dates, times and decimals as texts in ISO's and SQL's form, bytes as <c>\x00</c> each, numbers that
/// JSON lacks as <c>NaN</c> and <c>Infinity</c>. What has no one type (<see cref="IsText"/>) is a text: itself, or
/// JSON.
/// </summary>
public static class AvroJson
{
    const int DepthMax = 128;

    /// <summary>Returns the schema in a union with null; others unchanged.</summary>
    public static AvroSchema NonNull(AvroSchema schema) =>
        schema is AvroSchema.Union { Branches: var branches } && branches.Where(b => !IsNull(b)).ToList() is [var only]
            ? only
            : schema;

    /// <summary>
    /// Whether values are written as a text of JSON: those of several types, of none, and of records in themselves.
    /// </summary>
    /// <param name="schema">The schema.</param>
    /// <param name="outer">The records that it is in.</param>
    public static bool IsText(AvroSchema schema, IReadOnlyCollection<AvroSchema.Record> outer) => NonNull(schema) switch
    {
        AvroSchema.Union => true,
        AvroSchema.Record record => record.Fields.Count == 0 || outer.Contains(record),
        _ => false,
    };

    /// <summary>Writes the next value.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="reader">Reads it.</param>
    /// <exception cref="WireException">It is damaged.</exception>
    public static void Write(Utf8JsonWriter json, AvroSchema schema, ref AvroValueReader reader) =>
        Write(json, schema, ref reader, []);

    static void Write(Utf8JsonWriter json, AvroSchema schema, ref AvroValueReader reader, List<AvroSchema.Record> outer)
    {
        if (outer.Count > DepthMax) throw WireException.Malformed("a value is nested too deeply");
        if (IsText(schema, outer)) WriteText(json, schema, ref reader, outer);
        else WriteTyped(json, schema, ref reader, outer);
    }

    static void WriteTyped(
        Utf8JsonWriter json, AvroSchema schema, ref AvroValueReader reader, List<AvroSchema.Record> outer)
    {
        switch (schema)
        {
            case AvroSchema.Primitive primitive:
                WritePrimitive(json, primitive, ref reader);
                break;
            case AvroSchema.Fixed { Size: var size }:
                WriteBytes(json, schema, reader.ReadFixed(size));
                break;
            case AvroSchema.Enum { Symbols: var symbols }:
                json.WriteStringValue(reader.ReadLong() is >= 0 and var at && at < symbols.Count
                    ? symbols[(int)at] : throw WireException.Malformed("a value is none of its enum's"));
                break;
            case AvroSchema.Union { Branches: var branches }:
                Write(json, BranchOf(branches, ref reader), ref reader, outer);
                break;
            case AvroSchema.Array { Items: var items }:
                json.WriteStartArray();
                for (var count = reader.ReadBlockCount(); count > 0; count = reader.ReadBlockCount())
                    for (; count > 0; count--) Write(json, items, ref reader, outer);
                json.WriteEndArray();
                break;
            case AvroSchema.Map { Values: var values }:
                json.WriteStartObject();
                for (var count = reader.ReadBlockCount(); count > 0; count = reader.ReadBlockCount())
                    for (; count > 0; count--)
                    {
                        json.WritePropertyName(reader.ReadString());
                        Write(json, values, ref reader, outer);
                    }
                json.WriteEndObject();
                break;
            case AvroSchema.Record record:
                outer.Add(record);
                json.WriteStartObject();
                foreach (var field in record.Fields)
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Schema, ref reader, outer);
                }
                json.WriteEndObject();
                outer.RemoveAt(outer.Count - 1);
                break;
        }
    }

    static AvroSchema BranchOf(IReadOnlyList<AvroSchema> branches, ref AvroValueReader reader) =>
        reader.ReadLong() is >= 0 and var at && at < branches.Count
            ? branches[(int)at] : throw WireException.Malformed("a value is of no branch of its union");

    /// <summary>A text of JSON; a text, or what is written as one, unchanged.</summary>
    static void WriteText(
        Utf8JsonWriter json, AvroSchema schema, ref AvroValueReader reader, List<AvroSchema.Record> outer)
    {
        while (schema is AvroSchema.Union { Branches: var branches }) schema = BranchOf(branches, ref reader);
        if (IsNull(schema))
        {
            json.WriteNullValue();
            return;
        }
        using var buffer = new MemoryStream();
        using (var inner = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            WriteTyped(inner, schema, ref reader, outer);
        var text = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (text.StartsWith("\""u8)) json.WriteStringValue(JsonDocument.Parse(text.ToArray()).RootElement.GetString());
        else json.WriteStringValue(text);
    }

    static void WritePrimitive(Utf8JsonWriter json, AvroSchema.Primitive schema, ref AvroValueReader reader)
    {
        switch (schema.Name)
        {
            case "null":
                json.WriteNullValue();
                break;
            case "boolean":
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case "int" or "long":
                WriteLong(json, schema, reader.ReadLong());
                break;
            case "float":
                var single = reader.ReadFloat();
                if (float.IsFinite(single)) json.WriteNumberValue(single);
                else json.WriteStringValue(single.ToString(CultureInfo.InvariantCulture));
                break;
            case "double":
                var number = reader.ReadDouble();
                if (double.IsFinite(number)) json.WriteNumberValue(number);
                else json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case "bytes":
                WriteBytes(json, schema, reader.ReadBytes());
                break;
            default:
                json.WriteStringValue(reader.ReadString());
                break;
        }
    }

    static void WriteLong(Utf8JsonWriter json, AvroSchema schema, long value)
    {
        try
        {
            switch (schema.LogicalType)
            {
                case "date":
                    json.WriteStringValue(
                        DateTime.UnixEpoch.AddDays(value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                    break;
                case "timestamp-millis" or "timestamp-micros":
                    json.WriteStringValue(Instant(schema, value) + "+00");
                    break;
                case "local-timestamp-millis" or "local-timestamp-micros":
                    json.WriteStringValue(Instant(schema, value));
                    break;
                case "time-millis" or "time-micros":
                    json.WriteStringValue(
                        TimeSpan.FromMicroseconds(Micros(schema, value)).ToString(
                            @"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture));
                    break;
                default:
                    json.WriteNumberValue(value);
                    break;
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw WireException.Malformed($"a {schema.LogicalType} of {value} lies outside of the years 1 to 9999");
        }
    }

    static string Instant(AvroSchema schema, long value) =>
        DateTime.UnixEpoch.AddTicks(checked(Micros(schema, value) * TimeSpan.TicksPerMicrosecond))
            .ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    static long Micros(AvroSchema schema, long value) =>
        schema.LogicalType!.EndsWith("millis", StringComparison.Ordinal) ? checked(value * 1000) : value;

    static void WriteBytes(Utf8JsonWriter json, AvroSchema schema, ReadOnlySpan<byte> bytes)
    {
        if (schema.LogicalType is "decimal" && schema.Precision > 0)
            json.WriteStringValue(Decimal(bytes, schema.Scale));
        else if (schema.LogicalType is "uuid" && bytes.Length == 16)
            json.WriteStringValue(new Guid(bytes, bigEndian: true).ToString());
        else
        {
            var text = new StringBuilder(4 * bytes.Length);
            foreach (var b in bytes) text.Append("\\x").Append(b.ToString("X2", CultureInfo.InvariantCulture));
            json.WriteStringValue(text.ToString());
        }
    }

    static string Decimal(ReadOnlySpan<byte> unscaled, int scale)
    {
        var number = new BigInteger(unscaled, isUnsigned: false, isBigEndian: true);
        if (scale <= 0) return number.ToString(CultureInfo.InvariantCulture);
        var digits = BigInteger.Abs(number).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return $"{(number.Sign < 0 ? "-" : "")}{digits[..^scale]}.{digits[^scale..]}";
    }

    static bool IsNull(AvroSchema schema) => schema is AvroSchema.Primitive { Name: "null" };
}
