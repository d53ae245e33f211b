using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Foz.Delta.Checkpoints;

/// <summary>
/// The checksum of a JSON object over its values in one canonical form (PROTOCOL.md, "JSON checksum").
/// </summary>
static class JsonChecksum
{
    /// <summary>The field that holds the checksum and does not count.</summary>
    public const string Field = "checksum";

    /// <summary>The checksum of an object: the MD5 of its canonical form in hexadecimal, lower case.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The specification's choice, against accidents only.")]
    public static string Compute(JsonElement json) =>
        Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(Canonical(json))));

    /// <summary>The canonical form: paths and values, ordered by the bytes of the paths.</summary>
    public static string Canonical(JsonElement json)
    {
        var values = new List<(string Path, string Value)>();
        foreach (var property in json.EnumerateObject())
            if (property.Name != Field) Add(values, Encode(property.Name), property.Value);
        // The encoded paths are ASCII.
        values.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return string.Join(',', values.Select(value => $"{value.Path}={value.Value}"));
    }

    static void Add(List<(string Path, string Value)> values, string path, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                    Add(values, $"{path}+{Encode(property.Name)}", property.Value);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in json.EnumerateArray()) Add(values, $"{path}+{index++}", item);
                break;
            case JsonValueKind.String:
                values.Add((path, Encode(json.GetString()!)));
                break;
            default:
                values.Add((path, json.GetRawText()));
                break;
        }
    }

    // Escapes all but a-z A-Z 0-9 - . _ ~ as the specification wants it, with upper-case digits.
    static string Encode(string text) => $"\"{Uri.EscapeDataString(text)}\"";
}
