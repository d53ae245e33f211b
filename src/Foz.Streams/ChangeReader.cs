using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.Streams;
using Foz.Streams.Reading;

namespace Foz.Streams;

/// <summary>Reads the logs of sources for runs: each run reads what was committed before it.</summary>
public sealed class ChangeReader : IChangeReader
{
    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<TableName, StepResult>> ReadAsync(
        ChangeWork work, CancellationToken cancellationToken)
    {
        await using var reading = new SourceReading(work);
        await reading.OpenAsync(cancellationToken);
        await reading.CatchUpAsync(cancellationToken);
        return reading.Tables.ToDictionary(
            table => table.Stream.Table,
            table => new StepResult
            {
                Step = table.Stream.Table,
                IsStream = true,
                Outcome = table.Version is null ? Outcome.Skipped : Outcome.Succeeded,
                TableVersion = table.Version,
                RowsWritten = table.RowsWritten,
                RowsChanged = table.RowsWritten,
                Read = (table.RowsWritten, null),
            });
    }
}
