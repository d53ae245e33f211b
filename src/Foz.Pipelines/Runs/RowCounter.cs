using Foz.Lake.Data;

namespace Foz.Pipelines.Runs;

/// <summary>Counts the rows that a connector hands over.</summary>
sealed class RowCounter
{
    long rows;

    /// <summary>How many there were so far.</summary>
    public long Rows => Interlocked.Read(ref rows);

    /// <summary>The stream, counted.</summary>
    public ColumnStream Count(ColumnStream stream) => stream with { Partitions = [.. stream.Partitions.Select(Count)] };

    async IAsyncEnumerable<ColumnBatch> Count(IAsyncEnumerable<ColumnBatch> partition)
    {
        await foreach (var batch in partition)
        {
            Interlocked.Add(ref rows, batch.RowCount);
            yield return batch;
        }
    }
}
