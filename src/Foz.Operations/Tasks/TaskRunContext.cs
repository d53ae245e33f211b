namespace Foz.Operations.Tasks;

/// <summary>What the tasks of all firings of a host share.</summary>
sealed class TaskRunContext : IDisposable
{
    const int LooksMax = 16;

    readonly SemaphoreSlim looks = new(LooksMax);

    /// <summary>Gets the host, of its own among all that ever work.</summary>
    public required string Host { get; init; }

    /// <summary>Gets where the tasks of firings are.</summary>
    public required TaskStore Store { get; init; }

    /// <summary>Gets what does the work.</summary>
    public required ITaskWork Work { get; init; }

    /// <summary>Gets the time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Gets what takes what an operator should see.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>Gets what takes the tasks of a firing once all of them have ended; perhaps more than once.</summary>
    public Func<FiringTasks, CancellationToken, Task> Ended { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Gets the project's name.</summary>
    public required string Project { get; init; }

    /// <summary>Gets the environment.</summary>
    public required string Environment { get; init; }

    /// <summary>Looks for what a sensor waits for; a few of them at once, however many wait.</summary>
    public async Task<SensorLook> LookAsync(TaskAttempt attempt, CancellationToken cancellationToken)
    {
        await looks.WaitAsync(cancellationToken);
        try
        {
            return await Work.LookAsync(attempt, cancellationToken);
        }
        finally
        {
            looks.Release();
        }
    }

    /// <summary>Returns the values of a firing's parameters.</summary>
    public Dictionary<string, string> ParametersOf(
        string schedule, string firing, DateTimeOffset due, TaskGraph graph)
    {
        var scope = new TaskScope
        {
            Due = TimeZoneInfo.ConvertTime(due, graph.TimeZone), Values = CommonValues(schedule, firing),
        };
        return graph.Parameters.ToDictionary(
            parameter => parameter.Key, parameter => parameter.Value.Fill(scope), StringComparer.Ordinal);
    }

    /// <summary>Returns an attempt of a task as the lake has it.</summary>
    public TaskAttempt AttemptOf(string schedule, FiringTasks tasks, TaskGraph graph, TaskDefinition task)
    {
        var number = tasks.Find(task.Name)!.Attempts;
        var values = CommonValues(schedule, tasks.Firing);
        foreach (var (name, value) in tasks.Parameters) values[name] = value;
        values["task"] = task.Name;
        values["attempt"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new(
            tasks.Firing, task, number,
            new()
            {
                Due = TimeZoneInfo.ConvertTime(tasks.Due, graph.TimeZone), Values = values,
                Outputs = tasks.Tasks.ToDictionary(
                    other => other.Name, other => other.Outputs, StringComparer.Ordinal),
            },
            graph.TimeZone);
    }

    /// <inheritdoc/>
    public void Dispose() => looks.Dispose();

    Dictionary<string, string> CommonValues(string schedule, string firing) => new(StringComparer.Ordinal)
    {
        ["schedule"] = schedule, ["firing"] = firing, ["project"] = Project, ["environment"] = Environment,
        ["task"] = "", ["attempt"] = "",
    };
}
