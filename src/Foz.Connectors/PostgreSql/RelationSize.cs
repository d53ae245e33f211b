using System.Globalization;

namespace Foz.Connectors.PostgreSql;

/// <summary>How large a relation is, its partitions and heirs included.</summary>
/// <param name="BytesOfLargest">Size of its largest member.</param>
/// <param name="Bytes">Size of all.</param>
/// <param name="IsHeap">Whether all members keep rows by block, so that these can be read in ranges.</param>
/// <param name="BlockBytes">Size of a block.</param>
sealed record RelationSize(long BytesOfLargest, long Bytes, bool IsHeap, int BlockBytes);

/// <summary>
/// Ranges of blocks that connections take one by one, so that all end at about the same time. Each row lies in
/// exactly one: the first range has no lower end, the last no upper one.
/// </summary>
sealed class BlockRanges
{
    const int RangesPerConnection = 8;
    const long BytesMin = 32 << 20;

    readonly long blocksPerRange;
    readonly long rangeCount;
    long taken;

    BlockRanges(long rangeCount, long blocksPerRange)
    {
        this.rangeCount = rangeCount;
        this.blocksPerRange = blocksPerRange;
    }

    /// <summary>One range of everything.</summary>
    public static BlockRanges Whole() => new(1, 0);

    /// <summary>Ranges for so many connections.</summary>
    public static BlockRanges Of(RelationSize size, int connections)
    {
        if (connections == 1) return Whole();
        var perRange = Math.Max(size.Bytes / ((long)connections * RangesPerConnection), BytesMin);
        // A range goes through all members: what it covers of the largest is its share of the whole.
        var count = Math.Max((size.Bytes + perRange - 1) / perRange, 1);
        var blocks = size.BytesOfLargest / size.BlockBytes + 1;
        return new BlockRanges(count, Math.Max((blocks + count - 1) / count, 1));
    }

    /// <summary>How many connections are worth it.</summary>
    public static int Connections(RelationSize size, int connectionsMax) =>
        size.IsHeap ? (int)Math.Clamp((size.Bytes + BytesMin - 1) / BytesMin, 1, connectionsMax) : 1;

    /// <summary>
    /// Takes the next range: a condition in SQL, empty where it is everything; null where none is left.
    /// </summary>
    public string? Take()
    {
        var index = Interlocked.Increment(ref taken) - 1;
        if (index >= rangeCount) return null;
        List<string> conditions = [];
        if (index > 0) conditions.Add(Bound(">=", index));
        if (index < rangeCount - 1) conditions.Add(Bound("<", index + 1));
        return string.Join(" AND ", conditions);
    }

    string Bound(string comparison, long index) => string.Create(
        CultureInfo.InvariantCulture,
        $"ctid {comparison} '({Math.Min(index * blocksPerRange, uint.MaxValue)},0)'::tid");
}
