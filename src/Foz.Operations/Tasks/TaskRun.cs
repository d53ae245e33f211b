using Foz.Lake;
using Foz.Storage;

namespace Foz.Operations.Tasks;

/// <summary>
/// The tasks of one firing while this host works on them. What it is about to start is written to the lake first, so
/// that a host that takes over knows what may have run. For one thread; what works in the background only gives its
/// end.
/// </summary>
/// <param name="context">What all firings of this host share.</param>
/// <param name="schedule">The schedule's name.</param>
/// <param name="stored">The tasks as the lake has them, with this host's name.</param>
sealed class TaskRun(TaskRunContext context, string schedule, StoredTasks stored) : IAsyncDisposable
{
    // A graph may have a thousand tasks that could start at once.
    const int WorkingMax = 8;

    // Between the note that a task starts and its start another host may take over, if this process stands still.
    static readonly TimeSpan startMax = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, (Task<TaskEnd> End, CancellationTokenSource Stop)> working =
        new(StringComparer.Ordinal);

    readonly Dictionary<string, Task<SensorLook>> looking = new(StringComparer.Ordinal);
    readonly Dictionary<string, DateTimeOffset> nextLook = new(StringComparer.Ordinal);
    readonly CancellationTokenSource stop = new();
    StoredTasks stored = stored;
    TaskGraph? graph;

    TimeProvider Clock => context.Clock;

    /// <summary>Gets the tasks.</summary>
    public FiringTasks Tasks => stored.Tasks;

    /// <summary>Gets whether a task that works is ready to start, or an attempt is due.</summary>
    public bool WantsPlace { get; private set; }

    /// <summary>Gets whether it is known what its tasks do.</summary>
    public bool HasGraph => graph is not null;

    /// <summary>Gets whether a task works.</summary>
    public bool Works => working.Count > 0;

    /// <summary>Gets whether another host has written its name: nothing more is to be done here.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Moves the tasks on as far as it is possible now.</summary>
    /// <param name="current">The graph of the schedule as it is now; a firing keeps the first that it got.</param>
    /// <param name="mayWork">Whether the firing has a place to work.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Another host changed the tasks.</exception>
    public async Task StepAsync(TaskGraph? current, bool mayWork, CancellationToken cancellationToken)
    {
        graph ??= current;
        var now = Clock.GetUtcNow();
        var collected = working.Where(entry => entry.Value.End.IsCompleted).Select(entry => entry.Key).ToList();
        var next = await CollectAsync(stored.Tasks, collected, now);
        for (var moved = TaskFlow.Move(next, graph, now); !ReferenceEquals(moved, next); next = moved,
            moved = TaskFlow.Move(next, graph, now)) { }
        var resumed = next.Tasks.Where(task => task.State is TaskState.Running && !working.ContainsKey(task.Name))
            .ToList();
        List<TaskDefinition> starts = graph is null ? [] :
        [
            .. TaskFlow.FindStarts(next, graph, now)
                .Take(WorkingMax - resumed.Count - working.Count + collected.Count),
        ];
        WantsPlace = starts.Count > 0 || resumed.Count > 0;
        if (mayWork)
        {
            WantsPlace = false;
            foreach (var task in starts) next = next.With(TaskFlow.Start(next.Find(task.Name)!, context.Host, now));
            // A note whose answer was lost is written again: it holds only while no other host has taken over.
            foreach (var task in resumed.Where(task => task.Host == context.Host))
                next = next.With(task with { AttemptedAt = now });
        }
        var since = Clock.GetTimestamp();
        if (!await WriteAsync(next, cancellationToken)) return;
        Release(collected);
        if (mayWork)
        {
            if (starts.Count > 0) Failpoint.Hit("task.intended");
            foreach (var task in starts) Begin(task, since);
            foreach (var task in resumed) Resume(task, since);
        }
        foreach (var task in next.Tasks)
            if (task.State is TaskState.Sensing) Look(task, now);
    }

    /// <summary>Applies a decision; one that does not fit any more changes nothing.</summary>
    /// <returns>Whether it was written, or changes nothing; otherwise it is to be applied again.</returns>
    public async Task<bool> DecideAsync(TaskDecision decision, CancellationToken cancellationToken) =>
        Tasks.Find(decision.Task) is not { } task || decision.Apply(task) is not { } changed
            || ReferenceEquals(changed, task) || await WriteAsync(Tasks.With(changed), cancellationToken);

    /// <summary>Keeps tasks from starting, and stops those that work.</summary>
    public async Task CancelAsync(string reason, CancellationToken cancellationToken)
    {
        if (Tasks.Canceled is null) await WriteAsync(Tasks with { Canceled = reason }, cancellationToken);
        foreach (var (_, work) in working) await work.Stop.CancelAsync();
    }

    /// <summary>Stops all that works here; the tasks stay as the lake has them, for the next host.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        foreach (var (_, work) in working) await work.Stop.CancelAsync();
        await Task.WhenAll([.. working.Values.Select(work => work.End), .. looking.Values])
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (_, work) in working) work.Stop.Dispose();
        stop.Dispose();
    }

    /// <summary>Notes what has ended.</summary>
    async Task<FiringTasks> CollectAsync(FiringTasks tasks, List<string> collected, DateTimeOffset now)
    {
        foreach (var name in collected)
            if (tasks.Find(name) is { State: TaskState.Running } task)
                tasks = tasks.With(TaskFlow.End(
                    task, graph?.Find(name), await EndOfAsync(working[name].End), tasks.Canceled is not null, now));
        foreach (var (name, look) in looking.Where(entry => entry.Value.IsCompleted).ToList())
        {
            looking.Remove(name);
            if (tasks.Find(name) is not { State: TaskState.Sensing } task) continue;
            var seen = look.IsCompletedSuccessfully ? await look : new(IsThere: false, look.Exception?.Message);
            if (seen.IsThere)
                tasks = tasks.With(task with { State = TaskState.Succeeded, EndedAt = now, Reason = seen.Text });
            else if (seen.Text != task.Reason) tasks = tasks.With(task with { Reason = seen.Text });
        }
        return tasks;
    }

    /// <summary>Forgets what ended, once the lake has its end.</summary>
    void Release(List<string> collected)
    {
        foreach (var name in collected)
            if (working.Remove(name, out var work)) work.Stop.Dispose();
    }

    static async Task<TaskEnd> EndOfAsync(Task<TaskEnd> work) =>
        work.IsCompletedSuccessfully ? await work
        : work.IsCanceled ? TaskEnd.Failed("it was stopped")
        : TaskEnd.Failed(work.Exception!.GetBaseException().Message);

    void Begin(TaskDefinition task, long since)
    {
        // What stood still for so long may have been taken over: the next host finds the note.
        if (Clock.GetElapsedTime(since) > startMax)
            throw new FozException(
                ErrorKind.Conflict, $"{Tasks.Firing}: the note that {task.Name} starts took too long");
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        working[task.Name] = (context.Work.RunAsync(AttemptOf(task), source.Token), source);
    }

    void Resume(TaskRecord task, long since)
    {
        if (graph?.Find(task.Name) is not { } definition) return;
        // Of this host's own note, whose answer was lost, nothing has begun.
        if (task.Host == context.Host)
        {
            Begin(definition, since);
            return;
        }
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        working[task.Name] = (context.Work.ResumeAsync(AttemptOf(definition), source.Token), source);
    }

    void Look(TaskRecord task, DateTimeOffset now)
    {
        if (looking.ContainsKey(task.Name) || graph?.Find(task.Name) is not { Action: TaskAction.Sensor sensor } found)
            return;
        // A clock that is set back must not silence a sensor.
        if (nextLook.TryGetValue(task.Name, out var at) && now < at && at - now <= sensor.Interval) return;
        nextLook[task.Name] = now + sensor.Interval;
        looking[task.Name] = context.LookAsync(AttemptOf(found), stop.Token);
    }

    /// <summary>Returns an attempt of a task as the lake has it.</summary>
    TaskAttempt AttemptOf(TaskDefinition task) =>
        context.AttemptOf(schedule, Tasks, graph!, task) with { Leaving = stop.Token };

    /// <returns>Whether the tasks were written; false where this host's own earlier write came to light.</returns>
    /// <exception cref="FozException">Another host works on the tasks.</exception>
    async Task<bool> WriteAsync(FiringTasks next, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(next, stored.Tasks)) return true;
        if (await context.Store.ReplaceAsync(next, stored.ETag, cancellationToken) is { } written)
        {
            stored = written;
            return true;
        }
        if (await context.Store.FindAsync(next.Firing, cancellationToken) is { } present
            && present.Tasks.Host == context.Host)
        {
            stored = present;
            return false;
        }
        IsLost = true;
        throw new FozException(ErrorKind.Conflict, $"another host works on the tasks of {next.Firing}");
    }
}
