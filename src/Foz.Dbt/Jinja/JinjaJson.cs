using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foz.Dbt.Jinja;

/// <summary>Values as JSON, and JSON as values.</summary>
static class JinjaJson
{
    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as JSON, with Python's blanks.</summary>
    public static string Write(object? value, long indent, bool isSorted, JinjaArguments arguments) =>
        Write(value, (int)indent, indent > 0 ? "\n" : "", isSorted, arguments);

    static string Write(object? value, int indent, string line, bool isSorted, JinjaArguments arguments)
    {
        if (line.Length > 500)
            throw arguments.Error("a list or mapping holds itself, and cannot be written", hint: null);
        var inner = indent > 0 ? line + new string(' ', indent) : "";
        var separator = indent > 0 ? "," + inner : ", ";
        return value switch
        {
            null or JinjaUndefined => "null",
            bool flag => flag ? "true" : "false",
            long number => number.ToString(CultureInfo.InvariantCulture),
            double or decimal => JinjaValue.ToText(value),
            string text => JsonSerializer.Serialize(text, Compact),
            JinjaDict { Count: 0 } => "{}",
            JinjaDict dict =>
                "{" + inner
                    + string.Join(
                        separator,
                        (isSorted
                            ? dict.Entries.OrderBy(e => JinjaValue.ToText(e.Key), StringComparer.Ordinal)
                            : dict.Entries)
                    .Select(e =>
                        $"{JsonSerializer.Serialize(JinjaValue.ToText(e.Key), Compact)}: "
                            + $"{Write(e.Value, indent, inner, isSorted, arguments)}")) + line + "}",
            JinjaList { Count: 0 } => "[]",
            JinjaList or JinjaTuple => "[" + inner
                + string.Join(
                    separator,
                    JinjaValue.ItemsOf(value)!.Select(item => Write(item, indent, inner, isSorted, arguments))) + line
                    + "]",
            _ => JsonSerializer.Serialize(JinjaValue.ToText(value), Compact),
        };
    }

    /// <summary>A JSON text as a value; null where it is none.</summary>
    public static bool TryRead(string text, out object? value)
    {
        try
        {
            value = Of(JsonNode.Parse(text));
            return true;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }

    static object? Of(JsonNode? node) => node switch
    {
        null => null,
        JsonArray array => new JinjaList(array.Select(Of)),
        JsonObject known => JinjaDict.Of(known.Select(entry => (entry.Key, Of(entry.Value)))),
        JsonValue scalar => scalar.GetValueKind() switch
        {
            JsonValueKind.String => scalar.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => long.TryParse(
                scalar.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var number) ? number
                : double.Parse(scalar.ToJsonString(), CultureInfo.InvariantCulture),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
