using System.Text.Json;

namespace Foz.Connectors.Http;

/// <summary>
/// Finds fields of an answer that look as if they led to a next page, whatever a stream's paging says.
/// </summary>
static class NextPage
{
    // The address of the next page is outside of the rows.
    const int DepthMax = 4;

    /// <summary>
    /// The path of the first field that has <c>next</c> in its name and a value; null where there is none.
    /// </summary>
    public static string? Find(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Foz.Connectors.Files.Json.JsonScanner.Options);
            return reader.Read() && reader.TokenType is JsonTokenType.StartObject ? Find(ref reader, "", 1) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? Find(ref Utf8JsonReader reader, string path, int depth)
    {
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            var place = path.Length == 0 ? name : $"{path}.{name}";
            if (reader.TokenType is JsonTokenType.StartObject && depth < DepthMax)
            {
                if (Find(ref reader, place, depth + 1) is { } inner) return inner;
                continue;
            }
            var hasValue = reader.TokenType is JsonTokenType.Number
                || (reader.TokenType is JsonTokenType.String && !reader.ValueTextEquals(""));
            if (hasValue && name.Contains("next", StringComparison.OrdinalIgnoreCase)) return place;
            reader.Skip();
        }
        return null;
    }
}
