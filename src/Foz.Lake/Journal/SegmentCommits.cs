using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;

namespace Foz.Lake.Journal;

/// <summary>
/// Commits segments to their table: each once, also with several committers. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="segments">The segments.</param>
/// <param name="table">The table, by its name inside the schema <c>foz</c>.</param>
sealed class SegmentCommits(Lakehouse lake, RecordSegments segments, string table) : IDisposable
{
    readonly SemaphoreSlim gate = new(1);

    /// <summary>Commits all records that were written so far, of this process and of those that are gone.</summary>
    /// <exception cref="FozException">They cannot be read.</exception>
    /// <exception cref="Foz.Delta.DeltaException">The table cannot be written; the records stay.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            segments.Close();
            foreach (var segment in segments.Closed()) await CommitAsync(segment, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    async Task CommitAsync(RecordSegments.Segment segment, CancellationToken cancellationToken)
    {
        var work = lake.Engines.CreateTempFolder();
        try
        {
            var file = Path.Combine(work.FullName, $"{table}.jsonl");
            // Each process counts its own segments.
            var batch = new StepBatch($"foz.{table}.{segment.Instance}", segment.Number);
            using var session = lake.Engines.Open(Workload.Query);
            await JournalWriter.AppendAsync(
                lake, session, new(TableName.SystemSchema, table), batch,
                done => done < segment.Number ? RecordSegments.Export(segment, file) : 0, file, cancellationToken);
            File.Delete(segment.Path);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
