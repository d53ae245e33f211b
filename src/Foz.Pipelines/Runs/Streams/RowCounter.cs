using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Counts the rows that a connector hands over.</summary>
/// <param name="meter">Counts them too, to show how far the step is.</param>
sealed class RowCounter(WorkMeter meter)
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
            meter.AddRows(batch.RowCount);
            yield return batch;
        }
    }
}
