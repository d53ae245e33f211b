using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.DuckDB;

namespace Foz.Lake.Engine;

/// <summary>The values of <see cref="EngineRows.Rows"/> as text and as JSON.</summary>
public static class ValueText
{
    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    /// <summary>A writer of JSON that leaves letters of all languages unchanged.</summary>
    public static Utf8JsonWriter CreateJsonWriter(IBufferWriter<byte> output) => new(output, Options);

    /// <summary>
    /// A value as people read it: dates and times ISO, bytes as <c>\x</c> with hexadecimal digits, lists, structs and
    /// maps as JSON.
    /// </summary>
    public static string Of(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        byte[] bytes => Hex(bytes),
        object?[] or StructValue or MapValue or UnionValue => Json(value),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>
    /// Writes a value as JSON: numbers unchanged, with all their digits; instants as
    /// <c>2024-02-29T12:34:56Z</c>; what JSON has no form for as the text of <see cref="Of"/>.
    /// </summary>
    public static void WriteJson(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case string text: json.WriteStringValue(text); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case sbyte or byte or short or ushort or uint or ulong or Int128 or UInt128 or BigInteger or DecimalValue:
                json.WriteRawValue(Of(value), skipInputValidation: true);
                break;
            case Timestamp { IsFinite: true }: json.WriteStringValue(WithT(Of(value))); break;
            case TimestampTz { IsFinite: true }: json.WriteStringValue(WithT(Of(value))[..^3] + "Z"); break;
            case object?[] or StructValue or MapValue or UnionValue: WriteNested(json, value); break;
            default: json.WriteStringValue(Of(value)); break;
        }
    }

    static void WriteNested(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case object?[] elements:
                json.WriteStartArray();
                foreach (var element in elements) WriteJson(json, element);
                json.WriteEndArray();
                break;
            case StructValue fields:
                WriteObject(json, fields);
                break;
            case MapValue entries:
                WriteObject(json, entries.Select(e => KeyValuePair.Create(Of(e.Key), e.Value)));
                break;
            case UnionValue union:
                WriteObject(json, [KeyValuePair.Create(union.Tag, union.Value)]);
                break;
        }
    }

    static void WriteObject(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>> fields)
    {
        json.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            WriteJson(json, value);
        }
        json.WriteEndObject();
    }

    static string Json(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = CreateJsonWriter(buffer)) WriteNested(json, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static string WithT(string timestamp) => timestamp.Replace(' ', 'T');

    static string Hex(byte[] bytes) => "\\x" + Convert.ToHexStringLower(bytes);
}
