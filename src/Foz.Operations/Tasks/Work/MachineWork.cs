using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Tasks.Work;

/// <summary>Does the work of tasks on this machine, and through the lake.</summary>
sealed class MachineWork : ITaskWork, IDisposable
{
    readonly TaskStore store;
    readonly TaskServices services;
    readonly TimeProvider clock;
    readonly ProcessTasks processes;
    readonly ContainerTasks containers;
    readonly HttpTasks http = new();
    readonly SqlTasks sql;
    readonly RunTasks runs;
    readonly Sensors sensors;

    /// <summary>Works for a project.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="file">The project.</param>
    /// <param name="store">Keeps the logs of tasks.</param>
    /// <param name="services">What the host gives.</param>
    public MachineWork(Lakehouse lake, ProjectFile file, TaskStore store, TaskServices services)
    {
        (this.store, this.services, clock) = (store, services, lake.Clock);
        processes = new(file, store, services.Mask, clock);
        containers = new(processes, file.Folder, Environment.GetEnvironmentVariable("PATH") ?? "", clock);
        sql = new(services.Query);
        runs = new(lake, file);
        sensors = new(lake, file, sql, http, services.Mask);
    }

    /// <inheritdoc/>
    public Task<TaskEnd> RunAsync(TaskAttempt attempt, CancellationToken cancellationToken) =>
        Task.Run(() => TryAsync(attempt, token => DoAsync(attempt, token), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<TaskEnd> ResumeAsync(TaskAttempt attempt, CancellationToken cancellationToken) => Task.Run(
        () => TryAsync(
            attempt,
            token => attempt.Task.Action switch
            {
                TaskAction.Run run => runs.RunAsync(attempt, run, token),
                TaskAction.Container => containers.ResumeAsync(attempt, token),
                _ => Task.FromResult(new TaskEnd(TaskState.Unknown)),
            },
            cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public void EndRemains(TaskAttempt attempt) => TaskProcesses.End(attempt.Id);

    /// <inheritdoc/>
    public Task<SensorLook> LookAsync(TaskAttempt attempt, CancellationToken cancellationToken) =>
        Task.Run(() => sensors.LookAsync(attempt, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    async Task<TaskEnd> DoAsync(TaskAttempt attempt, CancellationToken cancellationToken)
    {
        switch (attempt.Task.Action)
        {
            case TaskAction.Run run: return await runs.RunAsync(attempt, run, cancellationToken);
            case TaskAction.Shell shell: return await processes.RunAsync(attempt, shell, cancellationToken);
            case TaskAction.Python python: return await processes.RunAsync(attempt, python, cancellationToken);
            case TaskAction.Container container:
                return await containers.RunAsync(attempt, container, cancellationToken);
            case TaskAction.Sql statement:
                await using (var log = new TaskLog(store, attempt, clock))
                    return await sql.RunAsync(
                        attempt, statement, line => log.Add(services.Mask(line)), cancellationToken);
            case TaskAction.Http request:
                await using (var log = new TaskLog(store, attempt, clock))
                {
                    var end = await http.SendAsync(request.Request, attempt.Scope, cancellationToken);
                    log.Add(services.Mask($"{request.Request.Method}: {end.Reason ?? $"the answer was {end.Code}"}"));
                    return end;
                }
            default: return TaskEnd.Failed($"'{attempt.Task.Action.Kind}' does no work");
        }
    }

    /// <summary>Does something within the task's time; what goes wrong is how the attempt ended.</summary>
    async Task<TaskEnd> TryAsync(
        TaskAttempt attempt, Func<CancellationToken, Task<TaskEnd>> work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Processes and runs measure their time themselves, and end in order.
        if (attempt.Task.Action is TaskAction.Sql or TaskAction.Http) limit.CancelAfter(attempt.Task.Timeout);
        try
        {
            var end = await work(limit.Token);
            return end.Reason is { } reason ? end with { Reason = services.Mask(reason) } : end;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(
                TaskState.TimedOut,
                Reason: $"it took longer than {Duration.Describe(attempt.Task.Timeout)}, and was stopped");
        }
        catch (Exception e) when (e is not OperationCanceledException && DeltaErrors.Find(e) is { } error)
        {
            return error.Kind is ErrorKind.Canceled && !cancellationToken.IsCancellationRequested
                && limit.IsCancellationRequested
                    ? new(TaskState.TimedOut, Reason: "it took too long, and was stopped")
                    : TaskAttempt.Fail(error, services.Mask);
        }
        catch (IOException e)
        {
            return TaskEnd.Failed(services.Mask(e.Message));
        }
    }
}
