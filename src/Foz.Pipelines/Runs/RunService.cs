using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Starts runs of projects on a lake, and finds what resumes the last one; for the command line and hosts.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class RunService(Lakehouse lake)
{
    /// <summary>Starts a run, which works until its end.</summary>
    /// <param name="request">What is run.</param>
    /// <param name="watcher">Called with each event, from several threads, one event at a time.</param>
    /// <param name="cancellationToken">Cancels the run, as <see cref="ActiveRun.Cancel"/> does.</param>
    public ActiveRun Start(RunRequest request, Action<RunEvent> watcher, CancellationToken cancellationToken)
    {
        var events = new RunEvents();
        events.Watch(watcher);
        return new(
            JournalWriter.NewRunId(lake.Clock), events,
            (runId, stop) => new PipelineRunner(lake, request, events).RunAsync(runId, stop), cancellationToken);
    }

    /// <summary>Finds what resumes the last run of a project in its environment.</summary>
    /// <param name="project">The project.</param>
    /// <param name="environmentOf">Finds the environment that the last run read from with <c>--defer</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The project was not run in its environment yet.</exception>
    public async Task<ResumedRun> FindResumedAsync(
        Project project, Func<string, EnvironmentLake> environmentOf, CancellationToken cancellationToken)
    {
        var last = await LastRun.FindAsync(lake.Store, project.Name, project.Environment, cancellationToken)
            ?? throw new FozException(ErrorKind.Usage, $"{project.Name} has not been run in {project.Environment} yet")
            {
                Hint = "foz run runs all of it",
            };
        return ResumedRun.Of(last, project, environmentOf);
    }
}

/// <summary>A run that was started.</summary>
public sealed class ActiveRun
{
    readonly RunEvents events;
    readonly CancellationTokenSource stop;

    internal ActiveRun(
        string runId, RunEvents events, Func<string, CancellationToken, Task<RunResult>> run,
        CancellationToken cancellationToken)
    {
        (RunId, this.events) = (runId, events);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Result = RunAsync(run);
    }

    /// <summary>The run.</summary>
    public string RunId { get; }

    /// <summary>
    /// How the run ends; failures of steps are in it. A <see cref="FozException"/> where it could not begin: the lake
    /// is held, a selector means nothing, a source could not be discovered; canceled where it was before it began.
    /// </summary>
    public Task<RunResult> Result { get; }

    /// <summary>Calls a watcher with each event so far, and with each that comes, one at a time.</summary>
    public void Watch(Action<RunEvent> watcher) => events.Watch(watcher);

    /// <summary>Stops the running steps, and starts no others; does nothing after the run's end.</summary>
    public void Cancel()
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended.
        }
    }

    async Task<RunResult> RunAsync(Func<string, CancellationToken, Task<RunResult>> run)
    {
        using (stop) return await run(RunId, stop.Token);
    }
}
