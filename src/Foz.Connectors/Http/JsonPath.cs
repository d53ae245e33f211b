using System.Text;
using System.Text.Json;

namespace Foz.Connectors.Http;

/// <summary>
/// The place of a value in JSON: names of fields separated by dots. A name that meets a list means that field of each
/// of its elements. A field whose own name has dots, such as <c>@odata.nextLink</c>, is found by its name too, and by
/// nothing else if the name is in quotes.
/// </summary>
sealed class JsonPath
{
    // By the place in the path and, less one, how many of its names the field's own is made of.
    readonly byte[][][] names;

    JsonPath(string text, IReadOnlyList<string> parts)
    {
        Text = text;
        names =
        [
            .. parts.Select((_, from) => Enumerable.Range(1, parts.Count - from)
                .Select(count => Encoding.UTF8.GetBytes(string.Join('.', parts.Skip(from).Take(count)))).ToArray()),
        ];
    }

    /// <summary>The path as written.</summary>
    public string Text { get; }

    /// <summary>Reads a path; a leading <c>$</c> means the whole value.</summary>
    public static JsonPath Parse(string text)
    {
        var parts = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var isQuoted = text[at] == '"';
            var end = text.IndexOf(isQuoted ? '"' : '.', at + (isQuoted ? 1 : 0));
            if (end < 0) end = text.Length;
            var part = isQuoted ? text[(at + 1)..end] : text[at..end].Trim();
            at = end + 1;
            if (isQuoted && at < text.Length && text[at] == '.') at++;
            if (!isQuoted && part.EndsWith("[]", StringComparison.Ordinal)) part = part[..^2];
            if (part.Length > 0 && (isQuoted || part != "$" || parts.Count > 0)) parts.Add(part);
        }
        return new(text, parts);
    }

    /// <summary>Finds the values at the path, each as its range in the text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="unfolds">Whether a list at the end means its elements.</param>
    /// <param name="found">Receives the ranges.</param>
    /// <returns>Whether the path leads anywhere, be it to null or to an empty list.</returns>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public bool Find(ReadOnlySpan<byte> json, bool unfolds, List<Range> found)
    {
        var reader = new Utf8JsonReader(json, Foz.Connectors.Files.Json.JsonScanner.Options);
        reader.Read();
        var exists = Walk(ref reader, 0, unfolds, found);
        while (reader.Read())
        {
            // What follows must be JSON too: an answer that was cut short is none.
        }
        return exists;
    }

    /// <summary>Whether the path leads to a value; false if the text is not JSON.</summary>
    public bool IsIn(ReadOnlySpan<byte> json)
    {
        try
        {
            return Find(json, unfolds: false, []);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// The first value as text: of a string its characters, of others what stands there; null where there is none.
    /// </summary>
    public string? FindText(ReadOnlySpan<byte> json)
    {
        var found = new List<Range>();
        Find(json, unfolds: false, found);
        return found.Count == 0 ? null : ToText(json[found[^1]]);
    }

    /// <summary>A value as text.</summary>
    public static string? ToText(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, Foz.Connectors.Files.Json.JsonScanner.Options);
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => reader.GetString(),
            _ => Encoding.UTF8.GetString(value),
        };
    }

    /// <summary>The names of fields where the path stops leading on, for errors.</summary>
    public IReadOnlyList<string> NamesAtEnd(ReadOnlySpan<byte> json)
    {
        using var document = JsonDocument.Parse(json.ToArray());
        var at = document.RootElement;
        for (var depth = 0; depth < names.Length;)
        {
            if (at.ValueKind is JsonValueKind.Array && at.GetArrayLength() > 0) at = at[0];
            if (at.ValueKind is not JsonValueKind.Object) break;
            var count = Array.FindIndex(names[depth], name => at.TryGetProperty(name, out _)) + 1;
            if (count == 0) break;
            at = at.GetProperty(names[depth][count - 1]);
            depth += count;
        }
        return at.ValueKind is JsonValueKind.Object ? [.. at.EnumerateObject().Select(p => p.Name)] : [];
    }

    bool Walk(ref Utf8JsonReader reader, int depth, bool unfolds, List<Range> found)
    {
        if (depth == names.Length)
        {
            if (unfolds && reader.TokenType is JsonTokenType.StartArray)
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray) Add(ref reader, found);
            else if (!unfolds || reader.TokenType is not JsonTokenType.Null) Add(ref reader, found);
            return true;
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                // An empty list on the way is as good as one at the end.
                var (isAny, exists) = (false, false);
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                    (isAny, exists) = (true, Walk(ref reader, depth, unfolds, found) | exists);
                return exists || !isAny;
            case JsonTokenType.StartObject:
                var isThere = false;
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
                {
                    var count = CountNames(ref reader, names[depth]);
                    reader.Read();
                    if (count > 0) isThere |= Walk(ref reader, depth + count, unfolds, found);
                    else reader.Skip();
                }
                return isThere;
            default:
                return reader.TokenType is JsonTokenType.Null;
        }
    }

    static int CountNames(ref Utf8JsonReader reader, byte[][] candidates)
    {
        for (var i = 0; i < candidates.Length; i++)
            if (reader.ValueTextEquals(candidates[i])) return i + 1;
        return 0;
    }

    static void Add(ref Utf8JsonReader reader, List<Range> found)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        found.Add(start..(int)reader.BytesConsumed);
    }
}
