using System.Collections.Concurrent;
using System.Globalization;

namespace Foz.Connectors.PostgreSql;

/// <summary>How large a relation is, its partitions and heirs included.</summary>
/// <param name="BytesOfLargest">Size of its largest member.</param>
/// <param name="Bytes">Size of all.</param>
/// <param name="IsHeap">Whether all members keep rows by block, so that these can be read in ranges.</param>
/// <param name="BlockBytes">Size of a block.</param>
sealed record RelationSize(long BytesOfLargest, long Bytes, bool IsHeap, int BlockBytes)
{
    /// <summary>The blocks of its largest member, and one more, as it may grow.</summary>
    public long Blocks => BytesOfLargest / BlockBytes + 1;

    /// <summary>A text that is another one where a member was rewritten: its rows are in other blocks then.</summary>
    public string Files { get; init; } = "";
}

/// <summary>Blocks of each member of a relation.</summary>
/// <param name="From">The first one.</param>
/// <param name="To">The one after the last one; null for all.</param>
sealed record BlockSpan(long From, long? To)
{
    /// <summary>All blocks.</summary>
    public static BlockSpan All { get; } = new(0, null);

    /// <summary>Which rows of blocks before it belong to it too, in SQL; null for none.</summary>
    public string? Before { get; init; }

    /// <summary>About which share of a relation it is.</summary>
    public double ShareOf(RelationSize size) => (double)(EndOf(size) - From) / size.Blocks;

    /// <summary>The block after its last one.</summary>
    public long EndOf(RelationSize size) => To ?? Math.Max(size.Blocks, From + 1);
}

/// <summary>
/// Ranges of blocks that connections take one by one, so that all end at about the same time. Each row lies in
/// exactly one: the first range of all has no lower end, the last no upper one.
/// </summary>
sealed class BlockRanges
{
    const int RangesPerConnection = 8;
    const long BytesMin = 32 << 20;

    readonly ConcurrentQueue<string> conditions;

    BlockRanges(IEnumerable<string> conditions) => this.conditions = new(conditions);

    /// <summary>One range of everything.</summary>
    public static BlockRanges Whole() => new([""]);

    /// <summary>Ranges for so many connections.</summary>
    public static BlockRanges Of(RelationSize size, int connections, BlockSpan span)
    {
        var (bytes, blocks) = ((long)(size.Bytes * span.ShareOf(size)), span.EndOf(size) - span.From);
        var perRange = Math.Max(bytes / ((long)connections * RangesPerConnection), BytesMin);
        // A range goes through all members: what it covers of the largest is its share of the whole.
        var count = connections == 1 ? 1 : Math.Max((bytes + perRange - 1) / perRange, 1);
        var blocksPerRange = Math.Max((blocks + count - 1) / count, 1);
        var ranges = new List<string>();
        if (span.Before is { } before) ranges.Add($"{Bound("<", span.From)} AND {before}");
        for (var index = 0L; index < count; index++)
        {
            var from = span.From + index * blocksPerRange;
            var to = index < count - 1 ? from + blocksPerRange : span.To;
            ranges.Add(string.Join(
                " AND ",
                new[] { from > 0 ? Bound(">=", from) : "", to is { } end ? Bound("<", end) : "" }
                    .Where(bound => bound.Length > 0)));
        }
        return new(ranges);
    }

    /// <summary>How many connections are worth it.</summary>
    public static int Connections(RelationSize size, int connectionsMax, BlockSpan span) => size.IsHeap
        ? (int)Math.Clamp(((long)(size.Bytes * span.ShareOf(size)) + BytesMin - 1) / BytesMin, 1, connectionsMax)
        : 1;

    /// <summary>
    /// Takes the next range: a condition in SQL, empty where it is everything; null where none is left.
    /// </summary>
    public string? Take() => conditions.TryDequeue(out var condition) ? condition : null;

    static string Bound(string comparison, long block) => string.Create(
        CultureInfo.InvariantCulture, $"ctid {comparison} '({Math.Min(block, uint.MaxValue)},0)'::tid");
}
