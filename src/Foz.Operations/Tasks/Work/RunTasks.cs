using Foz.Lake.Catalog;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Requests;

namespace Foz.Operations.Tasks.Work;

/// <summary>
/// Has commands of Foz run by the host that leads, through the requests of the lake: the same attempt asks once, and
/// its steps are done once, whatever restarts.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="file">The project.</param>
sealed class RunTasks(Lakehouse lake, ProjectFile file)
{
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Returns the request of an attempt; those that are later sort after it.</summary>
    public static string RequestOf(ProjectFile file, string firing, string task, int attempt)
    {
        var at = firing.LastIndexOf('@');
        return $"{firing[(at + 1)..]}-{file.Name}.{file.Environment}.{firing[..at]}-{task}-{attempt}";
    }

    /// <summary>Asks for an attempt, and waits for its end.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; where the host stays, its run is too.</exception>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, TaskAction.Run run, CancellationToken cancellationToken)
    {
        var requests = new HostRequests(lake);
        var id = RequestOf(file, attempt.Firing, attempt.Task.Name, attempt.Number);
        await requests.AskOnceAsync(
            new()
            {
                Id = id, Project = file.Name, Environment = file.Environment, Arguments = run.Command,
                Schedule = attempt.Firing[..attempt.Firing.LastIndexOf('@')], User = Environment.UserName,
                Machine = Environment.MachineName, Folder = file.Folder, AskedAt = lake.Clock.GetUtcNow(),
            },
            cancellationToken);
        var startedAt = lake.Clock.GetTimestamp();
        var isLate = false;
        var isStopped = false;
        while (true)
        {
            if (await requests.FindAsync(id, attempt.Leaving) is not { } request)
                return TaskEnd.Failed("its request was removed from the lake");
            if (request.HasEnded)
                return request.ExitCode == 0 ? new(TaskState.Succeeded, 0)
                    : isLate ? new(TaskState.TimedOut, request.ExitCode, "it took too long, and was stopped")
                    : isStopped ? throw new OperationCanceledException(cancellationToken)
                    : TaskEnd.Failed(request.Reason ?? $"it ended with code {request.ExitCode}", request.ExitCode ?? 1);
            isLate |= lake.Clock.GetElapsedTime(startedAt) > attempt.Task.Timeout;
            isStopped |= cancellationToken.IsCancellationRequested;
            // A host that ends gives the request back by itself; it goes on where the next one takes it.
            attempt.Leaving.ThrowIfCancellationRequested();
            if (isLate || isStopped) await requests.CancelAsync(id, attempt.Leaving);
            await Task.Delay(lookInterval, lake.Clock, attempt.Leaving);
        }
    }
}
