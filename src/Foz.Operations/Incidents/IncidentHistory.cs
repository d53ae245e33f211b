using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Storage;

namespace Foz.Operations.Incidents;

/// <summary>
/// Brings the changes of incidents to <c>foz.incidents</c>, through a journal of its own: a change stays in the state
/// until the journal has it, so that none is lost. One that a crash repeats has the same number. For one thread.
/// </summary>
/// <param name="lake">The lake.</param>
sealed class IncidentHistory(Lakehouse lake) : IDisposable
{
    static readonly TimeSpan moveInterval = TimeSpan.FromMinutes(1);

    readonly string runId = JournalWriter.NewRunId(lake.Clock);
    RunJournal? journal;
    bool hasMore;
    long movedAt;

    /// <summary>Writes changes to the journal.</summary>
    /// <returns>The number of those that are there.</returns>
    public async Task<int> AddAsync(IReadOnlyList<IncidentRecord> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0) return 0;
        journal ??= RunJournal.Open(lake, runId);
        await journal.AppendAsync([.. changes.Select(change => change with { RunId = runId })], cancellationToken);
        hasMore = true;
        Failpoint.Hit("incidents.journaled");
        return changes.Count;
    }

    /// <summary>Moves what the journal has to the table, once a minute.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (!hasMore || (movedAt != 0 && lake.Clock.GetElapsedTime(movedAt) < moveInterval)) return;
        movedAt = lake.Clock.GetTimestamp();
        using var session = lake.Engines.Open(Workload.Models);
        await new JournalWriter(lake).FlushAsync(
            session, journal!, static _ => ValueTask.FromResult(false), cancellationToken);
        hasMore = false;
    }

    /// <inheritdoc/>
    public void Dispose() => journal?.Dispose();
}
