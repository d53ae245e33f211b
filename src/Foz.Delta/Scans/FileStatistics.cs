using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>Statistics of a whole file, as its <c>add</c> action carries them.</summary>
public static class FileStatistics
{
    /// <summary>
    /// Returns the number of records in a data file, deleted ones included; null if the statistics do not say.
    /// </summary>
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

    /// <summary>
    /// Returns how the statistics of a file's action are wrong about its rows, in words; empty if they are right.
    /// Bounds may be wider than the values, as far as readers can conclude no more from them.
    /// </summary>
    /// <param name="file">The file, with its statistics.</param>
    /// <param name="schema">The schema of its table.</param>
    /// <param name="rows">How many rows it has, deleted ones included.</param>
    /// <param name="columns">What these rows hold.</param>
    public static IReadOnlyList<string> Differences(
        AddFile file, TableSchema schema, long rows, IReadOnlyList<ColumnStatistics> columns)
    {
        var types = columns.Select(column => schema.Columns.FindAll(column.Column)[^1].Type).ToArray();
        var reader = new StatisticsReader(
            [.. columns.Select((column, i) => new StatisticsColumn(schema.PhysicalPath(column.Column)!, types[i]))]);
        var bounds = new ColumnBounds[columns.Count];
        var differences = new List<string>();
        if (reader.Read(file.Stats.Utf8.Span, bounds) is { } said && said != rows)
            differences.Add($"has {rows} rows, the log says {said}");
        // Of files with deleted rows, the log counts nulls as it likes.
        var countsNulls = file.DeletionVector is null && file.Stats.Utf8.Span.IndexOf("\"tightBounds\":false"u8) < 0;
        for (var i = 0; i < columns.Count; i++)
        {
            // A variant has no bounds, and its null is not always NULL of the column.
            if (types[i] == DeltaType.Variant) continue;
            var (column, name) = (columns[i], columns[i].Column.ToString());
            if (countsNulls && reader.NullCounts[i] is { } nulls && column.NullCount is { } found && nulls != found)
                differences.Add($"has {found} nulls in {name}, the log says {nulls}");
            if (!bounds[i].MayHaveValues && column.NullCount < rows)
                differences.Add($"has values in {name}, the log says none");
            if (IsBeyond(column.Min, bounds[i].Min, types[i], -1))
                differences.Add($"has {column.Min} in {name}, less than the log says");
            // Texts of fixed length are padded when they are read.
            if (!column.HasNan
                && IsBeyond(
                    types[i] == DeltaType.String ? column.Max?.TrimEnd(' ') : column.Max, bounds[i].Max, types[i], 1))
                differences.Add($"has {column.Max} in {name}, more than the log says");
        }
        return differences;
    }

    static bool IsBeyond(string? text, DeltaValue? bound, DeltaType type, int direction) =>
        text is not null && bound is { } limit && Literal.TryParse(text, type, out var value, out _)
        && (type is PrimitiveType { Kind: PrimitiveKind.Float or PrimitiveKind.Double }
            // Zero has two signs.
            ? value.Floating.CompareTo(limit.Floating) * direction > 0 && value.Floating != limit.Floating
            : value.CompareTo(limit) * direction > 0);

    // The parts that stay unchanged.
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
