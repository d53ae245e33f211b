namespace Foz.Operations.Exports;

/// <summary>A workflow for another scheduler: commands of Foz, in their order, and when they are due.</summary>
public sealed record ExportedWorkflow
{
    /// <summary>Gets the project.</summary>
    public required string Project { get; init; }

    /// <summary>Gets the environment of the project.</summary>
    public required string Environment { get; init; }

    /// <summary>Gets the schedule of the project that it replaces; null for none.</summary>
    public string? Schedule { get; init; }

    /// <summary>Gets when it is due; null for only by hand.</summary>
    public ExportedTimes? Times { get; init; }

    /// <summary>Gets the command of each task, without <c>foz</c> and what it works on, such as <c>build</c>.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Gets the folder or address of the project for the machines that run the tasks.</summary>
    public required string Place { get; init; }

    /// <summary>Gets the tasks, each after those that it needs.</summary>
    public required IReadOnlyList<ExportedTask> Tasks { get; init; }

    /// <summary>Gets how often a failed task is repeated.</summary>
    public int Retries { get; init; }

    /// <summary>Gets the time before the first repetition; each further one is twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the time after which the workflow is stopped; null for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Gets the day from which on its times count.</summary>
    public DateOnly StartDate { get; init; } = new(2024, 1, 1);

    /// <summary>Gets whether all times are caught up that passed while the scheduler did not work.</summary>
    public bool CatchesUp { get; init; }

    /// <summary>Gets the workflow's name: project, environment and schedule.</summary>
    public string Name => string.Join('_', new[] { Project, Environment, Schedule }.OfType<string>());

    /// <summary>Gets the arguments of <c>foz</c> for a task, each a word.</summary>
    /// <param name="task">The task.</param>
    public IReadOnlyList<string> ArgumentsOf(ExportedTask task) =>
        [.. CommonArguments, .. task.Selectors.SelectMany(selector => (string[])["--select", selector])];

    /// <summary>Gets the arguments that all tasks have.</summary>
    public IReadOnlyList<string> CommonArguments =>
        [.. Command, "--project", Place, "--target", Environment, "--log-format", "json"];
}

/// <summary>Times that other schedulers know too.</summary>
public abstract record ExportedTimes
{
    ExportedTimes() { }

    /// <summary>Times of a cron expression of five fields.</summary>
    /// <param name="Expression">
    /// The expression: numbers, lists, ranges and intervals only, days of the month or days of the week.
    /// </param>
    /// <param name="TimeZone">The time zone's name of the IANA.</param>
    public sealed record Cron(string Expression, string TimeZone) : ExportedTimes;

    /// <summary>Equal lengths of time.</summary>
    /// <param name="Length">The length.</param>
    public sealed record Every(TimeSpan Length) : ExportedTimes;
}
