using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Operations.Triggers;

namespace Foz.Operations.Scheduling;

/// <summary>Where the runs of firings work: a lake's requests, or a stand-in for them.</summary>
interface IRunHost
{
    /// <summary>Asks for an attempt of a firing to be run, once: a second time does nothing.</summary>
    Task AskAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>How far that attempt is.</summary>
    Task<RunProgress> FindAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>Wants that attempt to stop.</summary>
    Task CancelAsync(Firing firing, CancellationToken cancellationToken);

    /// <summary>Applies a decision about a task of a firing; one that does not fit any more changes nothing.</summary>
    /// <returns>Whether that is over; otherwise the decision is to be applied again.</returns>
    Task<bool> DecideAsync(Firing firing, TaskDecision decision, CancellationToken cancellationToken);

    /// <summary>Removes what is known of the tasks of firings that were due before a moment.</summary>
    Task SweepAsync(DateTimeOffset limit, CancellationToken cancellationToken);

    /// <summary>Returns the newest version of a table; null where there is no such table.</summary>
    Task<long?> FindVersionAsync(string table, CancellationToken cancellationToken);

    /// <summary>Returns what a condition was found to be last; null where it does not hold. Does not wait.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="isBusy">
    /// Whether a run that it made has not ended: what was found before that ends does not count.
    /// </param>
    TriggerMark? FindMark(ScheduleTrigger.Condition condition, bool isBusy);
}

/// <summary>How far the run of a firing is.</summary>
/// <param name="EndedAt">When it ended; null while it works.</param>
/// <param name="ExitCode">Its exit code; null where it has none.</param>
/// <param name="Reason">Why it has no exit code; null where it has one.</param>
readonly record struct RunProgress(DateTimeOffset? EndedAt, int? ExitCode, string? Reason)
{
    /// <summary>Gets whether its tasks only wait: it takes no place.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>Gets whether a task that works is ready to start.</summary>
    public bool WantsPlace { get; init; }

    /// <summary>Gets the tasks whose end no host saw, separated by commas; null where there are none.</summary>
    public string? Unknown { get; init; }

    /// <summary>Returns the firing as the run of its tasks is; a run without tasks works.</summary>
    public Firing Of(Firing firing) => !firing.HasTasks ? firing : firing with
    {
        State = IsWaiting ? FiringState.Waiting : FiringState.Running,
        WantsPlace = WantsPlace,
        Unknown = Unknown,
        Reason = Reason,
    };
}
