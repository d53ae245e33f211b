using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;

namespace Foz.Operations.Hosting;

/// <summary>
/// Brings records of what a host does by itself to the tables of the schema <c>foz</c>, through a journal of its own,
/// so that none is lost. For one thread.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="open">Opens a session of the engine that writes the tables.</param>
sealed class HostJournal(Lakehouse lake, Func<EngineSession> open) : IDisposable
{
    static readonly TimeSpan moveInterval = TimeSpan.FromMinutes(1);

    RunJournal? journal;
    bool hasMore;
    long movedAt;

    /// <summary>Gets the identifier that its records have as their run.</summary>
    public string RunId { get; } = JournalWriter.NewRunId(lake.Clock);

    /// <summary>Writes records to the journal.</summary>
    public async Task AddAsync(IEnumerable<JournalRecord> records, CancellationToken cancellationToken)
    {
        journal ??= RunJournal.Open(lake, RunId);
        await journal.AppendAsync([.. records.Select(record => record with { RunId = RunId })], cancellationToken);
        hasMore = true;
    }

    /// <summary>Moves what the journal has to the tables, once a minute.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (!hasMore || (movedAt != 0 && lake.Clock.GetElapsedTime(movedAt) < moveInterval)) return;
        movedAt = lake.Clock.GetTimestamp();
        using var session = open();
        await new JournalWriter(lake).FlushAsync(
            session, journal!, static _ => ValueTask.FromResult(false), cancellationToken);
        hasMore = false;
    }

    /// <inheritdoc/>
    public void Dispose() => journal?.Dispose();
}
