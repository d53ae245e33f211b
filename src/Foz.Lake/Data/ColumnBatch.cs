namespace Foz.Lake.Data;

/// <summary>Some rows of a stream, column by column.</summary>
/// <param name="RowCount">How many rows.</param>
/// <param name="Columns">One column for each field of the stream's schema, in its order.</param>
public sealed record ColumnBatch(int RowCount, IReadOnlyList<Column> Columns);

/// <summary>
/// Rows that arrive in batches, in partitions that may be read at the same time: what a connector hands to the
/// engine. Each partition is read once.
/// </summary>
/// <param name="Schema">The columns of every batch.</param>
/// <param name="Partitions">
/// One reader a partition; an error that one throws ends the statement that reads the stream.
/// </param>
public sealed record ColumnStream(
    IReadOnlyList<Field> Schema, IReadOnlyList<IAsyncEnumerable<ColumnBatch>> Partitions)
{
    /// <summary>How many rows are expected, for the engine's planner; null where unknown.</summary>
    public long? RowCountEstimate { get; init; }
}
