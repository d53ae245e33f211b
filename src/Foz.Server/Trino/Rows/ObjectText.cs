using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.DuckDB;

namespace Foz.Server.Trino.Rows;

/// <summary>Values of types that Trino does not have, as texts.</summary>
static class ObjectText
{
    /// <summary>The text of a value.</summary>
    public static string Plain(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The value as JSON.</summary>
    public static string Json(object? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool truth: text.Append(truth ? "true" : "false"); break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or Int128 or UInt128
                or System.Numerics.BigInteger
                or DecimalValue:
                text.Append(Plain(value));
                break;
            case float number when float.IsFinite(number): text.Append(Plain(value)); break;
            case double number when double.IsFinite(number): text.Append(Plain(value)); break;
            case StructValue structure: Write(text, structure.Select(f => (f.Key, f.Value))); break;
            case MapValue map: Write(text, map.Select(e => (Plain(e.Key), e.Value))); break;
            case UnionValue union: Write(text, union.Value); break;
            case byte[] bytes: Quote(text, Convert.ToBase64String(bytes)); break;
            case string plain: Quote(text, plain); break;
            case IEnumerable list:
                var separator = '[';
                foreach (var element in list)
                {
                    text.Append(separator);
                    Write(text, element);
                    separator = ',';
                }

                text.Append(separator == '[' ? "[]" : "]");
                break;
            default: Quote(text, Plain(value)); break;
        }
    }

    static void Write(StringBuilder text, IEnumerable<(string Name, object? Value)> fields)
    {
        var separator = '{';
        foreach (var (name, value) in fields)
        {
            text.Append(separator);
            Quote(text, name);
            text.Append(':');
            Write(text, value);
            separator = ',';
        }

        text.Append(separator == '{' ? "{}" : "}");
    }

    static void Quote(StringBuilder text, string value) =>
        text.Append('"').Append(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString())
            .Append('"');
}
