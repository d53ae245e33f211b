using Foz.Lake;

namespace Foz.Operations.Tasks;

/// <summary>Does the work of tasks: on this machine and through the lake, or a stand-in for it.</summary>
interface ITaskWork
{
    /// <summary>Runs an attempt to its end.</summary>
    /// <returns>How it ended; what goes wrong is no exception.</returns>
    /// <exception cref="OperationCanceledException">It was stopped, and what it started is gone.</exception>
    Task<TaskEnd> RunAsync(TaskAttempt attempt, CancellationToken cancellationToken);

    /// <summary>
    /// Goes on with an attempt that another host started, where it can be found; otherwise its end is unknown.
    /// </summary>
    Task<TaskEnd> ResumeAsync(TaskAttempt attempt, CancellationToken cancellationToken);

    /// <summary>Ends what is left on this machine of an attempt that another host started.</summary>
    void EndRemains(TaskAttempt attempt);

    /// <summary>Looks for what a sensor waits for.</summary>
    /// <returns>How it ended; null while that is not there.</returns>
    Task<SensorLook> LookAsync(TaskAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>What a sensor saw.</summary>
/// <param name="IsThere">Whether what it waits for is there.</param>
/// <param name="Text">What it found, or why it found nothing; null where there is nothing to say.</param>
readonly record struct SensorLook(bool IsThere, string? Text);

/// <summary>An attempt of a task of a firing.</summary>
/// <param name="Firing">The firing.</param>
/// <param name="Task">The task.</param>
/// <param name="Number">The number of the attempt, from 1.</param>
/// <param name="Scope">The values of its placeholders.</param>
/// <param name="TimeZone">The schedule's time zone.</param>
sealed record TaskAttempt(string Firing, TaskDefinition Task, int Number, TaskScope Scope, TimeZoneInfo TimeZone)
{
    /// <summary>Gets what its processes and containers are known by: the same on every host.</summary>
    public string Id => $"{Firing}/{Task.Name}/{Number}";

    /// <summary>Gets what is canceled when this host leaves the attempt to the next one.</summary>
    public CancellationToken Leaving { get; init; }

    /// <summary>Returns a failure for an error, without what is secret.</summary>
    public static TaskEnd Fail(FozException error, Func<string, string> mask) =>
        TaskEnd.Failed(mask(error.Message));
}
