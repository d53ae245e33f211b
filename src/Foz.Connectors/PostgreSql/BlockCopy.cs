using System.Globalization;
using Foz.Connectors.Changes;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// The parts of a copy of a table: its blocks, some at a time. Rows move from block to block as they change. One that
/// changed after the moment of a part has the number of a later transaction, by which a later moment finds it, wherever
/// it is then.
/// </summary>
/// <param name="Blocks">Up to which block each member of the table was read.</param>
/// <param name="Oldest">The least of the numbers below which all transactions are in the parts so far.</param>
/// <param name="Files">The files of the table, as <see cref="RelationSize.Files"/> has them.</param>
sealed record BlockCopy(long Blocks, long Oldest, string Files)
{
    /// <summary>
    /// About how much of a table a part has: some times as much as all before it, so that there are few of them, as
    /// each costs something besides its rows, and little enough that others need not wait for long.
    /// </summary>
    const long BytesMin = 64 << 20, BytesMax = 512 << 20, Growth = 3;

    const long NumbersOfTransactions = 1L << 32;

    /// <summary>Returns which blocks come next.</summary>
    /// <param name="size">The size of the table, and its files.</param>
    /// <param name="oldest">The number below which all transactions are in the moment of the next part.</param>
    /// <param name="after">Where the parts so far end; null for none.</param>
    /// <returns>The blocks, and where the copy stands after them.</returns>
    public static (BlockSpan Span, BlockCopy End) Next(RelationSize size, long oldest, CopyEnd? after)
    {
        // What was rewritten has its rows in other blocks: it is read from the first one.
        var so = after is not null && Parse(after.Text) is { } known && known.Files == size.Files
            ? known
            : new(0, oldest, size.Files);
        var bytes = Math.Clamp(Growth * size.Bytes * (double)so.Blocks / size.Blocks, BytesMin, BytesMax);
        var blocks = (long)Math.Max(1, bytes / Math.Max(size.Bytes, 1) * size.Blocks);
        var isLast = so.Blocks + blocks >= size.Blocks;
        var span = new BlockSpan(so.Blocks, isLast ? null : so.Blocks + blocks)
        {
            Before = after is { IsOfOtherMoment: true } && so.Blocks > 0 ? Since(so.Oldest) : null,
        };
        return (span, so with { Blocks = span.EndOf(size) });
    }

    /// <summary>Returns the text from which a copy goes on.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Blocks} {Oldest} {Files}");

    /// <summary>The rows that a transaction of a number, or a later one, wrote: numbers wrap around.</summary>
    static string Since(long oldest) => string.Create(
        CultureInfo.InvariantCulture,
        $"((xmin::text::bigint - {oldest % NumbersOfTransactions}) & {NumbersOfTransactions - 1}) "
            + $"< {NumbersOfTransactions / 2}");

    static BlockCopy? Parse(string text) =>
        text.Split(' ') is [var blocks, var oldest, var files]
            && long.TryParse(blocks, CultureInfo.InvariantCulture, out var read)
            && long.TryParse(oldest, CultureInfo.InvariantCulture, out var number)
                ? new(read, number, files)
                : null;
}
