using System.Text.Json;
using Foz.Delta.Log;

namespace Foz.Delta.Scans;

/// <summary>Statistics of a whole file, as its <c>add</c> action carries them.</summary>
public static class FileStatistics
{
    /// <summary>The number of records in a data file, deleted ones included; null if the statistics do not tell.</summary>
    public static long? RecordCount(FileAction file) => new StatisticsReader([]).Read(file.Stats.Utf8.Span, []);

    /// <summary>
    /// The statistics for the same file with other deleted rows: bounds need not exist as values any more
    /// (<c>tightBounds: false</c>).
    /// </summary>
    /// <returns>Statistics that say no more than the number of records where the old ones are malformed.</returns>
    public static JsonText WithWideBounds(JsonText statistics, long recordCount)
    {
        using var buffer = new MemoryStream(statistics.Utf8.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer, StatisticsWriter.JsonOptions))
        {
            writer.WriteStartObject();
            writer.WriteNumber("numRecords"u8, recordCount);
            writer.WriteBoolean("tightBounds"u8, false);
            foreach (var (name, value) in ValuesOf(statistics))
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(value.Span, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return new(buffer.ToArray());
    }

    // The parts that stay as they are.
    static List<(string Name, ReadOnlyMemory<byte> Value)> ValuesOf(JsonText statistics)
    {
        var values = new List<(string Name, ReadOnlyMemory<byte> Value)>();
        if (statistics.IsNone) return values;
        try
        {
            var reader = new Utf8JsonReader(statistics.Utf8.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return [];
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (name is not ("numRecords" or "tightBounds"))
                    values.Add((name, statistics.Utf8[start..(int)reader.BytesConsumed]));
            }
            return values;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return [];
        }
    }
}
