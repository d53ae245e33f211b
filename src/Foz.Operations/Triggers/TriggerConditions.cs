using Foz.Lake.Catalog;
using Foz.Lake.Tables;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Triggers;

/// <summary>
/// Looks for what conditions wait for, beside the thread that asks: a source that is slow to answer delays no other
/// schedule. For one asking thread.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">Gives the current project; null where it was not read.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class TriggerConditions(Lakehouse lake, Func<Project?> project, Action<string> report)
{
    // A look costs at most a hundredth of the time.
    const int RestsPerLook = 100;

    static readonly TimeSpan retryInterval = TimeSpan.FromMinutes(1), restMin = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, Watch> watches = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns what was found last; null where the condition does not hold, or was not looked at yet.
    /// </summary>
    /// <param name="condition">The condition.</param>
    /// <param name="isBusy">Whether a run that it made has not ended: it may change what is looked for.</param>
    public TriggerMark? Find(ScheduleTrigger.Condition condition, bool isBusy)
    {
        if (!watches.TryGetValue(condition.Text, out var watch))
            watches[condition.Text] = watch = new(LookOf(condition));
        if (watch.Look is { IsCompleted: true } ended)
        {
            watch.Look = null;
            Check(ended, watch, condition);
            watch.Found = watch.IsStale || ended.IsFaulted ? null : watch.Seen;
            watch.IsStale = false;
        }
        if (isBusy)
        {
            (watch.Found, watch.IsStale, watch.NextAt) = (null, watch.Look is not null, lake.Clock.GetUtcNow());
            return null;
        }
        if (watch.Look is null && lake.Clock.GetUtcNow() >= watch.NextAt && project() is { } current)
            watch.Look = Task.Run(() => LookAsync(watch, current));
        return watch.Found;
    }

    /// <summary>Reports a look that failed, once, and the first that does not after it.</summary>
    void Check(Task ended, Watch watch, ScheduleTrigger.Condition condition)
    {
        if (ended.Exception?.InnerException is not { } fault)
        {
            if (watch.LastError is not null) report($"{condition.Text}: it is looked for again");
            watch.LastError = null;
            return;
        }
        watch.NextAt = lake.Clock.GetUtcNow() + retryInterval;
        var message = DeltaErrors.Find(fault)?.Message ?? fault.Message;
        if (message != watch.LastError) report($"{condition.Text}: {message}");
        watch.LastError = message;
    }

    async Task LookAsync(Watch watch, Project current)
    {
        var startedAt = lake.Clock.GetTimestamp();
        (watch.Seen, var rest) = await watch.Condition(current);
        var took = lake.Clock.GetElapsedTime(startedAt);
        var least = RestAfter(took, watch.Took);
        watch.Took = took;
        watch.NextAt = lake.Clock.GetUtcNow() + (rest > least ? rest : least);
    }

    /// <summary>Returns how long to rest at least.</summary>
    /// <param name="took">How long the look took.</param>
    /// <param name="before">
    /// How long the look before it took; null for the first. One slow look, as on a machine that is busy or has just
    /// started, makes no long rest.
    /// </param>
    internal static TimeSpan RestAfter(TimeSpan took, TimeSpan? before)
    {
        var usual = before is not { } other ? TimeSpan.Zero : other < took ? other : took;
        return usual * RestsPerLook > restMin ? usual * RestsPerLook : restMin;
    }

    Func<Project, Task<(TriggerMark? Mark, TimeSpan RestFor)>> LookOf(ScheduleTrigger.Condition condition) =>
        condition switch
        {
            ScheduleTrigger.NewFiles files => new FileCondition(lake, files.Streams).LookAsync,
            ScheduleTrigger.Stale stale => new AgeCondition(lake, stale).LookAsync,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>A condition, and what was seen of it.</summary>
    sealed class Watch(Func<Project, Task<(TriggerMark? Mark, TimeSpan RestFor)>> condition)
    {
        public Func<Project, Task<(TriggerMark? Mark, TimeSpan RestFor)>> Condition => condition;

        public Task? Look { get; set; }

        /// <summary>What the look that ended last saw.</summary>
        public TriggerMark? Seen { get; set; }

        public TriggerMark? Found { get; set; }

        /// <summary>Whether what is looked at may have changed since the look began.</summary>
        public bool IsStale { get; set; }

        public DateTimeOffset NextAt { get; set; }

        /// <summary>How long the last look took; null before the first.</summary>
        public TimeSpan? Took { get; set; }

        public string? LastError { get; set; }
    }
}
