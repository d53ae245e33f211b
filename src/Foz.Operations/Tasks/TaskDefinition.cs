using Foz.Lake;

namespace Foz.Operations.Tasks;

/// <summary>A named task of a schedule: what it does, and after which others.</summary>
public sealed record TaskDefinition
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets where it is written.</summary>
    public required Place Place { get; init; }

    /// <summary>Gets what it does.</summary>
    public required TaskAction Action { get; init; }

    /// <summary>Gets the tasks that must have ended before it starts.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Gets how they must have ended; else it is skipped.</summary>
    public TaskCondition When { get; init; }

    /// <summary>
    /// Gets after how long an attempt is stopped; of a sensor and an approval, after how long it fails.
    /// </summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Gets how often it is tried again after it failed.</summary>
    public int Retries { get; init; }

    /// <summary>Gets how long after a failure that is; each next one waits twice as long, at most an hour.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets whether it starts again where its host ended while it ran: it may run twice.</summary>
    public bool RetriesOnTakeOver { get; init; }

    /// <summary>Gets whether it only waits: for a person, or for something to be there.</summary>
    public bool IsWait => Action is TaskAction.Sensor or TaskAction.Approval;
}

/// <summary>How the tasks before a task must have ended.</summary>
public enum TaskCondition
{
    /// <summary>All of them succeeded.</summary>
    Success,

    /// <summary>At least one failed.</summary>
    Failure,

    /// <summary>Either.</summary>
    Any,
}

/// <summary>The tasks of a schedule, as a graph without circles.</summary>
public sealed record TaskGraph
{
    /// <summary>Gets the parameters of each firing, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, TaskText>> Parameters { get; init; } = [];

    /// <summary>Gets the tasks: each follows those that it is after.</summary>
    public required IReadOnlyList<TaskDefinition> Tasks { get; init; }

    /// <summary>Gets the time zone in which moments are written.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Returns a task; null where there is none of the name.</summary>
    public TaskDefinition? Find(string name) => Tasks.FirstOrDefault(task => task.Name == name);

    /// <summary>Returns some tasks and all that are after them, directly or not.</summary>
    public IReadOnlySet<string> DownstreamOf(IEnumerable<string> names)
    {
        var found = names.ToHashSet(StringComparer.Ordinal);
        foreach (var task in Tasks)
            if (task.After.Any(found.Contains)) found.Add(task.Name);
        return found;
    }
}
