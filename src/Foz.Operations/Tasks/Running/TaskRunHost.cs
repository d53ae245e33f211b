using Foz.Lake;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Operations.Triggers;

namespace Foz.Operations.Tasks.Running;

/// <summary>Runs firings that have tasks; those of commands go on to another host of runs.</summary>
/// <param name="commands">Runs the commands of other firings.</param>
/// <param name="context">What the tasks of all firings share.</param>
/// <param name="current">Gives the schedules as they are now.</param>
/// <param name="leads">Whether this host leads still.</param>
sealed class TaskRunHost(
    IRunHost commands, TaskRunContext context, Func<ProjectSchedules> current,
    Func<CancellationToken, ValueTask<bool>> leads) : IRunHost, IAsyncDisposable
{
    readonly Dictionary<string, TaskRun> runs = new(StringComparer.Ordinal);
    (ProjectSchedules Of, Dictionary<string, TaskGraph?> Graphs) known = (ProjectSchedules.None, []);

    /// <inheritdoc/>
    public async Task AskAsync(Firing firing, CancellationToken cancellationToken)
    {
        if (!firing.HasTasks)
        {
            await commands.AskAsync(firing, cancellationToken);
            return;
        }
        if (firing.State is FiringState.Running)
        {
            await FindAsync(firing, cancellationToken);
            return;
        }
        if (GraphOf(firing) is not { } graph) return;
        var origin = firing.Origin is { } id ? await context.Store.FindAsync(id, cancellationToken) : null;
        var due = origin?.Tasks.Due ?? firing.Due;
        await context.Store.AddAsync(
            new()
            {
                Firing = firing.Id, Due = due, Host = context.Host,
                Parameters = origin?.Tasks.Parameters
                    ?? context.ParametersOf(firing.Schedule, firing.Id, due, graph),
                Tasks = TaskFlow.Open(graph, firing.From, origin?.Tasks),
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunProgress> FindAsync(Firing firing, CancellationToken cancellationToken)
    {
        if (!firing.HasTasks) return await commands.FindAsync(firing, cancellationToken);
        TaskRun? run;
        try
        {
            run = await RunOfAsync(firing, cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data)
        {
            // One that cannot be read must not keep others from working.
            return new(context.Clock.GetUtcNow(), ExitCode: null, e.Message);
        }
        if (run is null)
            return new(context.Clock.GetUtcNow(), ExitCode: null, "its tasks were removed from the lake");
        try
        {
            await run.StepAsync(GraphOf(firing), firing.State is FiringState.Running, cancellationToken);
            // Until it succeeds, the firing has not ended.
            if (run.Tasks.HasEnded) await context.Ended(run.Tasks, cancellationToken);
        }
        finally
        {
            if (run.IsLost || run.Tasks.HasEnded) await ForgetAsync(firing.Id, run);
        }
        return ProgressOf(run);
    }

    /// <inheritdoc/>
    public async Task CancelAsync(Firing firing, CancellationToken cancellationToken)
    {
        if (!firing.HasTasks) await commands.CancelAsync(firing, cancellationToken);
        else if (await RunOfAsync(firing, cancellationToken) is { } run)
            await run.CancelAsync("the firing was canceled, or took too long", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DecideAsync(Firing firing, TaskDecision decision, CancellationToken cancellationToken) =>
        // What a host that leads no more knows of the task may be old.
        await leads(cancellationToken) && (await RunOfAsync(firing, cancellationToken) is not { } run
            || await run.DecideAsync(decision, cancellationToken));

    /// <inheritdoc/>
    public Task<long?> FindVersionAsync(string table, CancellationToken cancellationToken) =>
        commands.FindVersionAsync(table, cancellationToken);

    /// <inheritdoc/>
    public TriggerMark? FindMark(ScheduleTrigger.Condition condition, bool isBusy) =>
        commands.FindMark(condition, isBusy);

    /// <inheritdoc/>
    public Task SweepAsync(DateTimeOffset limit, CancellationToken cancellationToken) => context.Store.SweepAsync(
        Firing.BatchOf(limit), runs.ContainsKey, cancellationToken);

    /// <summary>Stops what works here; the next host finds in the lake what it was.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var run in runs.Values) await run.DisposeAsync();
        runs.Clear();
        context.Dispose();
    }

    TaskGraph? GraphOf(Firing firing)
    {
        if (current() is var schedules && !ReferenceEquals(schedules, known.Of))
            known = (schedules, schedules.All.ToDictionary(
                schedule => schedule.Name, schedule => schedule.Tasks, StringComparer.Ordinal));
        return known.Graphs.GetValueOrDefault(firing.Schedule);
    }

    async Task ForgetAsync(string id, TaskRun run)
    {
        runs.Remove(id);
        await run.DisposeAsync();
    }

    /// <summary>Returns a firing's tasks as this host works on them; takes them over from another host.</summary>
    async Task<TaskRun?> RunOfAsync(Firing firing, CancellationToken cancellationToken)
    {
        if (runs.TryGetValue(firing.Id, out var run)) return run;
        if (await context.Store.FindAsync(firing.Id, cancellationToken) is not { } stored) return null;
        if (stored.Tasks.Host != context.Host)
        {
            if (!await leads(cancellationToken))
                throw new FozException(ErrorKind.Conflict, "another host leads");
            stored = await TakeOverAsync(firing, stored, cancellationToken);
        }
        return runs[firing.Id] = new(context, firing.Schedule, stored);
    }

    async Task<StoredTasks> TakeOverAsync(Firing firing, StoredTasks stored, CancellationToken cancellationToken)
    {
        var graph = GraphOf(firing);
        foreach (var task in stored.Tasks.Tasks.Where(task => task.State is TaskState.Running))
            if (graph?.Find(task.Name) is { } definition)
                context.Work.EndRemains(context.AttemptOf(firing.Schedule, stored.Tasks, graph, definition));
        var mine = stored.Tasks with
        {
            Host = context.Host,
            Tasks = [.. stored.Tasks.Tasks.Select(task => TaskFlow.TakeOver(task, graph?.Find(task.Name)))],
        };
        var written = await context.Store.ReplaceAsync(mine, stored.ETag, cancellationToken)
            ?? throw new FozException(ErrorKind.Conflict, $"another host works on the tasks of {firing.Id}");
        foreach (var task in mine.Tasks.Where(task => task.State is TaskState.Unknown))
            context.Report(
                $"{firing.Id}: no host saw the end of {task.Name}; foz schedule resolve {firing.Id} {task.Name}");
        return written;
    }

    static RunProgress ProgressOf(TaskRun run)
    {
        var tasks = run.Tasks.Tasks;
        if (run.Tasks.HasEnded)
        {
            var failed = tasks.Where(task => task.HasFailed && !task.IsReused).ToList();
            return new(
                tasks.Max(task => task.EndedAt) ?? DateTimeOffset.MinValue, failed.Count == 0 ? 0 : 1,
                failed.Count == 0 ? null : string.Join("; ", failed.Take(3).Select(ReasonOf)));
        }
        var unknown = tasks.Where(task => task.State is TaskState.Unknown).Select(task => task.Name).ToList();
        var wait = run.Works ? null
            : run.HasGraph ? WaitOf(tasks)
            : "its schedule is not in foz.yml, or has a mistake, or has no tasks any more";
        return new(EndedAt: null, ExitCode: null, wait)
        {
            IsWaiting = !run.Works, WantsPlace = run.WantsPlace,
            Unknown = unknown.Count == 0 ? null : string.Join(", ", unknown),
        };
    }

    static string ReasonOf(TaskRecord task) =>
        $"{task.Name} {TaskFlow.Words(task.State)}{(task.Reason is { } reason ? $": {reason}" : "")}";

    /// <summary>Returns what a firing waits for in a few words; null where it only waits for its turn.</summary>
    static string? WaitOf(IReadOnlyList<TaskRecord> tasks)
    {
        var waits = tasks.Where(task => task.State is TaskState.Unknown or TaskState.Approval or TaskState.Sensing)
            .OrderByDescending(task => task.State).Select(task => task.State switch
            {
                TaskState.Unknown => $"{task.Name}: unknown, foz schedule resolve",
                TaskState.Approval => $"{task.Name}: waiting for approval",
                _ => $"{task.Name}: {(task.Kind == TaskKeys.Sensor ? "sensing" : task.Kind)}",
            }).ToList();
        return waits.Count == 0 ? null : string.Join("; ", waits.Take(3));
    }
}
