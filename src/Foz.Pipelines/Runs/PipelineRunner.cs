using System.Collections.Immutable;
using Foz.Connectors;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Models;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;
using Foz.Pipelines.Selection;
using Foz.Pipelines.Selectors;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>One run of a project's streams and models on a lake; one run at a time works on each of them.</summary>
/// <param name="lake">The lake.</param>
/// <param name="request">What is run.</param>
/// <param name="events">Takes what happens.</param>
sealed partial class PipelineRunner(Lakehouse lake, RunRequest request, RunEvents events)
{
    // Each step that ends the engine does so twice at most: a step beside ten of them would be another error.
    const int EngineEndsMax = 20;

    /// <summary>Runs.</summary>
    /// <returns>How it ended; failures of steps are in it.</returns>
    /// <exception cref="FozException">
    /// The run could not begin: the lake is held, a selector means nothing, a source could not be discovered.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled before the run began.</exception>
    public async Task<RunResult> RunAsync(string runId, CancellationToken cancellationToken)
    {
        var resumed = new List<Promotion>();
        await using var host = await RunHost.StartAsync(
            lake, runId, request.Environments, request.Wait, holder => events.Publish(new RunEvent.Waiting(holder)),
            promotion =>
            {
                resumed.Add(promotion);
                return Task.CompletedTask;
            },
            cancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, request.Budget?.Passed ?? default);
        return await host.HoldAsync(stop => RunAsync(host, resumed, stop), either.Token);
    }

    async Task<RunResult> RunAsync(
        RunHost host, IReadOnlyList<Promotion> resumed, CancellationToken cancellationToken)
    {
        var runId = host.RunId;
        var startedAt = lake.Clock.GetUtcNow();
        using var recorder = new RunRecorder(lake, runId, host.Lost) { IsGone = host.IsGoneAsync };
        await NoteAsync(recorder, resumed);
        lake.Engines.SweepTempFolders();
        RunLogs.Sweep(lake);
        await using var opened = await OpenedProject.OpenAsync(request.Project, lake.Engines, cancellationToken);
        var project = opened.Project;
        var found = await new SelectionFinder(lake).FindAsync(
            project, opened.Sources, request.Selection, cancellationToken);
        (project, var made) = await BaseTableFallback.ForRunAsync(
            project, new(lake, project), found.Tables, request.MakesAnew, cancellationToken);
        if (request.Defer is { } defer)
            project = await Deferral.ApplyAsync(project, lake, defer, made, cancellationToken);
        var steps = project.Graph.Nodes.Where(node => made.Contains(node.Name) && node.IsMade).ToList();
        var selected = steps.Select(node => node.Name).ToHashSet();
        events.Publish(new RunEvent.Started(runId, [.. steps.Select(node => node.Table)]));
        if (steps.Count == 0) WarnOfNothing(project, found);
        var goneError = await FindGoneAsync(opened.Project, cancellationToken);
        await using var reports = new RunReports(lake, project, runId, recorder);
        events.RecordAsync = reports.RecordAsync;
        var leaseOf = (string source) => LeaseOf(project, host, source);
        await using var snapshots = await SharedSnapshots.OpenAsync(opened, steps, leaseOf, cancellationToken);
        var sources = new StepSources(opened, new(request.Changes, leaseOf));
        var looked = new StepContext(lake, runId, request.IsFullRefresh, _ => { }) { Intervals = request.Intervals };
        var idle = await UpToDateModels.FindAsync(looked, project, selected, cancellationToken);
        var tests = new RunTests(lake, project, request.Tests);
        var hooks = new HookRunner(
            lake, warning => events.Publish(new RunEvent.Warned(Step: null, project.Secrets.Mask(warning))));
        await hooks.RunAsync(project.Hooks.Before, cancellationToken);
        var results = request.Follows is null
            ? await ScheduleAsync(project, selected, async node =>
            {
                var result = await TryAsync(node, async () =>
                    await tests.FindFailedAsync(node, cancellationToken) is { } failed ? Refuse(node, failed)
                    : idle.Contains(node) && sources.FindRefusal(node) is null ? await SkipAsync(node)
                    : await RunStepAsync(project, host, node, sources, cancellationToken));
                // What another run did meanwhile is new to the steps after it.
                if (!host.HasWaitedFor($"{node.Table}")) idle.End(node, result);
                await snapshots.EndAsync(node);
                return result;
            }, cancellationToken)
            : request.Follows.Source is null
                ? await FollowInputsAsync(project, host, steps, sources, cancellationToken)
                : await FollowAsync(project, host, steps, sources, cancellationToken);
        var outcomes = await tests.EndAsync(results, request.Inlined, cancellationToken);
        var hookError = await TryAsync(
            () => hooks.RunAsync(project.Hooks.After([.. results.Select(EndOf)]), cancellationToken));
        var maintenance = TableMaintenance.OfRuns(lake, project.File.Maintenance);
        var ended = results.ToDictionary(step => step.Step);
        // A host maintains the tables of logs that it follows beside that, as nothing new would come meanwhile.
        foreach (var node in steps.Where(node => request.Follows is null && IsDue(ended[node.Table], node)))
            await MaintainAsync(maintenance, runId, node, reports, cancellationToken);
        var result = new RunResult(runId, results, lake.Clock.GetUtcNow() - startedAt)
        {
            IsStopped = cancellationToken.IsCancellationRequested, Tests = outcomes,
        };
        return await EndAsync(project, reports, maintenance, result, startedAt,
            fault => request.Budget?.Error ?? fault ?? hookError ?? goneError ?? host.LostError, cancellationToken);
    }

    Task<IReadOnlyList<StepResult>> ScheduleAsync(
        Project project, IReadOnlySet<TableName> selected, Func<GraphNode, Task<StepResult>> run,
        CancellationToken cancellationToken) =>
        new StepScheduler(project.Graph, selected, lake.Engines.Threads) { FailsFast = request.FailsFast }
            .RunAsync(run, cancellationToken);

    /// <summary>Keeps what a run did, and tells that it has ended.</summary>
    async Task<RunResult> EndAsync(
        Project project, RunReports reports, TableMaintenance maintenance, RunResult result,
        DateTimeOffset startedAt, Func<FozException?, FozException?> errorOf, CancellationToken cancellationToken)
    {
        await KeepAsync(project, result, startedAt, CancellationToken.None);
        if (request.LocksSchemas) await LockAsync(project, cancellationToken);
        var error = await reports.FinishAsync(
            result, warning => events.Publish(new RunEvent.Warned(Step: null, warning)));
        foreach (var table in JournalTables.Names)
            await MaintainAsync(maintenance, result.RunId, table, table, [], cancellationToken);
        result = result with { Error = errorOf(error) is { } fault ? project.Secrets.Mask(fault) : null };
        events.Publish(new RunEvent.Finished(result));
        return result;
    }

    /// <summary>Warns of tables that a source does not have any more, where all of the project is run.</summary>
    /// <returns>The error where the source's policy forbids it; else null.</returns>
    async Task<FozException?> FindGoneAsync(Project complete, CancellationToken cancellationToken)
    {
        if (!request.Selection.IsEmpty) return null;
        FozException? error = null;
        foreach (var (source, table) in await new KnownStreams(lake).FindGoneAsync(
            request.Project, complete, cancellationToken))
        {
            var what = $"{table}: the source {source.Name} does not have it any more, and the table stays unchanged";
            var hint = $"DROP TABLE {table} ends this";
            if (source.Drift is DriftPolicy.Fail)
                error ??= new(ErrorKind.Data, $"{what}: its drift policy is fail") { Hint = hint };
            else events.Publish(new RunEvent.Warned(Step: null, new(what, hint)));
        }
        return error;
    }

    void WarnOfNothing(Project project, SelectedResources found)
    {
        if (found.Tables.Count > 0 && project.File.Base is { } below)
            events.Publish(
                new RunEvent.Warned(Step: null, new($"nothing to make: what is selected is as in {below.Name}")));
        else if (!request.Selection.IsEmpty && request.Tests.Count == 0)
            events.Publish(new RunEvent.Warned(Step: null, new("no table is selected")));
    }

    /// <summary>Notes promotions that were cut off, and that are done now, whatever becomes of the run.</summary>
    async Task NoteAsync(RunRecorder recorder, IReadOnlyList<Promotion> resumed)
    {
        foreach (var cutOff in resumed)
        {
            await recorder.AddAsync(RunRecords.OfPromotion(request.Project.Name, cutOff, lake.Clock.GetUtcNow()));
            events.Publish(new RunEvent.Warned(
                Step: null,
                new($"the promotion {cutOff.Id} from {cutOff.From} to {cutOff.To} was cut off: it is done now")));
        }
    }

    StepLease LeaseOf(Project project, RunHost host, string step) => host.LeaseOf(
        project.Environment, step, request.Wait, holder => events.Publish(new RunEvent.Waiting(holder, step)));

    static async Task<FozException?> TryAsync(Func<Task> run)
    {
        try
        {
            await run();
            return null;
        }
        catch (OperationCanceledException)
        {
            // The run is over without it.
            return null;
        }
        catch (FozException e)
        {
            return e;
        }
    }

    async Task KeepAsync(
        Project project, RunResult result, DateTimeOffset startedAt,
        CancellationToken cancellationToken)
    {
        var names = project.Graph.Nodes.ToDictionary(node => node.Table, node => node.Name);
        var last = new LastRun
        {
            RunId = result.RunId,
            FinishedAt = lake.Clock.GetUtcNow(),
            IsFullRefresh = request.IsFullRefresh,
            Defer = request.Defer?.Name,
            Intervals = request.Intervals,
            Tests =
            [
                .. request.Tests.Except(
                    result.Tests.Where(test => !test.IsFailure).Select(test => test.Name), StringComparer.Ordinal),
            ],
            Results = result.Steps.Where(step => step.Outcome is not Outcome.Skipped)
                .ToImmutableSortedDictionary(step => $"{names[step.Step]}", WordOf, StringComparer.Ordinal),
        };
        try
        {
            await last.WriteAsync(lake.Store, project.Name, project.Environment, startedAt, cancellationToken);
        }
        catch (StorageException e)
        {
            events.Publish(new RunEvent.Warned(Step: null, new($"how the run ended could not be kept: {e.Message}")));
        }
    }

    async Task LockAsync(Project project, CancellationToken cancellationToken)
    {
        try
        {
            await new KnownStreams(lake).LockAsync(project, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The next run writes it.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            events.Publish(
                new RunEvent.Warned(Step: null, new($"{SchemaLock.FileName} could not be written: {e.Message}")));
        }
    }

    static string WordOf(StepResult step) => step switch
    {
        { Outcome: Outcome.Succeeded } => ResultWords.Success,
        { Outcome: Outcome.Warned } => ResultWords.Warn,
        { Outcome: Outcome.Failed, Error.Kind: ErrorKind.Data } => ResultWords.Fail,
        { Outcome: Outcome.Failed } => ResultWords.Error,
        _ => ResultWords.Skipped,
    };

    // Rows grow old without being written.
    static bool IsDue(StepResult step, GraphNode node) => step.TableVersion is not null
        || (step.Outcome is Outcome.Skipped && node.Columns.Any(column => column.Retention is not null));

    async Task MaintainAsync(
        TableMaintenance maintenance, string runId, GraphNode node, RunReports reports,
        CancellationToken cancellationToken)
    {
        if (await MaintainAsync(maintenance, runId, node.Name, node.Table, node.Columns, cancellationToken)
            is not { } record) return;
        await reports.AddAsync(record);
        if (record.Error is { } problem)
            events.Publish(new RunEvent.Warned(node.Table, new($"maintenance: {problem}")));
    }

    static async Task<StepRecord?> MaintainAsync(
        TableMaintenance maintenance, string runId, TableName name, TableName table,
        IReadOnlyList<ColumnDefinition> columns,
        CancellationToken cancellationToken)
    {
        try
        {
            return await maintenance.RunAsync(runId, name, table, columns, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The run is over; the next one goes on here.
            return null;
        }
    }

    /// <summary>Skips a step after a test that failed.</summary>
    StepResult Refuse(GraphNode node, ChecksOutcome failed)
    {
        events.Publish(new RunEvent.Warned(node.Table, new($"not made: the test {failed.Name} failed")));
        return StepScheduler.Canceled(node);
    }

    async Task<StepResult> SkipAsync(GraphNode node)
    {
        var result = new StepResult { Step = node.Table, IsStream = false, Outcome = Outcome.Skipped };
        events.Publish(new RunEvent.StepStarted(node.Table, new()));
        await events.PublishAsync(new RunEvent.StepFinished(result));
        return result;
    }

    static async Task<StepResult> TryAsync(GraphNode node, Func<Task<StepResult>> run)
    {
        var failed = new StepResult
        {
            Step = node.Table, IsStream = node is GraphNode.OfStream, Outcome = Outcome.Failed,
        };
        try
        {
            return await run();
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return failed with { Error = e };
        }
        catch (Exception e) when (e is DeltaException or StorageException or IOException or UnauthorizedAccessException)
        {
            return failed with { Error = DeltaErrors.Find(e) };
        }
        catch (Exception e) when (e is OperationCanceledException or FozException)
        {
            return failed with { Outcome = Outcome.Canceled };
        }
        catch (Exception e)
        {
            // A fault in one step must not take down those beside it, which have their commits to finish.
            return failed with { Error = new(ErrorKind.Bug, $"{e.GetType().Name}: {e.Message}", e) };
        }
    }

    static EndedStep EndOf(StepResult step) => new(
        step.Step,
        step.Outcome switch { Outcome.Failed => "error", Outcome.Canceled => "skipped", _ => "success" },
        step.Error?.Message, step.Elapsed.TotalSeconds, step.RowsWritten);
}
