using Foz.Core.Catalog;
using Foz.Core.Engine;
using Foz.Core.Journal;
using Foz.Core.Tables;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// Writes what a run does into the journal. What cannot be written is kept and tried again with what comes next; a run
/// goes on without its records, which decide nothing. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="runId">The run.</param>
sealed class RunRecorder(Lake lake, string runId)
{
    readonly JournalWriter journal = new(lake);
    readonly Lock gate = new();
    readonly List<JournalRecord> pending = [];
    FozException? fault;

    /// <summary>Adds records.</summary>
    public void Add(params IReadOnlyCollection<JournalRecord> records)
    {
        lock (gate)
        {
            pending.AddRange(records);
            try
            {
                journal.Append(runId, pending);
                pending.Clear();
            }
            catch (FozException e)
            {
                fault = e;
            }
        }
    }

    /// <summary>
    /// Brings the journal into its tables. Where that fails the records stay in the journal, and the next run brings them.
    /// </summary>
    /// <param name="warn">Told of what did not go well.</param>
    /// <returns>Why records of the run are lost; null where none are.</returns>
    public async Task<FozException?> FlushAsync(Action<Warning> warn)
    {
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            foreach (var warning in await journal.FlushAsync(session, CancellationToken.None)) warn(warning);
        }
        catch (Exception e) when (DeltaErrors.Find(e) is { } error)
        {
            warn(new(
                $"records of runs stay in the journal, as the tables of the schema foz could not be written: {error.Message}",
                "the next run brings them there; foz query shows them beside the tables until then"));
        }
        lock (gate)
            return pending.Count == 0
                ? null
                : new(fault!.Kind, $"what run {runId} did is not in the schema foz: {fault.Message}", fault)
                {
                    Hint = fault.Hint,
                };
    }
}
