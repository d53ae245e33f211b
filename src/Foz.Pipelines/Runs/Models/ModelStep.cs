using System.Collections.Immutable;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Engines;
using Foz.Pipelines.Runs.Screening;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>Makes a model's table or view from what it reads.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
sealed partial class ModelStep(StepContext context, GraphNode.OfModel node)
{
    readonly RetainedTableChecks goesOn = new(context, node);
    readonly StepBatches batches = new(context, node, new(context.Lake.Store, node.Table.ToString()));

    readonly IModelEngine engine = ModelEngines.Of(context, node);

    /// <summary>The batch that the table carried when the step looked last.</summary>
    LastCommittedBatch carried;

    /// <summary>Whether the last batch that was planned left rows to the next one.</summary>
    bool leavesRows;

    Model Model => node.Model;

    StepLog Log => batches.Log;

    /// <summary>Whether the table is rebuilt, with all rows that the SELECT returns.</summary>
    bool IsFullRefresh => context.IsFullRefresh && !Model.Materialization.IsFullRefreshRestricted;

    /// <summary>Whether the table stays, and the rows are added to it.</summary>
    bool IsIncremental => !IsFullRefresh && Model.Materialization.Strategy is not null;

    /// <summary>Whether the rows of a batch take the place of all that the table has.</summary>
    static bool IsReplaced(StepManifest manifest) => manifest.Replaces is true;

    /// <summary>
    /// Runs the step: the batch that a crash cut off between its tables, if one did, and what is new.
    /// </summary>
    public async Task<StepResult> RunAsync(CancellationToken cancellationToken)
    {
        var progress = await ReadAsync(cancellationToken);
        StepResult? resumed = null;
        if (progress is { Open: { } begun, IsGone: false } && await batches.IsBegunAsync(begun, cancellationToken))
        {
            resumed = (await WorkAsync(begun, mayWait: false, cancellationToken))!;
            if (resumed.Outcome is Outcome.Failed) return resumed;
            progress = await ReadAsync(cancellationToken);
        }
        while (progress is { Open: { } open, IsGone: false } && !await batches.GiveUpAsync(open, cancellationToken))
            progress = await ReadAsync(cancellationToken);
        var result = await RunNextAsync(progress, cancellationToken);
        while (leavesRows && !context.MakesOneBatch && result.Error is null)
            result = result.Then(await RunNextAsync(await ReadAsync(cancellationToken), cancellationToken));
        return resumed is null ? result : resumed.Then(result);
    }

    async Task<StepProgress> ReadAsync(CancellationToken cancellationToken)
    {
        var progress = await batches.ReadAsync(cancellationToken);
        if (IsIncremental) progress.CheckGoesOn(node.Name);
        carried = progress.Carried;
        return progress;
    }

    /// <summary>Processes the new input after the completed batches.</summary>
    async Task<StepResult> RunNextAsync(StepProgress progress, CancellationToken cancellationToken)
    {
        leavesRows = false;
        if (await FindWaitAsync(cancellationToken) is { } wait)
        {
            context.Warn(new(wait));
            return Result(Outcome.Skipped);
        }
        var done = progress.IsGone ? null : progress.Done;
        var plan = await ModelPlan.OfAsync(context.Reads, Model, IsFullRefresh ? null : done, cancellationToken);
        if (!IsFullRefresh && done is not null) WarnOfOldRows(plan, done);
        if (context.IsFullRefresh && !IsFullRefresh) WarnOfRestriction();
        if (Model.Materialization.Strategy is IncrementalStrategy.Microbatch)
            return await RunIntervalsAsync(plan, progress, cancellationToken);
        if (progress.IsDone && !IsFullRefresh && plan.IsDoneBy(Model, done!)
            && !await FeedsRowsAsync(plan, cancellationToken))
            return await SkipAsync(cancellationToken);
        if (IsIncremental && done is not null) await goesOn.CheckKeysAsync(done, cancellationToken);
        plan = await goesOn.FollowAsync(plan, cancellationToken);
        leavesRows = plan.LeavesRows;
        if (plan.Lost is { } lost) WarnOfLoss(lost);
        return (await RunBatchAsync(Open(plan, progress.Next), new(progress.Done), cancellationToken))!;
    }

    /// <summary>What comes of it where there is nothing to read: at most other tags, or readers.</summary>
    async Task<StepResult> SkipAsync(CancellationToken cancellationToken)
    {
        if (Model.Materialization is Materialization.View) return Result(Outcome.Skipped);
        var version = await new StepReaders(context, node).ReconcileAsync(cancellationToken);
        version = await new TagPropagation(context, node).ReconcileAsync(
            Model.Materialization.Strategy is null, cancellationToken) ?? version;
        return version is null ? Result(Outcome.Skipped) : Result(Outcome.Succeeded) with { TableVersion = version };
    }

    StepManifest Open(ModelPlan plan, long batch) => new()
    {
        Step = node.Table.ToString(),
        Batch = batch,
        RunId = context.RunId,
        CreatedAt = context.Lake.Clock.GetUtcNow(),
        Fingerprint = plan.Fingerprint,
        Rendered = ModelPlan.RenderedOf(Model),
        Replaces = IsFullRefresh || plan.MakesAgain ? true : null,
        Tables = plan.Tables,
        Definition = StepDefinitions.Of(node),
        Key = [.. goesOn.Key],
    };

    /// <summary>
    /// Runs a batch for each interval that is due, one after the other, all of the same versions of inputs. One that
    /// changes nothing makes no commit: the next one, whatever it changes, says that it is filled.
    /// </summary>
    async Task<StepResult> RunIntervalsAsync(ModelPlan plan, StepProgress progress, CancellationToken cancellationToken)
    {
        var intervals = await new ModelIntervals(context, node)
            .PlanAsync(plan, progress.IsGone ? null : progress.Done, IsFullRefresh, cancellationToken);
        if (intervals.Due.Count == 0)
            return progress.IsDone ? await SkipAsync(cancellationToken) : Result(Outcome.Skipped);
        var all = Result(Outcome.Skipped);
        var empty = ImmutableArray<FilledInterval>.Empty;
        var before = new BatchBefore(progress.Done);
        var batch = progress.Next;
        var stale = intervals.Stale;
        foreach (var (number, interval) in intervals.Due.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            stale = stale.Without(interval);
            var manifest = Open(plan, batch) with
            {
                Interval = interval,
                Backfill = intervals.Backfill,
                Filled = empty,
                Stale = stale.Items,
            };
            var isLast = number == intervals.Due.Count - 1;
            if (await RunBatchAsync(
                manifest, before, cancellationToken, mayWait: !isLast && !IsFullRefresh) is not { } result)
            {
                empty = empty.Add(new(interval.Start, interval.End, intervals.Backfill));
                before = before with { Empty = manifest };
                continue;
            }
            empty = [];
            all = result with
            {
                Outcome = all.Outcome is Outcome.Warned && result.Outcome is Outcome.Succeeded
                    ? Outcome.Warned
                    : result.Outcome,
                RowsWritten = all.RowsWritten + result.RowsWritten,
                RowsChanged = all.RowsChanged + result.RowsChanged,
                Checks = [.. all.Checks.Where(check => !check.Passed), .. result.Checks],
            };
            if (result.Error is not null) return all;
            (before, carried, batch) = (new(manifest), carried with { Number = batch }, batch + 1);
        }
        return all;
    }

    /// <summary>What stands before a batch of the run.</summary>
    /// <param name="Done">The last one that is done; null where none is.</param>
    /// <param name="Empty">The run's own of the same number, which made no commit; null where there is none.</param>
    readonly record struct BatchBefore(StepManifest? Done, StepManifest? Empty = null);

    /// <summary>Opens a batch and runs it; one that fails before anything of it is committed is given up.</summary>
    /// <returns>What came of it; null where it changes nothing, and may wait for a commit that does.</returns>
    async Task<StepResult?> RunBatchAsync(
        StepManifest manifest, BatchBefore before, CancellationToken cancellationToken, bool mayWait = false)
    {
        if (before.Empty is not null) await Log.ReopenAsync(before.Empty, manifest, cancellationToken);
        else
        {
            if (before.Done is not null) await Log.FoldAsync(before.Done.Batch, cancellationToken);
            await Log.OpenAsync(manifest, cancellationToken);
        }
        try
        {
            var result = await WorkAsync(manifest, mayWait, cancellationToken);
            if (result is { Outcome: Outcome.Failed }) await batches.EndAsync(manifest, cancellationToken);
            return result;
        }
        catch (FozException)
        {
            await batches.EndAsync(manifest, cancellationToken);
            throw;
        }
    }

    /// <summary>
    /// Runs a batch that is open; again where another writer of the table came first, but no other run of the step.
    /// </summary>
    async Task<StepResult?> WorkAsync(StepManifest manifest, bool mayWait, CancellationToken cancellationToken)
    {
        for (var race = 1; ; race++)
        {
            try
            {
                return Model.Materialization is Materialization.View
                    ? await DefineViewAsync(manifest, cancellationToken)
                    : await WriteTableAsync(manifest, mayWait, cancellationToken);
            }
            catch (FozException e) when (ModelErrors.AreExplained(e))
            {
                throw await engine.ExplainAsync(manifest, e, cancellationToken);
            }
            catch (DeltaException e) when (e.Kind is DeltaErrorKind.Conflict && race < StepContext.RacesMax)
            {
                if (await carried.IsLeftBehindAsync(context.Lake.ForStep(), cancellationToken)) throw;
                context.Warn(new($"another writer committed first ({e.Message}); the step is done again"));
            }
        }
    }

    void WarnOfLoss(TableName table) => context.Warn(new(
        $"the log of {table} no longer has what came since {node.Name} read it: "
            + $"{node.Name} is made again from all rows",
        $"foz alter {table} set 'delta.logRetentionDuration=interval 7 days' keeps a longer log, or make the model "
            + "more often"));

    void WarnOfRestriction() => context.Warn(new(
        Model.Materialization is Materialization.Snapshot
            ? $"{node.Name} is a snapshot: what it holds of the past is nowhere else, and stays with --full-refresh"
            : $"{node.Name} is not rebuilt: 'full_refresh_restricted' forbids it"));

    async Task<StepResult> DefineViewAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        using var session = context.Lake.Engines.Open(Workload.Models);
        using var watch = context.Meter.Watch(session);
        var sql = LakeSql.Of(session, Model.Sql, Model.References, cancellationToken);
        using var output = await engine.RunAsync(manifest, session, cancellationToken);
        var rows = await new ModelRows(context, node, session).OpenAsync(output, manifest, cancellationToken);
        BatchValidator.CheckContract(session, node, rows.Describe(cancellationToken), cancellationToken);
        context.Meter.Begin("checks");
        var checks = await StepChecks.RunAsync(
            session, context.Lake, node, $"({rows.Sql}\n)", manifest.Tables, cancellationToken);
        if (StepChecks.Failure(node, checks) is { } failure)
            return Result(Outcome.Failed) with { Inputs = manifest, Checks = checks, Error = failure };
        await context.Lake.Catalog.DefineAsync(
            node.Table,
            present =>
                present is { Kind: DefinitionKind.View } view && view.Batch >= manifest.Batch
                    ? throw StepLog.Taken(manifest)
                    : new()
                    {
                        Schema = node.Table.Schema,
                        Name = node.Table.Name,
                        Kind = DefinitionKind.View,
                        Sql = sql,
                        Description = Model.Description,
                        Owner = Model.Owner,
                        Batch = manifest.Batch,
                    },
            cancellationToken);
        return Result(checks.Any(c => !c.Passed) ? Outcome.Warned : Outcome.Succeeded) with
        {
            Inputs = manifest,
            Checks = checks,
        };
    }

    async Task<StepResult?> WriteTableAsync(StepManifest manifest, bool mayWait, CancellationToken cancellationToken)
    {
        using var session = context.Lake.Engines.Open(Workload.Models);
        using var watch = context.Meter.Watch(session);
        context.Meter.Begin();
        var table = await context.DefineTableAsync(
            node.Table, Model.Description, Model.Owner, cancellationToken);
        await goesOn.CheckAppendAsync(manifest, cancellationToken);
        using var output = await engine.RunAsync(manifest, session, cancellationToken);
        var given = await new ModelRows(context, node, session).OpenAsync(output, manifest, cancellationToken);
        var isNew = IsReplaced(manifest) || await table.FindLatestAsync(cancellationToken) is null;
        given = UnknownMember.Add(Model, given, isNew, cancellationToken);
        var kept = KeptRowsOf(table, manifest, given, cancellationToken);
        var (rows, staged, stagedState) = await StageAsync(
            session, table, given, kept, manifest, withKeys: false, cancellationToken);
        await using var change = staged;
        await using var state = stagedState;
        var tags = await new TagPropagation(context, node).FindAsync(() => change.Fields, cancellationToken);
        change.Describe(field => tags.ChangesOf(field, IsReplaced(manifest) || Model.Materialization.Strategy is null));
        context.Meter.Begin("checks");
        if (Model.Materialization.Strategy is IncrementalStrategy.Cdc && Model.Contract is not null)
        {
            // What events lack the rows may have.
            using var written = await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken);
            BatchValidator.CheckNulls(session, node, $"SELECT * FROM {written.Sql}", cancellationToken);
        }
        var checks = rows.Results.AddRange(await StepChecks.RunAsync(
            session, context.Lake, node, change, manifest.Tables, cancellationToken));
        if (StepChecks.Failure(node, checks) is { } failure)
        {
            // A check sees NULL where the SELECT gives an empty text.
            if (change.EmptyPartitions is { } empty) context.Warn(empty);
            return Result(Outcome.Failed) with { Inputs = manifest, Checks = checks, Error = failure };
        }
        if (mayWait && change is { RowsAdded: 0, RowsDeleted: 0 } && rows is { RowsDropped: 0 }
            && checks.All(check => check.Passed)
            && !await rows.ChangesQuarantineAsync(kept, cancellationToken)) return null;
        context.Budget?.Charge(context.Meter, change.RowsAdded, change.Counted.BytesAdded);
        await rows.QuarantineAsync(kept, cancellationToken);
        if (state is not null)
        {
            await state.CommitAsync(cancellationToken);
            Foz.Storage.Failpoint.Hit("step.state");
        }
        var committed = await change.CommitAsync(cancellationToken);
        if (committed.Warning is { } warning) context.Warn(warning);
        return Result(checks.Any(c => !c.Passed) ? Outcome.Warned : Outcome.Succeeded) with
        {
            Inputs = manifest,
            TableVersion = committed.Version,
            RowsWritten = change.RowsAdded,
            RowsChanged = IsReplaced(manifest) || Model.Materialization.Strategy is null
                ? change.RowsAdded
                : change.Counted.RowsChanged,
            RowsDropped = rows.RowsDropped,
            RowsQuarantined = rows.RowsQuarantined,
            Checks = checks,
        };
    }

    /// <summary>
    /// Screens rows, and writes the files of the batch. Rows without a key are rare: only if the merge found one, all
    /// rows are checked, and written again without them.
    /// </summary>
    async Task<(ValidatedRows Rows, TableChange Change, TableChange? State)> StageAsync(
        EngineSession session, LakeTable table, Relation given, RetainedRows kept, StepManifest manifest, bool withKeys,
        CancellationToken cancellationToken)
    {
        var rows = await new BatchValidator(context, node, session, manifest)
            .RunAsync(given, kept, withKeys, cancellationToken);
        var hasKeys = rows.HasKeys || node.KeyChecks.Count == 0;
        var writer = new ModelWriter(session, Model, table)
        {
            ArrivedTable = rows.ArrivedTable,
            HasKeys = hasKeys,
            Derived = await DerivedColumns.FindAsync(context, Model, cancellationToken),
            State = await StateAsync(table, manifest, cancellationToken),
        };
        var change = await writer.StageAsync(rows.Passed, manifest, IsReplaced(manifest), cancellationToken);
        if (change.RowsWithoutKey == 0 || hasKeys)
        {
            if (writer.Tied > 0) WarnOfTies(writer.Tied);
            return (rows, change, writer.StateChange);
        }
        await change.DisposeAsync();
        if (writer.StateChange is { } state) await state.DisposeAsync();
        return await StageAsync(session, table, given, kept, manifest, withKeys: true, cancellationToken);
    }

    /// <summary>The table of what is known of events; null where the model is not made of events.</summary>
    async Task<LakeTable?> StateAsync(
        LakeTable table, StepManifest manifest, CancellationToken cancellationToken)
    {
        if (Model.Materialization.Strategy is not IncrementalStrategy.Cdc { FromSnapshot: false } cdc
            || CdcOrder.Applies(
                Model, cdc, IsReplaced(manifest) ? null : await table.FindLatestAsync(cancellationToken)))
            return null;
        var name = node.Table.ChangeState;
        // A table that is not there yet cannot tell that the batch was given up.
        var present = await context.Lake.OpenTableAsync(name, cancellationToken);
        if (await present.FindLatestAsync(cancellationToken) is null)
            await Log.EnsureOpenAsync(manifest, cancellationToken);
        return await context.DefineTableAsync(name, description: null, Model.Owner, cancellationToken);
    }

    void WarnOfTies(long events) => context.Warn(new(
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{events} events of {node.Name} have the sequence of another event of their key: the last one counts"),
        "let 'sequence_by' distinguish the events of a key"));

    RetainedRows KeptRowsOf(
        LakeTable table, StepManifest manifest, Relation given, CancellationToken cancellationToken) =>
        IsReplaced(manifest) ? new(null, [])
        : RetainedRows.Of(
            Model, table, manifest.Interval is null ? null : given.Describe(cancellationToken), manifest.Interval);

    StepResult Result(Outcome outcome) => new() { Step = node.Table, IsStream = false, Outcome = outcome };
}
