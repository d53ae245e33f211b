using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.DuckDB;

namespace Foz.Server.PgWire.Rows;

/// <summary>Structs, maps, unions and other values for which PostgreSQL has no type, as JSON.</summary>
/// <param name="prefix">The bytes before the text: in binary form <c>jsonb</c> has a version there.</param>
sealed class JsonValue(byte[] prefix) : ValueEncoder
{
    static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    /// <inheritdoc/>
    public override void Append(in Vector vector, int row, ScratchBuffer buffer)
    {
        buffer.Add(prefix);
        using var writer = new Utf8JsonWriter(buffer, Options);
        Write(writer, vector.GetValue(row));
    }

    static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool truth: writer.WriteBooleanValue(truth); break;
            case string text: writer.WriteStringValue(text); break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or Int128 or UInt128
                or System.Numerics.BigInteger
                or DecimalValue:
                writer.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!, skipInputValidation: true);
                break;
            case float number when float.IsFinite(number): writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case byte[] bytes: writer.WriteStringValue("\\x" + Convert.ToHexStringLower(bytes)); break;
            case StructValue structure: Write(writer, structure.Select(f => (f.Key, f.Value))); break;
            case MapValue map: Write(writer, map.Select(e => (KeyOf(e.Key), e.Value))); break;
            case UnionValue union: Write(writer, [(union.Tag, union.Value)]); break;
            case IEnumerable list:
                writer.WriteStartArray();
                foreach (var element in list) Write(writer, element);
                writer.WriteEndArray();
                break;
            default: writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    static void Write(Utf8JsonWriter writer, IEnumerable<(string Name, object? Value)> fields)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    static string KeyOf(object key) =>
        key is bool truth ? truth ? "true" : "false" : Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";
}
