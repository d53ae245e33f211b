using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Lake;

namespace Foz.Serving.Trino.Functions;

/// <summary>Texts of JSON as Trino's values have them.</summary>
static class TrinoJsonText
{
    static readonly JsonDocumentOptions options = new() { MaxDepth = 1000 };

    /// <summary>A text without spaces, each object's keys in order: two of the same value are the same text.</summary>
    /// <exception cref="FozException">The text is no JSON.</exception>
    public static string Normalized(string text) => Written(text, isSorted: true);

    /// <summary>A text without spaces.</summary>
    /// <exception cref="FozException">The text is no JSON.</exception>
    public static string Compact(string text) => Written(text, isSorted: false);

    /// <summary>A scalar as <c>CAST(x AS varchar)</c> gives it; null for <c>null</c>.</summary>
    /// <exception cref="FozException">It is an object or an array.</exception>
    public static string? Scalar(string text)
    {
        using var document = Parse(text);
        var root = document.RootElement;
        return root.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => root.GetString(),
            JsonValueKind.Object or JsonValueKind.Array =>
                throw new FozException(ErrorKind.Data, $"Cannot cast '{text}' to varchar") { SqlState = "22P02" },
            _ => Compact(text),
        };
    }

    /// <summary>An element of an array, counted from its end where the number is negative; null for none.</summary>
    /// <returns>The element: a text without its quotes, as Trino's <c>json_array_get</c> gives it.</returns>
    public static string? Element(string text, long index)
    {
        using var document = TryParse(text);
        if (document is not { RootElement: { ValueKind: JsonValueKind.Array } array }) return null;
        var length = array.GetArrayLength();
        if (index < 0) index += length;
        if (index < 0 || index >= length) return null;
        var element = array[(int)index];
        return element.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => element.GetString(),
            _ => Compact(element.GetRawText()),
        };
    }

    /// <summary>How many elements an array has; null for what is none.</summary>
    public static long? Length(string text)
    {
        using var document = TryParse(text);
        return document is { RootElement: { ValueKind: JsonValueKind.Array } array } ? array.GetArrayLength() : null;
    }

    static string Written(string text, bool isSorted)
    {
        using var document = Parse(text);
        var written = new StringBuilder(text.Length);
        Write(written, document.RootElement, isSorted);
        return written.ToString();
    }

    static void Write(StringBuilder text, JsonElement element, bool isSorted)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var properties = isSorted
                    // Of two with one name the last counts.
                    ? element.EnumerateObject().GroupBy(p => p.Name, StringComparer.Ordinal).Select(g => g.Last())
                        .OrderBy(p => p.Name, StringComparer.Ordinal)
                    : element.EnumerateObject().AsEnumerable();
                WriteAll('{', '}', properties, property =>
                {
                    Quote(text, property.Name);
                    text.Append(':');
                    Write(text, property.Value, isSorted);
                });
                break;
            case JsonValueKind.Array:
                WriteAll('[', ']', element.EnumerateArray(), item => Write(text, item, isSorted));
                break;
            case JsonValueKind.String: Quote(text, element.GetString()!); break;
            case JsonValueKind.Number: text.Append(Number(element.GetRawText())); break;
            default: text.Append(element.GetRawText()); break;
        }

        void WriteAll<T>(char open, char close, IEnumerable<T> items, Action<T> write)
        {
            text.Append(open);
            var isFirst = true;
            foreach (var item in items)
            {
                if (!isFirst) text.Append(',');
                isFirst = false;
                write(item);
            }
            text.Append(close);
        }
    }

    /// <summary>A whole number with all its digits; another one as the <c>double</c> that it is.</summary>
    static string Number(string text)
    {
        if (!text.AsSpan().ContainsAny('.', 'e', 'E'))
            return BigInteger.Parse(text, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        var value = double.Parse(text, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value)) return text;
        Span<byte> buffer = stackalloc byte[TrinoNumberText.BytesMax];
        return Encoding.ASCII.GetString(buffer[..TrinoNumberText.Write(value, buffer)]);
    }

    static void Quote(StringBuilder text, string value) =>
        text.Append('"').Append(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString())
            .Append('"');

    static JsonDocument Parse(string text) => TryParse(text)
        ?? throw new FozException(ErrorKind.Data, $"Cannot convert '{Shortened(text)}' to JSON") { SqlState = "22023" };

    static JsonDocument? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text, options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string Shortened(string text)
    {
        const int KeptMax = 100;
        return text.Length <= KeptMax ? text : text[..KeptMax] + "…";
    }
}
