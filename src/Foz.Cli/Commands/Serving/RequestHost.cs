using Foz.Cli.Commands.Operating;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Telemetry;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Operations;
using Foz.Operations.Alerts;
using Foz.Operations.Hosting;
using Foz.Operations.Scheduling;
using Foz.Operations.Telemetry;
using Foz.Operations.Upkeep;
using Foz.Pipelines.Runs.Requests;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// Runs what <c>foz run</c>, <c>build</c> and <c>retry</c> of other processes hand over, while this process leads: a
/// few commands at a time, with the engines of the process.
/// </summary>
/// <param name="context">The command's context.</param>
/// <param name="workspace">The project.</param>
/// <param name="schedules">The schedules that it fires.</param>
/// <param name="queries">Runs the SQL of tasks.</param>
/// <param name="alerts">What alerts take from the server.</param>
/// <param name="observer">Observes it.</param>
/// <param name="upkeep">Maintains the tables.</param>
sealed class RequestHost(
    CommandContext context, Workspace workspace, LiveSchedules schedules, TaskQueries queries, AlertHooks alerts,
    HostObserver observer, Func<UpkeepJob> upkeep)
{
    const int CommandsMax = 4;
    const int EndAttemptsMax = 6;

    static readonly TimeSpan retryInterval = TimeSpan.FromSeconds(10);
    static readonly TimeSpan sweepInterval = TimeSpan.FromHours(1);
    static readonly TimeSpan settleTime = TimeSpan.FromMinutes(10);

    readonly HostRequests requests = new(workspace.Lake);
    readonly Dictionary<string, Task> working = new(StringComparer.Ordinal);
    readonly ScheduleService service = new(workspace.Lake, workspace.File);
    Func<IReadOnlyList<StreamLag>> streamLags = static () => [];
    bool hasLed;

    /// <summary>Gets whether this process leads.</summary>
    public bool IsLeading { get; private set; }

    /// <summary>Gets how many firings of schedules wait and work.</summary>
    public ScheduleLoad Load => IsLeading ? service.Load : ScheduleLoad.None;

    /// <summary>Gets how streams of changes stand, as far as they are known.</summary>
    public IReadOnlyList<StreamLag> StreamLags => IsLeading ? streamLags() : [];

    Shell Shell => context.Shell;

    TimeSpan Interval => TimeSpan.FromMilliseconds(workspace.Lake.Store.IsLocal ? 200 : 2000);

    /// <summary>Answers requests until it is stopped; again where another host took its place for a while.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (project, environment) = (workspace.File.Name, workspace.File.Environment);
        while (true)
        {
            await using var leader = await LeadAsync(project, environment, cancellationToken);
            IsLeading = true;
            Report($"runs {project} in {environment} for other processes");
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leader.Lost);
            try
            {
                await Task.WhenAll(
                    CreateJobs(leader).Select(job => RepeatAsync(job, either))
                        .Append(AnswerAsync(leader, either.Token)));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Report(
                    leader.StorageError is { } error
                        ? $"gives its place to other hosts, as the lake cannot be written: {error}"
                        : "another host has taken over");
            }
            finally
            {
                IsLeading = false;
                await Task.WhenAll(working.Values);
                working.Clear();
            }
        }
    }

    /// <summary>Waits until this process leads, also while the lake cannot be reached.</summary>
    async Task<Leadership> LeadAsync(string project, string environment, CancellationToken cancellationToken)
    {
        while (true)
            try
            {
                // A lake that is gone, as with its disk, is not made anew.
                if (hasLed && !await requests.HasLakeAsync(cancellationToken))
                    throw new FozException(ErrorKind.Storage, $"the lake in {workspace.Lake.Store.Root} is gone");
                hasLed = true;
                return await Leadership.TakeAsync(
                    workspace.Lake, project, environment,
                    other => Report($"{other.User}@{other.Host} (process {other.ProcessId}) runs {project}; waiting"),
                    cancellationToken);
            }
            catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not ErrorKind.Canceled } error)
            {
                Report(error.Message);
                await Task.Delay(retryInterval, Shell.Clock, cancellationToken);
            }
    }

    /// <summary>What the host that leads does by itself, besides answering requests.</summary>
    IEnumerable<IHostJob> CreateJobs(Leadership leader)
    {
        var streams = new StreamsJob(workspace.Lake, () => schedules.Project, Report);
        var watch = new StreamWatch(workspace.Lake, () => schedules.Project, streams.StopAsync, Report);
        streamLags = () => watch.Lags;
        var (alerting, firingEnded) = new AlertService(workspace.Lake, workspace.File)
            .CreateJob(alerts with { TakeEvidence = watch.TakeEvidence });
        return
        [
            service.CreateJob(
                () => schedules.Current, () => schedules.Project,
                new()
                {
                    Query = queries.RunAsync, Mask = context.Mask, FiringEnded = firingEnded,
                    Leads = async token => !leader.Lost.IsCancellationRequested
                        && (await Leadership.FindAsync(
                            workspace.Lake, workspace.File.Name, workspace.File.Environment, token))?.RunId
                            == leader.HostId,
                },
                Report),
            new RevisionJob(schedules, service),
            alerting, upkeep(), streams, watch,
            .. observer.CreateJobs(),
        ];
    }

    /// <summary>Repeats a job; where that ends, all that the host does ends too, so that it starts again.</summary>
    async Task RepeatAsync(IHostJob job, CancellationTokenSource stop)
    {
        try
        {
            await new HostLoop(Shell.Clock, Report).RunAsync(job, stop.Token);
        }
        finally
        {
            (job as IDisposable)?.Dispose();
            await stop.CancelAsync();
            if (job is IAsyncDisposable works) await works.DisposeAsync();
        }
    }

    async Task AnswerAsync(Leadership leader, CancellationToken cancellationToken)
    {
        // Schedules see first how the runs ended that they asked for.
        var sweptAt = Shell.Clock.GetUtcNow() - sweepInterval + settleTime;
        while (true)
        {
            foreach (var (id, _) in working.Where(entry => entry.Value.IsCompleted).ToList()) working.Remove(id);
            try
            {
                if (Shell.Clock.GetUtcNow() - sweptAt > sweepInterval)
                {
                    await requests.SweepAsync(cancellationToken);
                    sweptAt = Shell.Clock.GetUtcNow();
                }
                if (working.Count > 0 || requests.MayHaveCome())
                    foreach (var request in await requests.TakeAsync(
                        leader, working.Keys.ToHashSet(StringComparer.Ordinal),
                        CommandsMax + schedules.RunsMax - working.Count,
                        unreadable => Report(unreadable.Message), cancellationToken))
                        working[request.Id] = AnswerAsync(request, cancellationToken);
            }
            catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not ErrorKind.Canceled })
            {
                Report(e.Message);
                await Task.Delay(retryInterval, Shell.Clock, cancellationToken);
            }
            await Task.Delay(Interval, Shell.Clock, cancellationToken);
        }
    }

    /// <summary>Runs the command of a request, or declines it; what goes wrong is reported.</summary>
    async Task AnswerAsync(HostRequest request, CancellationToken cancellationToken)
    {
        var own = new HostRequests(workspace.Lake);
        RequestWriter output;
        try
        {
            if (ReasonToDecline(request, cancellationToken) is { } reason)
            {
                await own.DeclineAsync(request, reason, cancellationToken);
                return;
            }
            output = await RequestWriter.OpenAsync(own, request.Id, Interval, Shell.Clock, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is IOException || DeltaErrors.Find(e) is not null)
        {
            // Nothing of it has run: the process that asked runs it.
            Report($"request {request.Id}: {e.Message}");
            await EndAsync(() => own.DeclineAsync(request, e.Message, CancellationToken.None));
            return;
        }
        Report(
            $"{request.Schedule ?? $"{request.User}@{request.Machine}"}: foz {string.Join(' ', request.Arguments)}");
        var (exitCode, endedBy) = await RunAsync(request, output, cancellationToken);
        // A command that was stopped with the host is for the next host, or for the process that asked.
        await EndAsync(() => exitCode != 0 && cancellationToken.IsCancellationRequested
            ? own.ReturnAsync(request, CancellationToken.None)
            : own.FinishAsync(request, exitCode, endedBy, CancellationToken.None));
    }

    /// <summary>Writes how a request ended, again while the lake cannot be written.</summary>
    async Task EndAsync(Func<Task> write)
    {
        for (var attempt = 1; attempt <= EndAttemptsMax; attempt++)
            try
            {
                await write();
                return;
            }
            catch (Exception e) when (DeltaErrors.Find(e) is not null)
            {
                Report(e.Message);
                await Task.Delay(retryInterval, Shell.Clock, CancellationToken.None);
            }
    }

    string? ReasonToDecline(HostRequest request, CancellationToken cancellationToken) =>
        ForwardedArguments.Check(request.Arguments, request.Schedule is not null) is { } reason ? reason
        : request.Schedule is not null ? null
        : request.Machine == Environment.MachineName && request.Folder == workspace.File.Folder ? null
        : request.Revision is { } revision
            && revision == ProjectRevision.Of(workspace.File.Folder, workspace.File.LakePath, cancellationToken) ? null
        : $"its project in {workspace.File.Folder} has other files";

    async Task<(int ExitCode, string? Reason)> RunAsync(
        HostRequest request, RequestWriter output, CancellationToken cancellationToken)
    {
        string? reason = null;
        // A command of a shell means the files as they are now; a schedule's runs with one revision.
        var (folder, texts) = request.Schedule is null
            ? (workspace.File.Folder, null)
            : schedules.PlaceOf(request.Revision);
        await using var ending = output;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = new CancellationTokenSource();
        var watching = WatchAsync(request.Id, stop, ended.Token);
        try
        {
            var exitCode = await context.RunAsync(
                [
                    .. request.Arguments, "--project", folder, "--target", workspace.File.Environment,
                ],
                new()
                {
                    Out = output.Out, Error = output.Error, In = static () => TextReader.Null,
                    Folder = folder, Clock = Shell.Clock, EndedBy = text => reason = text, Texts = texts,
                    Host = observer,
                },
                workspace.Engines, stop.Token);
            return (exitCode, reason);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    /// <summary>Stops the command when the process that asked for it wants that.</summary>
    async Task WatchAsync(string id, CancellationTokenSource stop, CancellationToken ended)
    {
        var own = new HostRequests(workspace.Lake);
        while (!ended.IsCancellationRequested)
            try
            {
                await Task.Delay(Interval, Shell.Clock, ended);
                if (await own.FindAsync(id, ended) is null or { IsCanceled: true }) await stop.CancelAsync();
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DeltaErrors.Find(e) is not null)
            {
                // The next look may succeed.
            }
    }

    void Report(string text)
    {
        Shell.Error.WriteLine($"runs: {text}");
        Shell.Error.Flush();
    }
}
