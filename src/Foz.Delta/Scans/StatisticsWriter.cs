using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>
/// Makes the statistics of data files for their <c>add</c> actions (PROTOCOL.md, "Per-file Statistics") for the columns
/// that the table's properties choose: the first 32 that hold values, as many as
/// <c>delta.dataSkippingNumIndexedCols</c> says (-1: all), or those that <c>delta.dataSkippingStatsColumns</c> names.
/// </summary>
public sealed class StatisticsWriter
{
    const string ColumnCountProperty = "delta.dataSkippingNumIndexedCols";
    const string ColumnNamesProperty = "delta.dataSkippingStatsColumns";
    const int ColumnCountDefault = 32;

    internal static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    readonly Leaf[] leaves;

    /// <summary>Chooses the columns of a table.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidArgument"/>: a property is malformed.
    /// </exception>
    public StatisticsWriter(TableSchema schema, StringMap properties)
    {
        var data = new StructType([.. schema.DataColumns]).Leaves();
        var chosen = properties.Find(ColumnNamesProperty) is { } names
            ? Named(data, ParseNames(names))
            : data.Take(ParseCount(properties.Find(ColumnCountProperty)));
        // Lists and maps have none: an engine counts their elements.
        leaves = [.. chosen
            .Where(leaf => leaf.Field.Type is not (ArrayType or MapType or PrimitiveType { Kind: PrimitiveKind.Void }))
            .Select(leaf => new Leaf(leaf.Path, schema.PhysicalPath(leaf.Path)!, leaf.Field.Type))];
    }

    /// <summary>The columns whose statistics are written, by logical path.</summary>
    public IEnumerable<ColumnPath> Columns => leaves.Select(leaf => leaf.Path);

    /// <summary>The statistics of one file; columns without a place in them are left out.</summary>
    public JsonText Write(long recordCount, IEnumerable<ColumnStatistics> columns)
    {
        var byPath = columns.ToDictionary(column => column.Column);
        using var buffer = new MemoryStream(256);
        using (var writer = new Utf8JsonWriter(buffer, JsonOptions))
        {
            writer.WriteStartObject();
            writer.WriteNumber("numRecords"u8, recordCount);
            WriteObject(writer, "minValues", byPath, (column, leaf) => BoundOf(column.Min, leaf.Type, isMax: false));
            WriteObject(writer, "maxValues", byPath,
                (column, leaf) => column.HasNan ? null : BoundOf(column.Max, leaf.Type, isMax: true));
            WriteObject(writer, "nullCount", byPath,
                (column, _) => column.NullCount?.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }
        return new(buffer.ToArray());
    }

    // Leaves of one struct are neighbours, so that objects are opened and closed by comparing each path to the last.
    void WriteObject(
        Utf8JsonWriter writer,
        string name,
        Dictionary<ColumnPath, ColumnStatistics> columns,
        Func<ColumnStatistics, Leaf, string?> valueOf)
    {
        writer.WriteStartObject(name);
        var open = Array.Empty<string>();
        foreach (var leaf in leaves)
        {
            if (!columns.TryGetValue(leaf.Path, out var column) || valueOf(column, leaf) is not { } json) continue;
            var parents = leaf.Physical.Names.AsSpan()[..^1];
            var common = parents.CommonPrefixLength(open);
            for (var i = open.Length; i > common; i--) writer.WriteEndObject();
            foreach (var parent in parents[common..]) writer.WriteStartObject(parent);
            open = parents.ToArray();
            writer.WritePropertyName(leaf.Physical.Names[^1]);
            writer.WriteRawValue(json, skipInputValidation: true);
        }
        for (var i = open.Length; i > 0; i--) writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>A bound as JSON; null where the format has none or the text is no value of the type.</summary>
    static string? BoundOf(string? text, DeltaType type, bool isMax)
    {
        if (text is null || type is PrimitiveType
            { Kind: PrimitiveKind.Boolean or PrimitiveKind.Binary or PrimitiveKind.Variant }) return null;
        if (type is PrimitiveType { Kind: PrimitiveKind.String })
            return BoundText.Cut(text, isMax) is { } cut ? Quote(cut) : null;
        if (!Literal.TryParse(text, type, out var value, out var isExact)) return null;
        if (isMax && !isExact) return null;
        return type switch
        {
            PrimitiveType { Kind: PrimitiveKind.Date } => QuoteTime(PartitionValue.Format(value, type)!),
            PrimitiveType { Kind: PrimitiveKind.Timestamp } =>
                QuoteTime(DateTimeText.FormatMillis((long)value.Number) + "Z"),
            PrimitiveType { Kind: PrimitiveKind.TimestampNtz } =>
                QuoteTime(DateTimeText.FormatMillis((long)value.Number)),
            PrimitiveType { Kind: PrimitiveKind.Float or PrimitiveKind.Double } when !double.IsFinite(value.Floating) =>
                null,
            _ => PartitionValue.Format(value, type),
        };
    }

    // Years with a sign are beyond what other readers of statistics parse.
    static string? QuoteTime(string time) => time[0] is '+' or '-' ? null : Quote(time);

    static string Quote(string text) =>
        $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    static IEnumerable<(ColumnPath Path, StructField Field)> Named(
        IEnumerable<(ColumnPath Path, StructField Field)> columns, List<ColumnPath> names) =>
        columns.Where(column => names.Exists(name => name.IsPrefixOf(column.Path)));

    static int ParseCount(string? text)
    {
        if (text is null) return ColumnCountDefault;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            && count >= -1
            ? count == -1 ? int.MaxValue : count
            : throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"property {ColumnCountProperty} is '{text}', not a number of columns or -1");
    }

    static List<ColumnPath> ParseNames(string text)
    {
        var names = new List<ColumnPath>();
        var isQuoted = false;
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '`') isQuoted = !isQuoted;
            if (i < text.Length && (text[i] != ',' || isQuoted)) continue;
            var name = text.AsSpan(start, i - start).Trim().ToString();
            start = i + 1;
            if (name.Length == 0) continue;
            try
            {
                names.Add(ColumnPath.Parse(name));
            }
            catch (FormatException fault)
            {
                throw new DeltaException(DeltaErrorKind.InvalidArgument,
                    $"property {ColumnNamesProperty} is '{text}': {fault.Message}", fault);
            }
        }
        return names;
    }

    sealed record Leaf(ColumnPath Path, ColumnPath Physical, DeltaType Type);
}
