using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Connectors.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql;

public sealed partial class BlockRangesTests
{
    const int BlockBytes = 8192;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(100 << 20, 100 << 20, 2)]
    [InlineData(100 << 20, 3 << 20, 4)]
    [InlineData(10L << 30, 10L << 30, 8)]
    [InlineData(10L << 40, 1L << 40, 64)]
    public void Every_block_lies_in_exactly_one_range(long bytes, long bytesOfLargest, int connections)
    {
        var size = new RelationSize(bytesOfLargest, bytes, true, BlockBytes);
        var ranges = BlockRanges.Of(size, connections, BlockSpan.All);
        var next = 0L;
        var isOpen = false;
        while (ranges.Take() is { } range)
        {
            Assert.False(isOpen);
            var from = Block(From.Match(range)) ?? 0;
            Assert.Equal(next, from);
            isOpen = Block(To.Match(range)) is null;
            next = Block(To.Match(range)) ?? next;
            Assert.True(isOpen || next > from);
        }

        Assert.True(isOpen);
        Assert.True(next <= bytesOfLargest / BlockBytes + 1);
        Assert.Null(ranges.Take());
    }

    [Fact]
    public void One_connection_reads_the_whole()
    {
        var ranges = BlockRanges.Of(new RelationSize(1 << 30, 1 << 30, true, BlockBytes), 1, BlockSpan.All);
        Assert.Equal("", ranges.Take());
        Assert.Null(ranges.Take());
    }

    [Theory]
    [InlineData(0, true, 1)]
    [InlineData(32 << 20, true, 1)]
    [InlineData((32 << 20) + 1, true, 2)]
    [InlineData(10L << 30, true, 4)]
    [InlineData(10L << 30, false, 1)]
    public void Connections_are_as_many_as_are_worth_it(long bytes, bool isHeap, int expected) =>
        Assert.Equal(expected, BlockRanges.Connections(new RelationSize(bytes, bytes, isHeap, BlockBytes), 4, BlockSpan.All));

    static long? Block(Match match) =>
        match.Success ? long.Parse(match.Groups["block"].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@">= '\((?<block>\d+),0\)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex From { get; }

    [GeneratedRegex(@"< '\((?<block>\d+),0\)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex To { get; }
}
