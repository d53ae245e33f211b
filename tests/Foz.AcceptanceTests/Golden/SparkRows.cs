using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.DuckDB;
using Foz.Lake.Engine;

namespace Foz.AcceptanceTests.Golden;

/// <summary>
/// Rows in one form, with Spark's schema, whether Spark read them (<c>../shared/spark-tables/README.md</c> describes
/// these) or the engine. Two kinds of values are treated as the same that only a form distinguishes: a variant of
/// JSON's null and SQL's NULL, which the engine does not distinguish, and times and bytes inside of variants, for which
/// JSON has no type.
/// </summary>
static class SparkRows
{
    static readonly JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The rows of a file of Spark's rows, in order.</summary>
    public static List<string> Expected(string file, JsonElement schema) =>
    [
        .. File.ReadLines(file).Where(line => line.Length > 0)
            .Select(line => Text(Normal(JsonNode.Parse(line), schema))).Order(StringComparer.Ordinal),
    ];

    /// <summary>The rows of a relation, in order.</summary>
    public static List<string> Read(EngineSession session, string relation, JsonElement schema)
    {
        var fields = schema.GetProperty("fields").EnumerateArray().ToList();
        using var result = session.Query($"FROM {relation}", Cancel);
        return
        [
            .. result.Rows(Cancel).Select(row => Text(new JsonObject(fields.Select((field, i) =>
                KeyValuePair.Create(field.GetProperty("name").GetString()!, Of(row[i], field.GetProperty("type")))))))
                .Order(StringComparer.Ordinal),
        ];
    }

    static string Text(JsonNode? node) => node?.ToJsonString(plain) ?? "null";

    // --- Spark's

    static JsonNode? Normal(JsonNode? node, JsonElement type)
    {
        if (node is null) return null;
        if (type.ValueKind is JsonValueKind.Object) return Nested(node, type);
        return type.GetString() switch
        {
            "double" or "float" => Number(node.GetValue<string>()),
            "variant" =>
                Variant(node["variant"]) is { } value
                    ? new JsonObject([KeyValuePair.Create("variant", (JsonNode?)value)])
                    : null,
            _ => node.DeepClone(),
        };
    }

    static JsonNode? Nested(JsonNode node, JsonElement type) => type.GetProperty("type").GetString() switch
    {
        "struct" =>
            new JsonObject(
                type.GetProperty("fields").EnumerateArray()
                    .Select(field => (Name: field.GetProperty("name").GetString()!, field))
                    .Select(pair =>
                        KeyValuePair.Create(pair.Name, Normal(node[pair.Name], pair.field.GetProperty("type"))))),
        "array" => new JsonArray([.. node.AsArray().Select(item => Normal(item, type.GetProperty("elementType")))]),
        "map" => Map(node["map"]!.AsArray().Select(entry =>
            (Normal(entry![0], type.GetProperty("keyType")), Normal(entry[1], type.GetProperty("valueType"))))),
        var other => throw new InvalidOperationException($"a type {other}"),
    };

    static JsonNode? Variant(JsonNode? node) => node switch
    {
        JsonObject item => new JsonObject(item.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Variant(pair.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Variant)]),
        JsonValue value when value.TryGetValue<string>(out var text) => Scalar(text),
        _ => node?.DeepClone(),
    };

    // --- the engine's

    static JsonNode? Of(object? value, JsonElement type)
    {
        if (value is null) return null;
        if (type.ValueKind is JsonValueKind.Object) return Nested(value, type);
        return type.GetString() switch
        {
            "double" or "float" => Number(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            "byte" or "short" or "integer" or "long" => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            "boolean" => (bool)value,
            "binary" => "\\x" + Convert.ToHexStringLower((byte[])value),
            "timestamp" => Time(value) + "Z",
            "timestamp_ntz" => Time(value),
            "variant" =>
                Variant(value) is { } inner ? new JsonObject([KeyValuePair.Create("variant", (JsonNode?)inner)]) : null,
            _ => ValueText.Of(value),
        };
    }

    static JsonNode Nested(object value, JsonElement type) => (type.GetProperty("type").GetString(), value) switch
    {
        ("struct", StructValue item) =>
            new JsonObject(type.GetProperty("fields").EnumerateArray().Zip(item).Select(pair =>
                KeyValuePair.Create(
                    pair.First.GetProperty("name").GetString()!,
                    Of(pair.Second.Value, pair.First.GetProperty("type"))))),
        ("array", object?[] items) =>
            new JsonArray([.. items.Select(item => Of(item, type.GetProperty("elementType")))]),
        ("map", MapValue map) => Map(map.Select(entry =>
            (Of(entry.Key, type.GetProperty("keyType")), Of(entry.Value, type.GetProperty("valueType"))))),
        var other => throw new InvalidOperationException($"a value of type {other.Item1} that is a {value.GetType()}"),
    };

    static JsonNode? Variant(object? value) => value switch
    {
        null => null,
        StructValue item => new JsonObject(item.OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, Variant(field.Value)))),
        object?[] items => new JsonArray([.. items.Select(Variant)]),
        bool flag => flag,
        byte[] bytes => Scalar(Convert.ToBase64String(bytes)),
        float number => Number(number),
        double number => Number(number),
        Timestamp or TimestampTz => Scalar(ValueText.Of(value)!),
        _ => Scalar(ValueText.Of(value)!),
    };

    // --- both

    static JsonObject Map(IEnumerable<(JsonNode? Key, JsonNode? Value)> entries) => new()
    {
        ["map"] = new JsonArray(
        [
            .. entries.OrderBy(entry => Text(entry.Key), StringComparer.Ordinal)
                .Select(entry => (JsonNode)new JsonArray(entry.Key, entry.Value)),
        ]),
    };

    // Numbers by their value, times in one form, other texts unchanged.
    static JsonNode Scalar(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && text.All(c => char.IsAsciiDigit(c) || c is '-' or '+' or '.' or 'e' or 'E'))
            return text.Contains('e', StringComparison.OrdinalIgnoreCase) ? Number(number) : Digits(text);
        return text.Length > 10
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)
            : text;
    }

    static JsonNode Digits(string text)
    {
        var digits = text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
        // The digits of a double of that size are not exactly its value.
        if (digits.Length > 17 && !digits.Contains('.', StringComparison.Ordinal)) return Number(digits);
        return digits is "-0" or "" ? "0" : digits;
    }

    static JsonNode Number(string text) => Number(text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    });

    // Whole numbers and decimals of a variant compare with doubles of the same value.
    static JsonNode Number(double number) =>
        number == 0 ? "0"
        : double.IsInteger(number) && Math.Abs(number) < 1e40
            ? new BigInteger(number).ToString(CultureInfo.InvariantCulture)
        : number.ToString("R", CultureInfo.InvariantCulture);

    static string Time(object value)
    {
        var text = ValueText.Of(value)!.Replace(' ', 'T');
        if (text.EndsWith("+00", StringComparison.Ordinal)) text = text[..^3];
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? text + ".000000" : text.PadRight(point + 7, '0');
    }
}
