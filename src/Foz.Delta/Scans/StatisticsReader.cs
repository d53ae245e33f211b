using System.Buffers.Text;
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

    /// <summary>The number of nulls of each column as the last file said it; null if unknown.</summary>
    public ReadOnlySpan<long?> NullCounts => nullCounts;

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
        var scanner = new JsonScanner(json);
        if (!scanner.TryEnter()) return null;
        var wanted = root.IsLeaf ? Parts.RecordCount : Parts.All;
        while (wanted != Parts.None && scanner.TryReadName(out var name))
        {
            var part = PartOf(name);
            wanted &= ~part;
            if (part == Parts.RecordCount) recordCount = ReadCount(ref scanner);
            else if (part == Parts.None) scanner.ReadScalar(out _);
            else ReadObject(ref scanner, root, part);
        }
        return recordCount;
    }

    static Parts PartOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("numRecords"u8) ? Parts.RecordCount
        : name.SequenceEqual("minValues"u8) ? Parts.Min
        : name.SequenceEqual("maxValues"u8) ? Parts.Max
        : name.SequenceEqual("nullCount"u8) ? Parts.NullCount
        : Parts.None;

    void ReadObject(ref JsonScanner scanner, Node node, Parts part)
    {
        if (!scanner.TryEnter())
        {
            scanner.ReadScalar(out _);
            return;
        }
        for (var missing = node.ChildCount; scanner.TryReadName(out var name);)
        {
            if (node.Find(name) is not { } child)
            {
                scanner.ReadScalar(out _);
                continue;
            }
            if (child.IsLeaf) ReadColumn(ref scanner, child.Column, part);
            else ReadObject(ref scanner, child, part);
            if (--missing > 0) continue;
            scanner.Leave();
            return;
        }
    }

    void ReadColumn(ref JsonScanner scanner, int column, Parts part)
    {
        if (part == Parts.NullCount)
        {
            nullCounts[column] = ReadCount(ref scanner);
            return;
        }
        var isMax = part == Parts.Max;
        var text = scanner.ReadScalar(out var isText);
        DeltaValue? value = text.IsEmpty && !isText || !isText && text.SequenceEqual("null"u8)
            ? null
            : StatisticValue.Parse(text, columns[column].Type, isText, isMax);
        if (isMax) maxs[column] = value;
        else mins[column] = value;
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

    static long? ReadCount(ref JsonScanner scanner)
    {
        var text = scanner.ReadScalar(out var isText);
        return !isText && Utf8Parser.TryParse(text, out long count, out var used) && used == text.Length ? count : null;
    }

    [Flags]
    enum Parts
    {
        None = 0,
        RecordCount = 1,
        Min = 2,
        Max = 4,
        NullCount = 8,
        All = RecordCount | Min | Max | NullCount,
    }

    // A wanted column, or a struct on the way to some.
    sealed class Node(byte[] name)
    {
        readonly List<Node> children = [];

        public int Column { get; private set; } = -1;

        public int ChildCount => children.Count;

        public bool IsLeaf => children.Count == 0;

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

        public Node? Find(ReadOnlySpan<byte> childName)
        {
            foreach (var child in children)
                if (child.Has(childName)) return child;
            return null;
        }

        bool Has(ReadOnlySpan<byte> other) => name.AsSpan().SequenceEqual(other);
    }
}
