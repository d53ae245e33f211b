using System.Buffers;
using System.Text.Json;

namespace Foz.Connectors.Files.Json;

/// <summary>Objects of JSON that have a name twice: the last value counts, as parsers of JSON have it.</summary>
static class JsonRepeats
{
    /// <summary>Returns a row with each name once in an object; other values are unchanged.</summary>
    /// <param name="row">Valid JSON.</param>
    public static ReadOnlySpan<byte> KeepLast(ReadOnlySpan<byte> row)
    {
        using var json = JsonDocument.Parse(row.ToArray(), new() { MaxDepth = JsonScanner.Options.MaxDepth });
        var buffer = new ArrayBufferWriter<byte>(row.Length);
        using (var writer = new Utf8JsonWriter(
            buffer, new() { MaxDepth = JsonScanner.Options.MaxDepth, SkipValidation = true }))
            Write(writer, json.RootElement);
        return buffer.WrittenSpan;
    }

    static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var last = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var property in value.EnumerateObject()) last[property.Name] = property.Value;
                writer.WriteStartObject();
                foreach (var (name, kept) in last)
                {
                    writer.WritePropertyName(name);
                    Write(writer, kept);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
