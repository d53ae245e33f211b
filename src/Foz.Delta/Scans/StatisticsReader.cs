using System.Text;
using System.Text.Json;
using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>A column of data files whose statistics are wanted.</summary>
/// <param name="Path">The physical path.</param>
/// <param name="Type">The type that the table has now.</param>
readonly record struct StatisticsColumn(ColumnPath Path, DeltaType Type);

/// <summary>
/// Reads the bounds of wanted columns from the statistics of files (PROTOCOL.md, "Per-file Statistics"); the rest is
/// skipped. Statistics that are malformed or odd are no statistics. Not for use by two threads at once.
/// </summary>
sealed class StatisticsReader
{
    static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    readonly StatisticsColumn[] columns;
    readonly Node root = new([]);
    readonly DeltaValue?[] mins;
    readonly DeltaValue?[] maxs;
    readonly long?[] nullCounts;

    public StatisticsReader(StatisticsColumn[] columns)
    {
        this.columns = columns;
        mins = new DeltaValue?[columns.Length];
        maxs = new DeltaValue?[columns.Length];
        nullCounts = new long?[columns.Length];
        for (var i = 0; i < columns.Length; i++) root.Add(columns[i].Path.Names.AsSpan(), i);
    }

    /// <summary>Reads the bounds of each column.</summary>
    /// <returns>The number of records, deleted ones included; null if unknown.</returns>
    public long? Read(ReadOnlySpan<byte> json, Span<ColumnBounds> bounds)
    {
        long? recordCount = null;
        Clear();
        try
        {
            if (!json.IsEmpty) recordCount = ReadAll(json);
        }
        // InvalidOperationException: text with half of a surrogate pair.
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            recordCount = null;
            Clear();
        }
        for (var i = 0; i < columns.Length; i++) bounds[i] = BoundsOf(i, recordCount);
        return recordCount;
    }

    void Clear()
    {
        mins.AsSpan().Clear();
        maxs.AsSpan().Clear();
        nullCounts.AsSpan().Clear();
    }

    // Wide bounds (tightBounds: false) need no care of their own: nothing here takes a bound for a value that exists,
    // and null counts are only used where they are 0 or all.
    long? ReadAll(ReadOnlySpan<byte> json)
    {
        long? recordCount = null;
        var reader = new Utf8JsonReader(json, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("numRecords"u8)) recordCount = ReadCount(ref reader);
            else if (reader.ValueTextEquals("minValues"u8)) ReadObject(ref reader, root, Statistic.Min);
            else if (reader.ValueTextEquals("maxValues"u8)) ReadObject(ref reader, root, Statistic.Max);
            else if (reader.ValueTextEquals("nullCount"u8)) ReadObject(ref reader, root, Statistic.NullCount);
            else reader.Skip();
        }
        return recordCount;
    }

    void ReadObject(ref Utf8JsonReader reader, Node node, Statistic statistic)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (node.Find(ref reader) is not { } child)
            {
                reader.Skip();
                continue;
            }
            if (child.Column < 0) ReadObject(ref reader, child, statistic);
            else ReadColumn(ref reader, child.Column, statistic);
        }
    }

    void ReadColumn(ref Utf8JsonReader reader, int column, Statistic statistic)
    {
        if (statistic == Statistic.NullCount)
        {
            nullCounts[column] = ReadCount(ref reader);
            return;
        }
        reader.Read();
        var isMax = statistic == Statistic.Max;
        var value = reader.TokenType switch
        {
            JsonTokenType.Number => StatisticValue.Parse(reader.ValueSpan, columns[column].Type, isText: false, isMax),
            JsonTokenType.True => StatisticValue.Parse("true"u8, columns[column].Type, isText: false, isMax),
            JsonTokenType.False => StatisticValue.Parse("false"u8, columns[column].Type, isText: false, isMax),
            JsonTokenType.String => StatisticValue.Parse(TextOf(ref reader), columns[column].Type, isText: true, isMax),
            _ => null,
        };
        if (isMax) maxs[column] = value;
        else mins[column] = value;
        reader.Skip();
    }

    ColumnBounds BoundsOf(int column, long? recordCount)
    {
        var (min, max) = (mins[column], maxs[column]);
        if (min > max) return ColumnBounds.Unknown;
        var nullCount = nullCounts[column];
        var isAllNull = nullCount is not null && nullCount == recordCount && min is null && max is null;
        // NaN is above every bound, but not every writer counts it.
        var mayHoldNan = columns[column].Type is PrimitiveType { Kind: PrimitiveKind.Float or PrimitiveKind.Double };
        return new(min, max, mayBeNull: nullCount != 0, mayHaveValues: !isAllNull, isTrusted: !mayHoldNan);
    }

    static long? ReadCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count)) return count;
        reader.Skip();
        return null;
    }

    static ReadOnlySpan<byte> TextOf(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        var text = new byte[reader.ValueSpan.Length];
        return text.AsSpan(0, reader.CopyString(text));
    }

    enum Statistic
    {
        Min,
        Max,
        NullCount,
    }

    // A wanted column, or a struct on the way to some.
    sealed class Node(byte[] name)
    {
        readonly List<Node> children = [];

        public int Column { get; private set; } = -1;

        public void Add(ReadOnlySpan<string> names, int column)
        {
            if (names.IsEmpty)
            {
                Column = column;
                return;
            }
            var childName = Encoding.UTF8.GetBytes(names[0]);
            var child = children.Find(c => c.Has(childName));
            if (child is null) children.Add(child = new(childName));
            child.Add(names[1..], column);
        }

        public Node? Find(ref Utf8JsonReader reader)
        {
            foreach (var child in children)
                if (child.IsNamed(ref reader)) return child;
            return null;
        }

        bool Has(byte[] other) => name.AsSpan().SequenceEqual(other);

        bool IsNamed(ref Utf8JsonReader reader) => reader.ValueTextEquals(name);
    }
}
