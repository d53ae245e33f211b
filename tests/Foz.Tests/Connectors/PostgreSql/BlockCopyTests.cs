using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql;

/// <summary>Parts of copies, by blocks.</summary>
public sealed class BlockCopyTests
{
    const int BlockBytes = 8192;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(60 << 20, 1)]
    [InlineData(400 << 20, 3)]
    [InlineData(1 << 30, 4)]
    public void Parts_of_one_moment_have_each_block_once(long bytes, int parts)
    {
        var size = new RelationSize(bytes, bytes, true, BlockBytes) { Files = "f" };
        var (next, count, end) = (0L, 0, (CopyEnd?)null);
        for (BlockSpan? span = null; span is not { To: null }; count++)
        {
            (span, var reached) = BlockCopy.Next(size, 7, end);
            Assert.Equal(next, span.From);
            Assert.Null(span.Before);
            (next, end) = (reached.Blocks, new($"{reached}", IsOfOtherMoment: false));
            Assert.Equal(span.To ?? size.Blocks, next);
        }
        Assert.Equal(parts, count);
    }

    [Fact]
    public void A_later_moment_has_also_rows_of_earlier_blocks_that_later_transactions_wrote()
    {
        var size = new RelationSize(400 << 20, 400 << 20, true, BlockBytes) { Files = "f" };
        var first = BlockCopy.Next(size, (5L << 32) + 100, after: null).End;
        var (span, end) = BlockCopy.Next(size, (5L << 32) + 900, new($"{first}", IsOfOtherMoment: true));
        Assert.Equal(first.Blocks, span.From);
        Assert.Equal("((xmin::text::bigint - 100) & 4294967295) < 2147483648", span.Before);
        // The next later moment looks from the first one on, too.
        Assert.Equal((5L << 32) + 100, end.Oldest);
        var ranges = BlockRanges.Of(size, 1, span);
        Assert.Equal($"ctid < '({span.From},0)'::tid AND {span.Before}", ranges.Take());
        Assert.Equal($"ctid >= '({span.From},0)'::tid AND ctid < '({span.To},0)'::tid", ranges.Take());
        Assert.Null(ranges.Take());
    }

    [Theory]
    [InlineData("20 7 other")]
    [InlineData("no text of a copy")]
    public void Other_files_are_read_from_the_first_block(string text)
    {
        var size = new RelationSize(400 << 20, 400 << 20, true, BlockBytes) { Files = "f" };
        var (span, end) = BlockCopy.Next(size, 9, new(text, IsOfOtherMoment: true));
        Assert.Equal(0, span.From);
        Assert.Null(span.Before);
        Assert.Equal((9, "f"), (end.Oldest, end.Files));
    }
}
