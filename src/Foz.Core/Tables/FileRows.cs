using System.Text.Json;
using Foz.Delta.Log;

namespace Foz.Core.Tables;

/// <summary>How many rows a data file has, by its statistics.</summary>
static class FileRows
{
    /// <summary>The rows in the file, deleted ones included; null where the statistics do not say.</summary>
    public static long? Count(AddFile file)
    {
        if (file.Stats.IsNone) return null;
        try
        {
            var reader = new Utf8JsonReader(file.Stats.Utf8.Span);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
                if (reader.ValueTextEquals("numRecords"u8))
                    return reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : null;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Logs of some writers hold odd statistics, which are as good as none.
        }
        return null;
    }
}
