using System.Text.Json.Serialization;

namespace Foz.Operations.Tasks;

/// <summary>How far a task of a firing is.</summary>
public enum TaskState
{
    /// <summary>It waits for other tasks, or for its turn.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>A host has written that it starts it: it may have begun, and may have ended.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>A sensor looks for what it waits for.</summary>
    [JsonStringEnumMemberName("sensing")]
    Sensing,

    /// <summary>It waits for a person to approve or reject it.</summary>
    [JsonStringEnumMemberName("waiting_for_approval")]
    Approval,

    /// <summary>An attempt failed; it waits for the next.</summary>
    [JsonStringEnumMemberName("retrying")]
    Retrying,

    /// <summary>Its host ended while it ran, so that no host saw its end; it waits for a person.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>It succeeded.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>It failed, or was rejected.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It took longer than its time, and was stopped.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,

    /// <summary>What it is after did not end as it must.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>The firing was canceled.</summary>
    [JsonStringEnumMemberName("canceled")]
    Canceled,
}

/// <summary>A task of a firing, as the lake has it.</summary>
public sealed record TaskRecord
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets its kind, such as <c>shell</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Gets the tasks that it is after.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Gets how far it is.</summary>
    public TaskState State { get; init; }

    /// <summary>Gets who may decide on an approval: users, and <c>group:name</c>; empty for anyone.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>Gets how many attempts were to begin.</summary>
    public int Attempts { get; init; }

    /// <summary>Gets the host that wrote that it starts the last attempt; null before.</summary>
    public string? Host { get; init; }

    /// <summary>Gets when the first attempt, or its wait, began; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Gets when the last attempt began; null before.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>Gets when the next attempt begins; null unless one failed.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Gets when it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Gets the exit code, or the status of HTTP; null where there is none.</summary>
    public int? Code { get; init; }

    /// <summary>Gets why it ended as it did, or what it waits for; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>Gets the user who decided on it; null where no user did.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>Gets its outputs.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets whether its end is that of the firing which this one runs again.</summary>
    public bool IsReused { get; init; }

    /// <summary>Gets whether it has ended.</summary>
    [JsonIgnore]
    public bool HasEnded => State >= TaskState.Succeeded;

    /// <summary>Gets whether it ended without success, other than by being skipped.</summary>
    [JsonIgnore]
    public bool HasFailed => State is TaskState.Failed or TaskState.TimedOut or TaskState.Canceled;
}

/// <summary>
/// The tasks of a firing: <c>_foz/tasks/&lt;project&gt;.&lt;environment&gt;/&lt;firing&gt;.json</c>. Only the host that
/// it names changes it; a host that takes over writes its own name first.
/// </summary>
public sealed record FiringTasks
{
    /// <summary>Gets the firing.</summary>
    public required string Firing { get; init; }

    /// <summary>Gets when the firing was due; of one that runs another again, when that was.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>Gets the host that changes it.</summary>
    public required string Host { get; init; }

    /// <summary>Gets the values of parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the tasks, each after those that it follows.</summary>
    public required IReadOnlyList<TaskRecord> Tasks { get; init; }

    /// <summary>Gets why tasks that have not begun are not to; null where they are.</summary>
    public string? Canceled { get; init; }

    /// <summary>Gets whether all of its tasks have ended.</summary>
    [JsonIgnore]
    public bool HasEnded => Tasks.All(task => task.HasEnded);

    /// <summary>Returns a task; null where there is none of the name.</summary>
    public TaskRecord? Find(string name) => Tasks.FirstOrDefault(task => task.Name == name);

    /// <summary>Returns the record with another state of a task.</summary>
    internal FiringTasks With(TaskRecord changed) =>
        this with { Tasks = [.. Tasks.Select(task => task.Name == changed.Name ? changed : task)] };
}

/// <summary>What a person decided about a task.</summary>
public enum TaskVerdict
{
    /// <summary>An approval is given.</summary>
    [JsonStringEnumMemberName("approved")]
    Approved,

    /// <summary>An approval is refused.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>A task whose end no host saw had succeeded.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>A task whose end no host saw had failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>A task whose end no host saw runs again.</summary>
    [JsonStringEnumMemberName("again")]
    Again,
}

/// <summary>A decision of a person, on its way to the host.</summary>
/// <param name="Firing">The firing.</param>
/// <param name="Task">The task.</param>
/// <param name="Attempt">The attempt that it is about, so that a decision counts once.</param>
/// <param name="Verdict">The decision.</param>
/// <param name="By">The user.</param>
/// <param name="Comment">What the user says; null for nothing.</param>
/// <param name="At">When.</param>
public sealed record TaskDecision(
    string Firing, string Task, int Attempt, TaskVerdict Verdict, string By, string? Comment, DateTimeOffset At)
{
    /// <summary>Returns the task as it is after the decision; the same where it waits for none any more.</summary>
    internal TaskRecord Apply(TaskRecord task)
    {
        var isApproval = Verdict is TaskVerdict.Approved or TaskVerdict.Rejected;
        if (task.Attempts != Attempt || task.State != (isApproval ? TaskState.Approval : TaskState.Unknown))
            return task;
        var reason = $"{VerdictText} by {By}{(Comment is { Length: > 0 } ? $": {Comment}" : "")}";
        return Verdict is TaskVerdict.Again
            ? task with { State = TaskState.Waiting, Reason = reason, DecidedBy = By }
            : task with
            {
                State = Verdict is TaskVerdict.Approved or TaskVerdict.Succeeded
                    ? TaskState.Succeeded
                    : TaskState.Failed,
                EndedAt = At,
                Reason = reason,
                DecidedBy = By,
            };
    }

    string VerdictText => Verdict switch
    {
        TaskVerdict.Approved => "approved",
        TaskVerdict.Rejected => "rejected",
        TaskVerdict.Succeeded => "noted as succeeded",
        TaskVerdict.Failed => "noted as failed",
        _ => "started again",
    };
}
