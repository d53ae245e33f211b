using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Streams.Tables;

/// <summary>The masks with which rows of a table are written, as its property has them.</summary>
/// <param name="OfColumns">The masks by the names of their columns, in lower case.</param>
sealed record StreamMasks(SortedDictionary<string, string> OfColumns)
{
    /// <summary>How much of the fingerprint of a key is kept: enough to see that it is another one.</summary>
    const int FingerprintChars = 8;

    /// <summary>Returns the masks of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="key">The key of hashes; null where none is stated.</param>
    public static StreamMasks Of(ProjectStream stream, string? key)
    {
        var masks = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in stream.Columns)
            if (column.Mask is { } mask)
                masks[column.Name.ToLowerInvariant()] =
                    mask is ColumnMask.Hash ? $"{mask} {Fingerprint(key)}" : $"{mask}";
        return new(masks);
    }

    /// <summary>Reads the property; null where the table does not have it.</summary>
    public static StreamMasks? Parse(string? text) =>
        text is null ? null : JsonSerializer.Deserialize(text, StreamMasksJson.Default.StreamMasks);

    /// <summary>Returns the first column of a table whose mask is another one in later rows; null for none.</summary>
    /// <param name="later">The masks of later rows.</param>
    /// <param name="fields">The columns that the table has.</param>
    public string? FindChanged(StreamMasks later, IEnumerable<Field> fields) =>
        fields.Select(field => field.Name).FirstOrDefault(name => Find(name) != later.Find(name));

    /// <summary>Returns the text of the property.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, StreamMasksJson.Default.StreamMasks);

    string? Find(string column) => OfColumns.GetValueOrDefault(column.ToLowerInvariant());

    static string Fingerprint(string? key) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key ?? ""), "foz.streams.masks"u8))[..FingerprintChars];
}

[JsonSerializable(typeof(StreamMasks))]
sealed partial class StreamMasksJson : JsonSerializerContext;
