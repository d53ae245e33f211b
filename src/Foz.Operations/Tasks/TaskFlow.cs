using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>What the tasks of a firing do next: a function of their states, the graph and the time.</summary>
static class TaskFlow
{
    static readonly TimeSpan retryDelayMax = TimeSpan.FromHours(1);

    /// <summary>Returns the tasks of a new firing.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="from">The tasks from which another firing is run again; empty for all.</param>
    /// <param name="origin">That firing's tasks; null where there is none.</param>
    public static IReadOnlyList<TaskRecord> Open(TaskGraph graph, IReadOnlyList<string> from, FiringTasks? origin)
    {
        var again = from.Count == 0 ? null : graph.DownstreamOf(from);
        return [.. graph.Tasks.Select(task => new TaskRecord
        {
            Name = task.Name, Kind = task.Action.Kind, After = task.After,
            By = (task.Action as TaskAction.Approval)?.By ?? [],
        }).Select(task => again?.Contains(task.Name) is not false ? task : Reuse(task, origin?.Find(task.Name)))];
    }

    static TaskRecord Reuse(TaskRecord task, TaskRecord? before) => before is { HasEnded: true }
        ? before with { After = task.After, IsReused = true }
        : task with { State = TaskState.Skipped, Reason = "it is not part of what runs again", IsReused = true };

    /// <summary>Moves tasks on that wait: some are skipped, begin to wait for a person, or take too long.</summary>
    /// <returns>The tasks then: the same object where nothing moves.</returns>
    public static FiringTasks Move(FiringTasks firing, TaskGraph? graph, DateTimeOffset now)
    {
        foreach (var task in firing.Tasks)
            if (Move(firing, task, graph?.Find(task.Name), now) is var moved && !ReferenceEquals(moved, task))
                firing = firing.With(moved);
            else if (graph is not null && !task.HasEnded && graph.Find(task.Name) is null
                && task.State is not TaskState.Running)
                firing = firing.With(task with
                {
                    State = TaskState.Canceled,
                    EndedAt = now,
                    Reason = "the task is not in foz.yml any more",
                });
        return firing;
    }

    static TaskRecord Move(FiringTasks firing, TaskRecord task, TaskDefinition? definition, DateTimeOffset now)
    {
        if (task.HasEnded || task.State is TaskState.Running) return task;
        if (firing.Canceled is { } reason)
            return task with { State = TaskState.Canceled, EndedAt = now, Reason = reason };
        if (definition is null) return task;
        if (task.State is TaskState.Sensing or TaskState.Approval)
            return now - task.StartedAt <= definition.Timeout ? task : task with
            {
                State = TaskState.TimedOut,
                EndedAt = now,
                Reason = task.State is TaskState.Approval
                    ? $"no one decided within {Duration.Describe(definition.Timeout)}"
                    : $"it was not there within {Duration.Describe(definition.Timeout)}",
            };
        if (task.State is not TaskState.Waiting || !AreOver(firing, definition)) return task;
        if (Hindrance(firing, definition) is { } hindrance)
            return task with { State = TaskState.Skipped, EndedAt = now, Reason = hindrance };
        return definition.IsWait
            ? task with
            {
                State = definition.Action is TaskAction.Approval ? TaskState.Approval : TaskState.Sensing,
                StartedAt = now,
                Attempts = task.Attempts + 1,
            }
            : task;
    }

    /// <summary>Finds the tasks that may start to work now.</summary>
    public static IEnumerable<TaskDefinition> FindStarts(FiringTasks firing, TaskGraph graph, DateTimeOffset now) =>
        from task in firing.Tasks
        where task.State is TaskState.Waiting || (task.State is TaskState.Retrying && task.RetryAt <= now)
        let definition = graph.Find(task.Name)
        where definition is { IsWait: false } && AreOver(firing, definition)
            && Hindrance(firing, definition) is null && firing.Canceled is null
        select definition;

    /// <summary>Returns a task as it is written before an attempt starts.</summary>
    public static TaskRecord Start(TaskRecord task, string host, DateTimeOffset now) => task with
    {
        State = TaskState.Running,
        Attempts = task.Attempts + 1,
        Host = host,
        StartedAt = task.StartedAt ?? now,
        AttemptedAt = now,
        RetryAt = null,
        Reason = null,
        Code = null,
    };

    /// <summary>Returns a task as it is after an attempt ended.</summary>
    public static TaskRecord End(
        TaskRecord task, TaskDefinition? definition, TaskEnd end, bool isCanceled, DateTimeOffset now)
    {
        var ended = task with
        {
            State = end.State,
            EndedAt = now,
            Code = end.Code,
            Reason = end.Reason,
            Outputs = end.Outputs,
        };
        if (end.State is TaskState.Succeeded) return ended;
        if (end.State is TaskState.Unknown && !isCanceled)
            return definition?.RetriesOnTakeOver is true ? Again(task) : Unknown(task);
        if (isCanceled) return ended with { State = TaskState.Canceled };
        if (definition is null || task.Attempts > definition.Retries) return ended;
        var wait = definition.RetryDelay * Math.Pow(2, Math.Min(task.Attempts - 1, 20));
        return ended with
        {
            State = TaskState.Retrying,
            EndedAt = null,
            RetryAt = now + (wait < retryDelayMax ? wait : retryDelayMax),
        };
    }

    /// <summary>
    /// Returns a task that another host was at: its end is unknown, unless it may start again, or it goes on.
    /// </summary>
    public static TaskRecord TakeOver(TaskRecord task, TaskDefinition? definition)
    {
        if (task.State is not TaskState.Running) return task;
        if (definition?.Action is TaskAction.Run or TaskAction.Container) return task;
        return definition?.RetriesOnTakeOver is true ? Again(task) : Unknown(task);
    }

    static TaskRecord Again(TaskRecord task) =>
        task with { State = TaskState.Waiting, Reason = "its host ended while it ran; it starts again" };

    /// <summary>Returns a task of which no host saw the end.</summary>
    public static TaskRecord Unknown(TaskRecord task) => task with
    {
        State = TaskState.Unknown,
        Reason = "its host ended while it ran, so that its end is unknown",
    };

    static bool AreOver(FiringTasks firing, TaskDefinition definition) =>
        definition.After.All(name => firing.Find(name) is not { HasEnded: false });

    /// <summary>Returns why a task is skipped; null where it is not.</summary>
    static string? Hindrance(FiringTasks firing, TaskDefinition definition)
    {
        var before = definition.After.Select(firing.Find).OfType<TaskRecord>().ToList();
        return definition.When switch
        {
            TaskCondition.Success => before.Find(task => task.State is not TaskState.Succeeded) is { } other
                ? $"{other.Name} {Words(other.State)}"
                : null,
            TaskCondition.Failure => before.Exists(task => task.HasFailed) ? null : "nothing before it failed",
            _ => null,
        };
    }

    /// <summary>Returns a state in words.</summary>
    public static string Words(TaskState state) => state switch
    {
        TaskState.Approval => "waiting for approval",
        TaskState.Sensing => "waiting for it",
        TaskState.TimedOut => "timed out",
        TaskState.Skipped => "was skipped",
        TaskState.Canceled => "was canceled",
        _ => state.ToString().ToLowerInvariant(),
    };
}

/// <summary>How an attempt of a task ended.</summary>
/// <param name="State">Succeeded, failed, timed out, or unknown.</param>
/// <param name="Code">The exit code, or the status of HTTP; null where there is none.</param>
/// <param name="Reason">Why it ended so; null where there is nothing to say.</param>
sealed record TaskEnd(TaskState State, int? Code = null, string? Reason = null)
{
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();

    public static TaskEnd Failed(string reason, int? code = null) => new(TaskState.Failed, code, reason);
}
