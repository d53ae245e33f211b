using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Foz.Delta.Log;

/// <summary>Reads fields of actions from JSON: the reader is at the value and is left on its last token. Values of
/// a wrong type are faults of the log; null is absence.</summary>
static class JsonFields
{
    /// <summary>The name of the property that the reader is at.</summary>
    public static ReadOnlySpan<byte> Name(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;

    public static string? Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw Wrong(ref reader, "a string"),
    };

    /// <summary>A text that is likely to come again.</summary>
    public static string? PooledText(ref Utf8JsonReader reader, Utf8Pool pool) =>
        reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false }
            ? pool.GetString(reader.ValueSpan)
            : Text(ref reader);

    public static bool? Flag(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw Wrong(ref reader, "true or false"),
    };

    /// <summary>A whole number; some writers give it a fraction of zero or an exponent.</summary>
    public static long? Long(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var value) => value,
        JsonTokenType.Number when reader.TryGetDecimal(out var value) && value == decimal.Truncate(value)
            && value is >= long.MinValue and <= long.MaxValue => (long)value,
        JsonTokenType.Null => null,
        _ => throw Wrong(ref reader, "a whole number"),
    };

    public static int? Int(ref Utf8JsonReader reader)
    {
        var value = Long(ref reader);
        return value is null or (>= int.MinValue and <= int.MaxValue)
            ? (int?)value
            : throw Wrong(ref reader, "a 32-bit number");
    }

    /// <summary>JSON within a string, or, as some writers have it, as an object.</summary>
    public static JsonText Json(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String when !reader.ValueIsEscaped:
                return new JsonText(pool.Copy(reader.ValueSpan));
            case JsonTokenType.String:
                var length = reader.CopyString(pool.Reserve(reader.ValueSpan.Length).Span);
                return new JsonText(pool.Take(length));
            case JsonTokenType.StartObject:
                return new JsonText(pool.Copy(Raw(ref reader, input)));
            default:
                reader.Skip();
                return JsonText.None;
        }
    }

    /// <summary>An object of texts; other values are kept as their JSON text. Null if the field is null.</summary>
    public static StringMap? Map(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.StartObject) throw Wrong(ref reader, "an object");
        var (keys, values) = pool.ScratchLists();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = PooledName(ref reader, pool);
            reader.Read();
            var value = MapValue(ref reader, pool, input);
            var index = keys.IndexOf(key);
            if (index >= 0) values[index] = value;
            else
            {
                keys.Add(key);
                values.Add(value);
            }
        }
        return pool.Map(CollectionsMarshal.AsSpan(keys), CollectionsMarshal.AsSpan(values));
    }

    /// <summary>An array of texts; null if the field is null.</summary>
    public static StringList? List(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.StartArray) throw Wrong(ref reader, "an array");
        var items = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Text(ref reader) ?? throw Wrong(ref reader, "a string"));
        return StringList.From(items);
    }

    /// <summary>The fault of a value that is not what its field holds.</summary>
    public static JsonException Wrong(ref Utf8JsonReader reader, string expected) =>
        new($"{expected} is expected at byte {reader.TokenStartIndex}, not {reader.TokenType}");

    static string PooledName(ref Utf8JsonReader reader, Utf8Pool pool) =>
        reader.ValueIsEscaped ? reader.GetString()! : pool.GetString(reader.ValueSpan);

    static string? MapValue(ref Utf8JsonReader reader, Utf8Pool pool, ReadOnlySpan<byte> input) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Null
            ? PooledText(ref reader, pool)
            : pool.GetString(Raw(ref reader, input));

    static ReadOnlySpan<byte> Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> input)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return input[start..(int)reader.BytesConsumed];
    }
}
