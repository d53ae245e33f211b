using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Operations.Hosting;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;
using Foz.Streams;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// Follows the logs of the project's sources while this process leads: a run for each source, which begins again after
/// an hour, so that its records are kept, after a failure, and where the project was changed. A model that failed is
/// tried again by the next run: the first ones are short for that. Where a log cannot be read, the job waits.
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
    Project? followed;

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
            followed = project;
        }
        if (project is null) return;
        foreach (var source in FollowedSource.Of(project))
        {
            var following = working.GetOrAdd(source.Name, static _ => new());
            if (following.Run is { Result.IsCompleted: true } ended) await EndAsync(source, following, ended);
            if (following.Run is null && lake.Clock.GetUtcNow() >= following.NextAt
                && await CanStartAsync(source, project, following, cancellationToken))
                following.Run = Start(source, project, following);
        }
    }

    /// <summary>Whether no user stopped the source; where one did, that is looked at again a little later.</summary>
    async Task<bool> CanStartAsync(
        FollowedSource source, Project project, Following following, CancellationToken cancellationToken)
    {
        var isStopped = await new StreamService(lake, project).IsStoppedAsync(source.Name, cancellationToken);
        if (isStopped != following.IsStopped)
            report(
                isStopped
                    ? $"{source.Name} is stopped: its changes are not followed (foz stream start {source.Name})"
                    : $"{source.Name} is started: its changes are followed");
        following.IsStopped = isStopped;
        if (isStopped) following.NextAt = lake.Clock.GetUtcNow() + stoppedInterval;
        return !isStopped;
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

    ActiveRun Start(FollowedSource source, Project project, Following following)
    {
        if (!following.HasBegun) report($"follows the changes of {source.Name}");
        following.HasBegun = true;
        return new RunService(lake).Start(
            source.Request(project, Backoff(runTimeAfterFailure, following.ModelFailures, runTime)),
            what =>
            {
                if (what is RunEvent.Warned { Warning: var warning })
                    report($"{source.Name}: {project.Secrets.Mask(warning).Describe()}");
            },
            CancellationToken.None);
    }

    async Task EndAsync(FollowedSource source, Following following, ActiveRun ended)
    {
        following.Run = null;
        var (error, isOfLog) = await ErrorOfAsync(ended);
        following.ModelFailures = error is null || isOfLog ? 0 : following.ModelFailures + 1;
        if (error is null && following.LastError is not null)
            report($"the changes of {source.Name} are followed again");
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
