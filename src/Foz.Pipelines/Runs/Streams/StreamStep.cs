using System.Runtime.ExceptionServices;
using Foz.Connectors;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Screening;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Brings what is new in a stream of a source into its bronze table.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The stream.</param>
/// <param name="source">Its source, open.</param>
sealed partial class StreamStep(StepContext context, GraphNode.OfStream node, ISource source)
{
    const int AttemptsMax = 3;
    static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(1);

    readonly StepLog log = new(context.Lake.Store, node.Table.ToString());
    readonly StepBatches batches = new(context, node, new(context.Lake.Store, node.Table.ToString()));
    readonly StreamWork planning = new(context, node, source);
    readonly StreamRejects rejects = new(context, node, new(context.Lake.Store, node.Table.ToString()));

    /// <summary>
    /// The last batch that is done, as it was when the one that runs was opened; null where there is none.
    /// </summary>
    StepManifest? lastDone;

    /// <summary>Whether the rows of a batch are read: before that, its source was asked for what it has.</summary>
    bool isReading;

    /// <summary>What was said of how rows arrive: those that are read again say it again.</summary>
    readonly HashSet<Warning> warned = [];

    /// <summary>The batch that the table carried when the step looked last.</summary>
    LastCommittedBatch carried;

    StreamDefinition Stream => node.Stream.Definition;

    bool WidensTypes => node.Stream.Drift is DriftPolicy.Evolve;

    /// <summary>
    /// Runs the step: the batch that a crash cut off, if one did, and what is new. Where a source breaks off while it
    /// is read, a new batch reads it again; so does one where another writer of the table came first, but no other run
    /// of the step.
    /// </summary>
    public async Task<StepResult> RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunBatchesAsync(cancellationToken);
            }
            // A source that sends nothing more would not do so again either.
            catch (FozException e) when (isReading && attempt < AttemptsMax
                && e is { Kind: ErrorKind.Source, IsTransient: true, InnerException: not (null or TimeoutException) })
            {
                context.Warn(new($"{e.Message}: reading it again from the beginning ({attempt + 1} of {AttemptsMax})"));
                await Task.Delay(attempt * RetryWait, context.Lake.Clock, cancellationToken);
            }
            catch (DeltaException e) when (e.Kind is DeltaErrorKind.Conflict && attempt < AttemptsMax)
            {
                if (await carried.IsLeftBehindAsync(context.Lake, cancellationToken)) throw;
                context.Warn(new($"another writer committed first ({e.Message}); the step is done again"));
            }
        }
    }

    async Task<StepResult> RunBatchesAsync(CancellationToken cancellationToken)
    {
        isReading = false;
        var (manifest, isResumed) = await OpenBatchAsync(cancellationToken);
        if (manifest is null) return await SkipAsync(null, cancellationToken);
        var result = await TryBatchAsync(manifest, cancellationToken);
        if (!isResumed || result.Outcome is Outcome.Failed) return result;
        (manifest, _) = await OpenBatchAsync(cancellationToken);
        return manifest is null ? result : result.Then(await TryBatchAsync(manifest, cancellationToken));
    }

    /// <summary>What comes of it where nothing is new: at most other tags, or readers.</summary>
    async Task<StepResult> SkipAsync(StepManifest? manifest, CancellationToken cancellationToken)
    {
        var version = await new StepReaders(context, node).ReconcileAsync(cancellationToken);
        version = await new TagPropagation(context, node).ReconcileAsync(Stream.Mode is StreamMode.Snapshot,
            cancellationToken)
            ?? version;
        return new()
        {
            Step = node.Table, IsStream = true, Outcome = version is null ? Outcome.Skipped : Outcome.Succeeded,
            Inputs = manifest,
            TableVersion = version,
        };
    }

    /// <summary>Runs a batch; one that fails before anything of it is committed is given up.</summary>
    async Task<StepResult> TryBatchAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            var result = await RunBatchAsync(manifest, cancellationToken);
            if (result.Outcome is Outcome.Failed) await batches.EndAsync(manifest, cancellationToken);
            return result;
        }
        catch (Exception e) when (e is FozException or DeltaException { Kind: DeltaErrorKind.Conflict })
        {
            await batches.EndAsync(manifest, cancellationToken);
            throw;
        }
    }

    async Task<StepResult> RunBatchAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        var work = context.Lake.Engines.CreateTempFolder();
        try
        {
            var table = await context.DefineTableAsync(
                node.Table, node.Stream.Description, node.Source.Owner, cancellationToken);
            var present = await table.FindLatestAsync(cancellationToken);
            var rows = await source.ReadAsync(
                Stream, manifest.Stream!,
                StreamReading.ContextOf(context, node, IsMadeAgain(manifest) ? null : present, work.FullName),
                cancellationToken);
            foreach (var warning in rows.Warnings) context.Warn(warning);
            try
            {
                using var session = context.Lake.Engines.Open(Workload.Ingestion);
                using var watch = context.Meter.Watch(session);
                while (true)
                {
                    if (rows.ActualInputs is { } reached)
                    {
                        var isNothing = rows.IsEmpty
                            && (present is null ? rows.Fields.Count == 0 : !Replaces(manifest));
                        var planned = manifest;
                        manifest = manifest with { Stream = isNothing ? null : reached };
                        await log.ReopenAsync(planned, manifest, cancellationToken);
                        if (isNothing && present is null)
                            context.Warn(new($"{node.Table} has no rows yet, and no columns: the first rows make it"));
                        if (isNothing) return await SkipAsync(manifest, cancellationToken);
                    }
                    isReading = true;
                    try
                    {
                        return await LoadAsync(session, table, rows, manifest, cancellationToken);
                    }
                    catch (FozException e) when (rows is StreamRows.Selected { Recover: not null })
                    {
                        rows = await RecoverAsync((StreamRows.Selected)rows, e, cancellationToken);
                    }
                }
            }
            finally
            {
                await rows.DisposeAsync();
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>The rows that take the place of the ones on which the engine failed.</summary>
    async Task<StreamRows> RecoverAsync(
        StreamRows.Selected rows, FozException error, CancellationToken cancellationToken)
    {
        var recovered = await rows.Recover!(error, cancellationToken);
        if (recovered is null) ExceptionDispatchInfo.Throw(error);
        recovered.TakePlaceOf(rows);
        foreach (var warning in recovered.Warnings.Except(rows.Warnings)) context.Warn(warning);
        return recovered;
    }

    /// <summary>
    /// The batch to run: the last one where a crash left it half committed, else a new plan; null where nothing is new.
    /// </summary>
    async Task<(StepManifest? Manifest, bool IsResumed)> OpenBatchAsync(CancellationToken cancellationToken)
    {
        var progress = await batches.ReadAsync(cancellationToken);
        carried = progress.Carried;
        if (!context.IsFullRefresh && Stream.Mode is not StreamMode.Snapshot) progress.CheckGoesOn(node.Name);
        var open = progress.IsGone ? null : progress.Open;
        lastDone = progress.Done;
        if (lastDone is not null && !context.IsFullRefresh) await ConfirmAsync(lastDone, cancellationToken);
        if (open is { Stream: not null } && await batches.IsBegunAsync(open, cancellationToken))
            return await batches.TakeAsync(cancellationToken) ? await OpenBatchAsync(cancellationToken) : (open, true);
        var done = progress.IsGone || progress.Done is not { Batch: var number }
            ? []
            : (await log.ReadAllAsync(cancellationToken)).Where(manifest => manifest.Batch <= number);
        if ((await planning.PlanAsync(done, context.OnWait, cancellationToken)).Inputs is not { } inputs)
            return (null, false);
        // The plan was made before the lease was taken: another run may have done the work.
        if (await batches.TakeAsync(cancellationToken)
            && !(await batches.ReadAsync(cancellationToken)).IsAs(progress))
            return await OpenBatchAsync(cancellationToken);
        if (open is { Stream: not null } && !await batches.GiveUpAsync(open, cancellationToken))
            return await OpenBatchAsync(cancellationToken);
        if (progress.Done is not null) await log.FoldAsync(progress.Done.Batch, cancellationToken);
        // One that found nothing to read read nothing.
        var idle = open is { Stream: null } ? open : null;
        var manifest = new StepManifest
        {
            Step = node.Table.ToString(),
            Batch = idle?.Batch ?? progress.Next,
            RunId = context.RunId,
            CreatedAt = context.Lake.Clock.GetUtcNow(),
            Fingerprint = "",
            Replaces = Stream.Mode is StreamMode.Snapshot || context.IsFullRefresh,
            Stream = inputs,
            Definition = StepDefinitions.Of(node),
        };
        if (idle is not null) await log.ReopenAsync(idle, manifest, cancellationToken);
        else await log.OpenAsync(manifest, cancellationToken);
        return (manifest, false);
    }

    async Task<bool> HasCommittedAsync(TableName name, StepManifest manifest, CancellationToken cancellationToken)
    {
        var table = await context.Lake.OpenTableAsync(name, cancellationToken);
        return (await table.FindLatestAsync(cancellationToken))?.BatchOf(manifest.Step) >= manifest.Batch;
    }

    async Task<StepResult> LoadAsync(
        EngineSession session, LakeTable table, StreamRows rows, StepManifest manifest,
        CancellationToken cancellationToken)
    {
        var counter = new RowCounter(context.Meter);
        using var relation = rows is StreamRows.Streamed streamed
            ? session.Register(counter.Count(streamed.Stream))
            : null;
        context.Meter.Begin(
            rowsTotal: (rows as StreamRows.Streamed)?.Stream.RowCountEstimate,
            bytesTotal: rows.BytesRead ?? BytesOf(manifest.Stream));
        var select = rows switch
        {
            StreamRows.Selected selected => ChangeColumnsSql.Select(selected, manifest.CreatedAt),
            StreamRows.Streamed s => ChangeColumnsSql.Select(
                s, relation!, manifest.CreatedAt, $"{node.Source.Name}.{Stream.Name}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var present = context.IsFullRefresh ? null : await table.FindLatestAsync(cancellationToken);
        var arrival = IncomingRows.Of(session, node, rows, select, present, cancellationToken);
        foreach (var warning in arrival.Warnings.Where(warned.Add)) context.Warn(warning);
        var options = new WriteOptions
        {
            Batch = new(manifest.Step, manifest.Batch),
            Fields = [.. arrival.Fields.Select(field => IncomingRows.Describe(node, field))],
            Description = node.Stream.Description, Readers = node.Readers, WidensTypes = WidensTypes, RacesMax = 0,
        };
        var writer = new TableWriter(session);
        var replaces = Replaces(manifest);
        var reread = replaces ? null : OverlapFilter.FindReread(session, node, present, manifest);
        var changed = replaces || present is null ? null : StreamRejects.OfFiles(manifest, ChangeColumns.Source);
        var kept = new RetainedRows(replaces ? null : table, []) { ReplacedWhere = reread ?? changed };
        var screened = await new BatchValidator(context, node, session, manifest)
            .RunAsync(new(session, arrival.Select), kept, withKeys: false, cancellationToken);
        // The rows without those that arrived before, where the batch reads the rows of the last cursor again.
        var known = manifest.Stream is StreamInputs.OfCursor { Rereads: true } && !replaces && present is not null
            ? await OverlapFilter.LeaveOutAsync(
                session, context.Lake, present, node.Table, screened.Passed.Sql, arrival.Fields, reread,
                cancellationToken)
            : new(screened.Passed.Sql, 0);
        using var tally = replaces ? new RowTally() : null;
        await using var change = await IncomingRows.WriteAsync(node, () => tally is not null
            ? writer.OverwriteAsync(
                table, Tally(session, tally, known.Select, cancellationToken), options, cancellationToken)
            : changed is not null ? writer.ReplaceWhereAsync(table, known.Select, changed, options, cancellationToken)
            : writer.AppendAsync(table, known.Select, options, cancellationToken));
        if (await RepeatedRows.NumberAsync(session, Stream, rows, change, cancellationToken) is { } numbered)
            return await LoadAsync(session, table, numbered, manifest, cancellationToken);
        var tags = await new TagPropagation(context, node).FindAsync(() => change.Fields, cancellationToken);
        change.Describe(field => tags.ChangesOf(field, replaces));
        var rowsRead = rows is StreamRows.Streamed read ? counter.Rows + read.CountRejected() : rows.RowsRead;
        var batch = new StagedBatch(rows, change, screened, kept)
        {
            Replaces = replaces,
            RejectedSql = arrival.RejectedSql,
            RowsRead = rowsRead,
            Arrived = change.RowsAdded + known.Rows + screened.RowsDropped + screened.RowsQuarantined,
            Rejected = StreamRejects.Count(session, arrival.RejectedSql, cancellationToken),
            // Rows that did not pass once are not known to have passed whole.
            Hash = tally is not null && tally.Rows == change.RowsAdded ? tally.Hash : null,
        };
        if (rowsRead is { } given) rejects.Reconcile(given, batch.Arrived, batch.Rejected);
        return await FinishAsync(session, table, batch, manifest, cancellationToken);
    }

    /// <summary>Commits a batch, if nothing forbids that.</summary>
    async Task<StepResult> FinishAsync(
        EngineSession session, LakeTable table, StagedBatch batch, StepManifest manifest,
        CancellationToken cancellationToken)
    {
        var (rows, change, screened, kept) = batch;
        var read = (batch.RowsRead, rows.BytesRead);
        if (node.Stream.MaxRejected.IsExceeded(batch.Rejected, batch.Arrived + batch.Rejected)
            && !await HasCommittedAsync(node.Table.Rejected, manifest, cancellationToken))
        {
            manifest = await VerifyAsync(session, rows, batch.RejectedSql, manifest, cancellationToken);
            await rejects.WriteAsync(session, batch, manifest, isRefused: true, cancellationToken);
            return Result(manifest, Outcome.Failed) with
            {
                RowsRejected = batch.Rejected,
                Read = read,
                Error = rejects.Refusal(batch.Rejected, batch.Arrived + batch.Rejected),
            };
        }
        if (batch.Replaces && SnapshotDrift.Check(context, node, change, rows.MissingColumns) is { } drifted)
            return Result(manifest, Outcome.Failed) with { Error = drifted };
        context.Meter.Begin("checks");
        var checks = screened.Results.AddRange(await StepChecks.RunAsync(
            session, context.Lake, node, change, manifest.Tables, cancellationToken));
        if (StepChecks.Failure(node, checks) is { } failure)
            return Result(manifest, Outcome.Failed) with { Checks = checks, Error = failure };
        if (await IsUnchangedAsync(batch, manifest, table, cancellationToken))
        {
            var idle = manifest with { Stream = null };
            await log.ReopenAsync(manifest, idle, cancellationToken);
            return Result(idle, checks.Any(c => !c.Passed) ? Outcome.Warned : Outcome.Skipped) with
            {
                Read = read,
                RowsDropped = screened.RowsDropped,
                Checks = checks,
            };
        }
        context.Budget?.Charge(
            context.Meter, batch.RowsRead ?? change.RowsAdded, rows.BytesRead ?? change.Counted.BytesAdded);
        manifest = await VerifyAsync(
            session, rows, batch.RejectedSql, manifest with { RowsHash = batch.Hash }, cancellationToken);
        var rejected = await rejects.WriteAsync(session, batch, manifest, isRefused: false, cancellationToken);
        await screened.QuarantineAsync(kept, cancellationToken);
        Failpoint.Hit("step.side-committed");
        var committed = await change.CommitAsync(cancellationToken);
        if (committed.Warning is { } warning) context.Warn(warning);
        Failpoint.Hit("step.committed");
        await ConfirmAsync(manifest, cancellationToken);
        if (rejected > 0)
            context.Warn(new($"{StreamRejects.Rows(rejected)} could not be read: see {node.Table.Rejected}"));
        return Result(manifest, checks.Any(c => !c.Passed) || rejected > 0 ? Outcome.Warned : Outcome.Succeeded) with
        {
            TableVersion = committed.Version,
            RowsWritten = change.RowsAdded,
            RowsChanged = batch.Replaces ? change.RowsAdded : change.Counted.RowsChanged,
            RowsRejected = rejected,
            RowsDropped = screened.RowsDropped,
            RowsQuarantined = screened.RowsQuarantined,
            Read = read,
            Checks = checks,
        };
    }

    /// <summary>
    /// Returns the batch with the inputs that reading reported, which must be the same as when reading began.
    /// </summary>
    async Task<StepManifest> VerifyAsync(
        EngineSession session, StreamRows rows, string? rejectedSql, StepManifest manifest,
        CancellationToken cancellationToken)
    {
        if (rows.Verify is null && manifest.RowsHash is null) return manifest;
        var inputs = rows.Verify is { } verify ? await verify(cancellationToken) : manifest.Stream!;
        if (rejectedSql is not null && inputs is StreamInputs.OfFiles files)
            inputs = files.WithRejected(StreamRejects.CountByFile(session, rejectedSql, cancellationToken));
        var confirmed = manifest with { Stream = inputs };
        await log.ReopenAsync(manifest, confirmed, cancellationToken);
        return confirmed;
    }

    /// <summary>
    /// Whether the table is made again, with the columns and types that come; a snapshot keeps those that it has.
    /// </summary>
    bool IsMadeAgain(StepManifest manifest) =>
        context.IsFullRefresh || (Stream.Mode is not StreamMode.Snapshot && Replaces(manifest));

    bool Replaces(StepManifest manifest) => manifest.Replaces ?? Stream.Mode is StreamMode.Snapshot;

    StepResult Result(StepManifest manifest, Outcome outcome) =>
        new() { Step = node.Table, IsStream = true, Outcome = outcome, Inputs = manifest };
}
