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
/// an hour, so that its records are kept, after a failure, and where the project was changed.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="current">Gives the project as it is now: the same object while nothing changed; null for none.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class StreamsJob(Lakehouse lake, Func<Project?> current, Action<string> report) : IHostJob, IAsyncDisposable
{
    static readonly TimeSpan runTime = TimeSpan.FromHours(1), runTimeAfterFailure = TimeSpan.FromSeconds(30);
    static readonly TimeSpan retryMin = TimeSpan.FromSeconds(1), retryMax = TimeSpan.FromMinutes(2);

    readonly Dictionary<string, Following> working = new(StringComparer.Ordinal);
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
            if (!working.TryGetValue(source.Name, out var following))
                working[source.Name] = following = new();
            if (following.Run is { Result.IsCompleted: true } ended) await EndAsync(source, following, ended);
            if (following.Run is null && lake.Clock.GetUtcNow() >= following.NextAt)
                following.Run = Start(source, project, following);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    ActiveRun Start(FollowedSource source, Project project, Following following)
    {
        if (!following.HasBegun) report($"follows the changes of {source.Name}");
        following.HasBegun = true;
        return new RunService(lake).Start(
            source.Request(project, following.Failures > 0 ? runTimeAfterFailure : runTime),
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
        var error = await ErrorOfAsync(ended);
        if (error is null)
        {
            if (following.Failures > 0) report($"the changes of {source.Name} are followed again");
            following.Failures = 0;
            return;
        }
        var wait = retryMin * Math.Pow(2, Math.Min(following.Failures++, 10));
        following.NextAt = lake.Clock.GetUtcNow() + (wait < retryMax ? wait : retryMax);
        if (following.LastError != error.Message) report(error.Describe());
        following.LastError = error.Message;
    }

    static async Task<FozException?> ErrorOfAsync(ActiveRun ended)
    {
        try
        {
            var result = await ended.Result;
            return result.Error ?? result.Steps.Select(step => step.Error).FirstOrDefault(error => error is not null);
        }
        catch (FozException e)
        {
            return e;
        }
        catch (OperationCanceledException)
        {
            return null;
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

        public int Failures { get; set; }

        public string? LastError { get; set; }

        public DateTimeOffset NextAt { get; set; }
    }
}
