using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>The parts of a copy of a table: ranges of the first column of its key, in the database's order.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">Its value up to which rows are in the parts so far, as text.</param>
/// <param name="Rows">About how many rows these are.</param>
sealed record KeyCopy(string Column, string Value, long Rows)
{
    const int RowsMin = 100_000, RowsMax = 1_000_000;

    // An ENUM is ordered by its numbers, and compared as a text.
    static readonly string[] texts = ["CHAR", "VARCHAR"];

    /// <summary>
    /// Whether the values of a column are compared as they are ordered, and are the same after they were texts.
    /// </summary>
    public static bool CanDivide(DatabaseColumn column) =>
        KeyRanges.IsWhole(column.ValueType) || column.ValueType == typeof(byte[])
        || texts.Contains(
            column.Field.Metadata.GetValueOrDefault(Field.SourceTypeKey)?.Split('(', ' ')[0],
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the text from which a copy goes on; null where it was divided by another column.</summary>
    public static KeyCopy? Parse(string? text, DatabaseColumn column)
    {
        try
        {
            return text is not null && JsonSerializer.Deserialize(text, KeyCopyJson.Default.KeyCopy) is { } known
                && known.Column == column.Name
                ? known
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns about how many rows the next part has: as many as all before it, so that what each costs besides its
    /// rows does not matter, and so few that others need not wait for long.
    /// </summary>
    public static long RowsOfNext(KeyCopy? known) => Math.Clamp(known?.Rows ?? 0, RowsMin, RowsMax);

    /// <summary>Returns the text from which a copy goes on.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, KeyCopyJson.Default.KeyCopy);
}

[JsonSerializable(typeof(KeyCopy))]
sealed partial class KeyCopyJson : JsonSerializerContext;
