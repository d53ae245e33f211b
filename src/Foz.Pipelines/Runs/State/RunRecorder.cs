using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// Writes what a run does into the journal. What cannot be written is kept and tried again with what comes next; a run
/// goes on without its records, which decide nothing. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="runId">The run.</param>
/// <param name="lost">
/// Canceled when another run took over the lake: from then on only this run's own records are moved to their tables.
/// </param>
sealed class RunRecorder(Lakehouse lake, string runId, CancellationToken lost) : IDisposable
{
    readonly SemaphoreSlim gate = new(1);
    readonly List<JournalRecord> pending = [];
    RunJournal? journal;
    FozException? fault;

    /// <summary>Whether another run works no more, so that its records may be moved.</summary>
    public Func<string, ValueTask<bool>> IsGone { get; init; } = static _ => ValueTask.FromResult(true);

    /// <summary>Adds records.</summary>
    public async Task AddAsync(params IReadOnlyCollection<JournalRecord> records)
    {
        await gate.WaitAsync();
        try
        {
            pending.AddRange(records);
            journal ??= RunJournal.Open(lake, runId);
            await journal.AppendAsync(pending, CancellationToken.None);
            pending.Clear();
        }
        catch (FozException e)
        {
            fault = e;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Writes the journal into its tables. If that fails, the records stay in the journal, and the next run writes
    /// them.
    /// </summary>
    /// <param name="warn">Receives warnings about failures.</param>
    /// <returns>Why records of the run are lost; null if none are.</returns>
    public async Task<FozException?> FlushAsync(Action<Warning> warn)
    {
        await gate.WaitAsync();
        try
        {
            if (journal is not null) await MoveAsync(journal, warn);
            return pending.Count == 0
                ? null
                : new(fault!.Kind, $"what run {runId} did is not in the schema foz: {fault.Message}", fault)
                {
                    Hint = fault.Hint,
                };
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        journal?.Dispose();
        gate.Dispose();
    }

    async Task MoveAsync(RunJournal from, Action<Warning> warn)
    {
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            var warnings = await new JournalWriter(lake).FlushAsync(
                session, from, MayMoveAsync, CancellationToken.None);
            foreach (var warning in warnings) warn(warning);
        }
        catch (Exception e) when (DeltaErrors.Find(e) is { } error)
        {
            warn(new(
                $"records of runs stay in the journal, as the tables of the schema foz could "
                    + $"not be written: {error.Message}",
                "the next run brings them there; foz query shows them beside the tables until then"));
        }
    }

    async ValueTask<bool> MayMoveAsync(string other) => !lost.IsCancellationRequested && await IsGone(other);
}
