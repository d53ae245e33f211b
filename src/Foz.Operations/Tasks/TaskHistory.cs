using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;

namespace Foz.Operations.Tasks;

/// <summary>
/// Brings the tasks of firings that ended to <c>foz.steps</c>. Each firing has a journal of its own, with one segment:
/// a host that is asked again, or takes over, adds nothing twice. For one thread.
/// </summary>
/// <param name="lake">The lake.</param>
sealed class TaskHistory(Lakehouse lake)
{
    /// <summary>The value of <c>kind</c> in <c>foz.steps</c>.</summary>
    public const string Kind = "task";

    // A commit for each firing would be many where thousands are due at once.
    static readonly TimeSpan moveInterval = TimeSpan.FromMinutes(1);

    long movedAt;

    /// <summary>
    /// Adds the tasks of a firing; those that never began, or ended in an earlier firing, have no row.
    /// </summary>
    /// <exception cref="Foz.Lake.FozException">The journal cannot be written.</exception>
    public async Task AddAsync(FiringTasks tasks, CancellationToken cancellationToken)
    {
        var records = tasks.Tasks.Where(task => task is { IsReused: false, StartedAt: not null, EndedAt: not null })
            .Select(task => RecordOf(tasks.Firing, task)).ToList();
        if (records.Count == 0) return;
        var isThere = (await RunJournal.ListAsync(lake, cancellationToken)).Any(
            segment => segment.RunId == tasks.Firing);
        using var journal = RunJournal.Open(lake, tasks.Firing);
        if (!isThere) await journal.AppendAsync(records, cancellationToken);
        if (movedAt != 0 && lake.Clock.GetElapsedTime(movedAt) < moveInterval) return;
        movedAt = lake.Clock.GetTimestamp();
        using var session = lake.Engines.Open(Workload.Models);
        // Runs have no @ in their names; what they left is moved by the next run.
        await new JournalWriter(lake).FlushAsync(
            session, journal, static run => ValueTask.FromResult(run.Contains('@')), cancellationToken);
    }

    static StepRecord RecordOf(string firing, TaskRecord task) => new()
    {
        RunId = firing, Step = task.Name, Kind = Kind, Attempts = task.Attempts == 0 ? null : task.Attempts,
        Outcome = task.State switch
        {
            TaskState.Succeeded => Outcome.Succeeded,
            TaskState.Skipped => Outcome.Skipped,
            TaskState.Canceled => Outcome.Canceled,
            _ => Outcome.Failed,
        },
        StartedAt = task.StartedAt!.Value.ToUniversalTime(), FinishedAt = task.EndedAt!.Value.ToUniversalTime(),
        Error = task.HasFailed ? task.Reason ?? TaskFlow.Words(task.State) : null,
    };
}
