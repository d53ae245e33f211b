using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// The one text of a <c>jsonb</c>: of members with one name the last stays, members are in the order of their names'
/// lengths and bytes, with PostgreSQL's blanks. So values that are equal have equal texts except for zeros at the end
/// of numbers.
/// </summary>
public static class PgJsonb
{
    const int ExponentMax = 1000;

    /// <summary>The one text of a document.</summary>
    /// <exception cref="FozException">It is no JSON.</exception>
    public static string Normalize(ReadOnlySpan<byte> json) => Normalize(json, Number);

    /// <summary>
    /// As <see cref="Normalize(ReadOnlySpan{byte})"/>, with equal numbers written in one way: equal values have equal
    /// texts.
    /// </summary>
    /// <exception cref="FozException">It is no JSON.</exception>
    public static string Comparable(ReadOnlySpan<byte> json) => Normalize(json, static raw =>
    {
        var number = Number(raw);
        return number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;
    });

    static string Normalize(ReadOnlySpan<byte> json, Func<string, string> number)
    {
        using var document = Read(json);
        var text = new StringBuilder(json.Length + 16);
        Write(document.RootElement, text, number);
        return text.ToString();
    }

    /// <summary>What <c>||</c> makes of two: members of both objects, elements of both arrays.</summary>
    /// <exception cref="FozException">
    /// One is no JSON, or an object is joined with what is neither object nor array.
    /// </exception>
    public static string Concat(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        using var first = Read(left);
        using var second = Read(right);
        var (a, b) = (first.RootElement, second.RootElement);
        var text = new StringBuilder(left.Length + right.Length);
        if (a.ValueKind == JsonValueKind.Object && b.ValueKind == JsonValueKind.Object)
            WriteMembers([.. a.EnumerateObject(), .. b.EnumerateObject()], text, Number);
        else if ((a.ValueKind == JsonValueKind.Object || b.ValueKind == JsonValueKind.Object)
            && a.ValueKind != JsonValueKind.Array && b.ValueKind != JsonValueKind.Array)
            throw FunctionFault.Of("22023", "invalid concatenation of jsonb objects");
        else WriteElements([.. ElementsOf(a), .. ElementsOf(b)], text, Number);
        return text.ToString();
    }

    static JsonElement[] ElementsOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    static JsonDocument Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
            var document = JsonDocument.ParseValue(ref reader);
            return !reader.Read() ? document : throw new JsonException();
        }
        catch (JsonException)
        {
            throw FunctionFault.Of("22P02", "invalid input syntax for type json");
        }
    }

    static void Write(JsonElement value, StringBuilder text, Func<string, string> number)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteMembers([.. value.EnumerateObject()], text, number);
                break;
            case JsonValueKind.Array:
                WriteElements([.. value.EnumerateArray()], text, number);
                break;
            case JsonValueKind.String:
                WriteText(value.GetString()!, text);
                break;
            case JsonValueKind.Number:
                text.Append(number(value.GetRawText()));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    static void WriteMembers(JsonProperty[] members, StringBuilder text, Func<string, string> number)
    {
        var last = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in members) last[member.Name] = member.Value;
        var names = last.Keys.Select(name => (Name: name, Bytes: Encoding.UTF8.GetBytes(name))).ToArray();
        Array.Sort(names, static (a, b) => a.Bytes.Length != b.Bytes.Length
            ? a.Bytes.Length.CompareTo(b.Bytes.Length)
            : a.Bytes.AsSpan().SequenceCompareTo(b.Bytes));
        text.Append('{');
        for (var i = 0; i < names.Length; i++)
        {
            if (i > 0) text.Append(", ");
            WriteText(names[i].Name, text);
            text.Append(": ");
            Write(last[names[i].Name], text, number);
        }
        text.Append('}');
    }

    static void WriteElements(JsonElement[] elements, StringBuilder text, Func<string, string> number)
    {
        text.Append('[');
        for (var i = 0; i < elements.Length; i++)
        {
            if (i > 0) text.Append(", ");
            Write(elements[i], text, number);
        }
        text.Append(']');
    }

    static void WriteText(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\b' => text.Append(@"\b"),
                '\f' => text.Append(@"\f"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\0' =>
                    throw FunctionFault.Of(
                        "22P05", "unsupported Unicode escape sequence: \\u0000 cannot be converted to text"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }

    /// <summary>Returns a number as numeric shows it: without exponent, with the zeros after its point.</summary>
    static string Number(string raw)
    {
        var at = raw.IndexOfAny(['e', 'E']);
        if (at < 0) return raw.AsSpan().IndexOfAnyInRange('1', '9') < 0 ? raw.TrimStart('-') : raw;
        if (!int.TryParse(
            raw.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var exponent) || Math.Abs(exponent) > ExponentMax)
            throw FunctionFault.Of("0A000", $"the number {raw} in jsonb is not supported");
        var point = raw.IndexOf('.', StringComparison.Ordinal);
        var scale = (point < 0 ? 0 : at - point - 1) - exponent;
        var digits = BigInteger.Parse(
            raw[..at].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        if (scale <= 0) return (digits * BigInteger.Pow(10, -scale)).ToString(CultureInfo.InvariantCulture);
        var text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return $"{(digits.Sign < 0 ? "-" : "")}{text[..^scale]}.{text[^scale..]}";
    }
}
