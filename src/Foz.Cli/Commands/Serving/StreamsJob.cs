using System.Collections.Concurrent;
using System.Collections.Frozen;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Operations.Hosting;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;
using Foz.Streams;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// Follows the logs of the project's sources while this process leads, and the input of models with a trigger: a run
/// for each source, and one for these models, which begins again after an hour, so that its records are kept, after a
/// failure, and where the project was changed. A model that failed is tried again by the next run: the first ones are
/// short for that. Where a log cannot be read, the job waits.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="current">Gives the project as it is now: the same object while nothing changed; null for none.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class StreamsJob(Lakehouse lake, Func<Project?> current, Action<string> report) : IHostJob, IAsyncDisposable
{
    static readonly TimeSpan runTime = TimeSpan.FromHours(1), runTimeAfterFailure = TimeSpan.FromSeconds(30);
    static readonly TimeSpan stopTime = TimeSpan.FromMinutes(1), stoppedInterval = TimeSpan.FromSeconds(15);
    static readonly TimeSpan retryMin = TimeSpan.FromSeconds(1), retryMax = TimeSpan.FromMinutes(2);

    readonly ConcurrentDictionary<string, Following> working = new(StringComparer.Ordinal);
    readonly HashSet<TableName> stopped = [];
    Project? followed;
    DateTimeOffset lookAt;
    bool hasWork;

    /// <inheritdoc/>
    public string Name => "streams";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var project = current();
        if (!ReferenceEquals(project, followed))
        {
            await StopAsync();
            (followed, lookAt) = (project, default);
            hasWork = project is not null && WorkOf(project, FrozenSet<TableName>.Empty).Any();
        }
        if (project is null || !hasWork) return;
        if (lake.Clock.GetUtcNow() >= lookAt) await LookAsync(project, cancellationToken);
        foreach (var work in WorkOf(project, stopped))
        {
            var following = working.GetOrAdd(work.Name, static _ => new());
            if (following.Run is { Result.IsCompleted: true } ended) await EndAsync(work, following, ended);
            if (following.Run is null && lake.Clock.GetUtcNow() >= following.NextAt
                && await CanStartAsync(work.Source, project, following, cancellationToken))
                following.Run = Start(work, project, following);
        }
    }

    /// <summary>Finds the models that a user stopped; where others are, all runs begin again.</summary>
    async Task LookAsync(Project project, CancellationToken cancellationToken)
    {
        lookAt = lake.Clock.GetUtcNow() + stoppedInterval;
        var now = await new StoppedModels(lake.Store, project.Environment).FindAsync(cancellationToken);
        if (stopped.SetEquals(now)) return;
        foreach (var model in now.Except(stopped))
            report($"{model} is stopped: only runs make it (foz stream start {model})");
        foreach (var model in stopped.Except(now)) report($"{model} is started: it is made after changes of its input");
        stopped.Clear();
        stopped.UnionWith(now);
        await StopAsync();
    }

    /// <summary>Whether no user stopped the source; where one did, that is looked at again a little later.</summary>
    async Task<bool> CanStartAsync(
        string? source, Project project, Following following, CancellationToken cancellationToken)
    {
        if (source is null) return true;
        var isStopped = await new StreamService(lake, project).IsStoppedAsync(source, cancellationToken);
        if (isStopped != following.IsStopped)
            report(
                isStopped
                    ? $"{source} is stopped: its changes are not followed (foz stream start {source})"
                    : $"{source} is started: its changes are followed");
        following.IsStopped = isStopped;
        if (isStopped) following.NextAt = lake.Clock.GetUtcNow() + stoppedInterval;
        return !isStopped;
    }

    static IEnumerable<FollowedWork> WorkOf(Project project, IReadOnlySet<TableName> stopped)
    {
        var sources = FollowedSource.Of(project, stopped);
        foreach (var source in sources)
            yield return new(source.Name, $"the changes of {source.Name}", time => source.Request(project, time));
        if (TriggeredModels.Of(project, sources, stopped) is { Count: > 0 } models)
            yield return new(
                Source: null, "the input of models with a trigger",
                time => TriggeredModels.Request(project, models, time));
    }

    /// <summary>Stops following a source for a minute. Safe for use by any thread.</summary>
    public async Task StopAsync(string source)
    {
        if (!working.TryGetValue(source, out var following)) return;
        following.NextAt = lake.Clock.GetUtcNow() + stopTime;
        if (following.Run is not { } run) return;
        run.Cancel();
        await ErrorOfAsync(run);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    ActiveRun Start(FollowedWork work, Project project, Following following)
    {
        if (!following.HasBegun) report($"follows {work.Title}");
        following.HasBegun = true;
        return new RunService(lake).Start(
            work.Request(Backoff(runTimeAfterFailure, following.ModelFailures, runTime)),
            what =>
            {
                if (what is RunEvent.Warned { Warning: var warning })
                    report($"{work.Name}: {project.Secrets.Mask(warning).Describe()}");
            },
            CancellationToken.None);
    }

    async Task EndAsync(FollowedWork work, Following following, ActiveRun ended)
    {
        following.Run = null;
        var (error, isOfLog) = await ErrorOfAsync(ended);
        following.ModelFailures = error is null || isOfLog ? 0 : following.ModelFailures + 1;
        if (error is null && following.LastError is not null)
            report($"follows {work.Title} again");
        if (error is not null && following.LastError != error.Message) report(error.Describe());
        following.LastError = error?.Message;
        following.LogFailures = isOfLog ? following.LogFailures + 1 : 0;
        if (isOfLog)
            following.NextAt = lake.Clock.GetUtcNow() + Backoff(retryMin, following.LogFailures, retryMax);
    }

    /// <summary>A time that doubles with each failure from a least one on; the most where there was none.</summary>
    static TimeSpan Backoff(TimeSpan least, int failures, TimeSpan most) =>
        failures is > 0 and < 20 && least * (1 << failures - 1) is var time && time < most ? time : most;

    /// <summary>What went wrong, and whether the log could not be read.</summary>
    static async Task<(FozException? Error, bool IsOfLog)> ErrorOfAsync(ActiveRun ended)
    {
        try
        {
            var result = await ended.Result;
            var failed = result.Steps.Where(step => step.Error is not null)
                .MaxBy(step => step is { IsStream: true, StandsStill: false });
            return (
                result.Error ?? failed?.Error,
                result.Error is not null || failed is { IsStream: true, StandsStill: false });
        }
        catch (FozException e)
        {
            return (e, true);
        }
        catch (OperationCanceledException)
        {
            return (null, false);
        }
    }

    async Task StopAsync()
    {
        foreach (var following in working.Values) following.Run?.Cancel();
        foreach (var following in working.Values)
            if (following.Run is { } run)
                await ErrorOfAsync(run);
        working.Clear();
    }

    /// <summary>What a run follows.</summary>
    /// <param name="Source">The source; null for models with a trigger.</param>
    /// <param name="Title">What is followed, in words.</param>
    /// <param name="Request">What a run of a time is asked to do.</param>
    sealed record FollowedWork(string? Source, string Title, Func<TimeSpan, RunRequest> Request)
    {
        public string Name => Source ?? "models with a trigger";
    }

    /// <summary>How a source is followed.</summary>
    sealed class Following
    {
        public ActiveRun? Run { get; set; }

        public bool HasBegun { get; set; }

        public bool IsStopped { get; set; }

        public int LogFailures { get; set; }

        public int ModelFailures { get; set; }

        public string? LastError { get; set; }

        public DateTimeOffset NextAt { get; set; }
    }
}
