using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Foz.Connectors.Files.Contents;

namespace Foz.Connectors.Files.Json;

/// <summary>
/// Scans rows of JSON: whether each is well formed and fits the table, and which fields of which types the good ones
/// have.
/// </summary>
/// <param name="root">The object of a row; collects the types of its fields.</param>
sealed class JsonScanner(JsonNode root)
{
    /// <summary>How JSON is read: strictly.</summary>
    public static JsonReaderOptions Options { get; } = new() { MaxDepth = 256 };

    readonly List<(JsonNode Node, JsonKinds Kinds)> met = [];
    byte[] scratch = new byte[256];
    string? fault;

    /// <summary>Whether the last row was set aside since an object in it has a name twice.</summary>
    public bool IsTwice { get; private set; }

    /// <summary>Scans a row.</summary>
    /// <returns>Why it cannot be read; null if it can.</returns>
    public string? Scan(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text)) return TextEncoding.Fault(text);
        if (!text.StartsWith("{"u8)) return "not a JSON object";
        met.Clear();
        (fault, IsTwice) = (null, false);
        try
        {
            var reader = new Utf8JsonReader(text, Options);
            reader.Read();
            if (!ScanObject(ref reader, root)) return fault!.TrimStart(':', ' ');
            reader.Read();
        }
        catch (JsonException e)
        {
            return $"malformed JSON: {Trim(e)}";
        }
        catch (InvalidOperationException)
        {
            return "malformed JSON: an escape that is no character";
        }
        // Only now: what a row that is set aside holds says nothing about columns.
        foreach (var (node, kinds) in met) node.Kinds |= kinds;
        return null;
    }

    bool ScanObject(ref Utf8JsonReader reader, JsonNode node)
    {
        var id = node.StartObject();
        for (var position = 0; reader.Read() && reader.TokenType != JsonTokenType.EndObject; position++)
        {
            var member = node.Member(Text(ref reader), position);
            if (member.SeenIn == id)
            {
                IsTwice = true;
                return Fail($": field '{member.Name}' stands twice");
            }
            member.SeenIn = id;
            reader.Read();
            if (ScanValue(ref reader, member.Node)) continue;
            fault = member.Name + (fault![0] is ':' or '[' ? "" : ".") + fault;
            return false;
        }
        return true;
    }

    bool ScanValue(ref Utf8JsonReader reader, JsonNode node)
    {
        var token = reader.TokenType;
        if (token == JsonTokenType.Null) return true;
        if (token == JsonTokenType.String) Text(ref reader);
        switch (node.Holding)
        {
            case JsonHolding.Open:
                return ScanOpen(ref reader, node);
            case JsonHolding.Json or JsonHolding.Text:
                reader.Skip();
                return true;
            case JsonHolding.Struct:
                return token == JsonTokenType.StartObject ? ScanObject(ref reader, node)
                    : node.IsXml && token == JsonTokenType.String
                    ? ScanValue(ref reader, node.Member(JsonNode.XmlText, 0).Node)
                    : Misfit("struct", ref reader);
            case JsonHolding.List:
                return token == JsonTokenType.StartArray ? ScanArray(ref reader, node)
                    : node.IsXml ? ScanValue(ref reader, node.OpenElement())
                    : Misfit("list", ref reader);
            case JsonHolding.Boolean:
                return token is JsonTokenType.True or JsonTokenType.False || Misfit("boolean", ref reader);
            case JsonHolding.String:
                return token == JsonTokenType.String || Misfit("string", ref reader);
            case JsonHolding.Digits:
                return token == JsonTokenType.Number || Misfit("number", ref reader);
            case JsonHolding.Long:
                return (token == JsonTokenType.Number && reader.TryGetInt64(out _)) || Misfit("long", ref reader);
            default:
                return (token == JsonTokenType.Number && JsonNumbers.IsDouble(reader.ValueSpan))
                    || Misfit("double", ref reader);
        }
    }

    bool ScanOpen(ref Utf8JsonReader reader, JsonNode node)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                met.Add((node, JsonKinds.Object));
                return ScanObject(ref reader, node);
            case JsonTokenType.StartArray:
                met.Add((node, JsonKinds.Array));
                return ScanArray(ref reader, node);
            case JsonTokenType.String:
                met.Add((node, JsonKinds.String));
                return true;
            case JsonTokenType.Number:
                met.Add((node, JsonNumbers.KindOf(reader.ValueSpan)));
                return true;
            default:
                met.Add((node, JsonKinds.Boolean));
                return true;
        }
    }

    bool ScanArray(ref Utf8JsonReader reader, JsonNode node)
    {
        var element = node.OpenElement();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (ScanValue(ref reader, element)) continue;
            fault = $"[]{fault}";
            return false;
        }
        return true;
    }

    /// <summary>Returns the text of a name or string; throws if an escape is no character.</summary>
    ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (scratch.Length < reader.ValueSpan.Length) scratch = new byte[reader.ValueSpan.Length];
        return scratch.AsSpan(0, reader.CopyString(scratch));
    }

    bool Misfit(string expected, ref Utf8JsonReader reader)
    {
        var value = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String => $"'{Shorten(reader.GetString()!)}'",
            JsonTokenType.Number => Shorten(Encoding.UTF8.GetString(reader.ValueSpan)),
            _ => reader.GetBoolean() ? "true" : "false",
        };
        return Fail($": {value} does not fit {expected}");
    }

    bool Fail(string reason)
    {
        fault = reason;
        return false;
    }

    static string Shorten(string text) => text.Length <= 200 ? text : $"{text[..200]}…";

    /// <summary>The message up to the place, whose line is always the first.</summary>
    static string Trim(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return $"{(end < 0 ? e.Message : e.Message[..end]).TrimEnd('.')} (byte {e.BytePositionInLine + 1})";
    }
}
