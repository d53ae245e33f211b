using System.Runtime.ExceptionServices;
using Foz.Core.Connectors;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Journal;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Plans;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality.Cleaning;
using Foz.Core.Tables;

namespace Foz.Core.Pipelines.Runs;

/// <summary>Brings what is new in a stream of a source into its bronze table.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The stream.</param>
/// <param name="source">Its source, open.</param>
sealed class StreamStep(StepContext context, GraphNode.OfStream node, ISource source)
{
    readonly StepLog log = new(context.Lake.Store, node.Table.ToString());
    readonly StepBatches batches = new(context, node, new(context.Lake.Store, node.Table.ToString()));

    StreamDefinition Stream => node.Stream.Definition;

    /// <summary>Runs the step: the batch that a crash cut off, if one did, and what is new.</summary>
    public async Task<StepResult> RunAsync(CancellationToken cancellationToken)
    {
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
        version = await new TagFlow(context, node).ReconcileAsync(Stream.Mode is StreamMode.Snapshot, cancellationToken) ?? version;
        return new()
        {
            Step = node.Table, IsStream = true, Outcome = version is null ? Outcome.Skipped : Outcome.Succeeded, Inputs = manifest,
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
        catch (FozException)
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
                Stream, manifest.Stream!, ReadContextOf(present, work.FullName), cancellationToken);
            foreach (var warning in rows.Warnings) context.Warn(warning);
            var confirm = rows.Confirm;
            try
            {
                if (rows.Reached is { } reached)
                {
                    var isNothing = rows.IsEmpty && (present is null ? rows.Fields.Count == 0 : !Replaces(manifest));
                    var planned = manifest;
                    manifest = manifest with { Stream = isNothing ? null : reached };
                    await log.ReopenAsync(planned, manifest, cancellationToken);
                    if (isNothing && present is null)
                        context.Warn(new($"{node.Table} has no rows yet, and no columns: the first rows make it"));
                    if (isNothing) return await SkipAsync(manifest, cancellationToken);
                }
                using var session = context.Lake.Engines.Open(Workload.Ingestion);
                try
                {
                    return await LoadAsync(session, table, rows, manifest, cancellationToken);
                }
                catch (FozException e) when (rows is StreamRows.Selected { Recover: not null })
                {
                    rows = await RecoverAsync((StreamRows.Selected)rows, e, cancellationToken);
                    rows.Confirm = confirm;
                }
                return await LoadAsync(session, table, rows, manifest, cancellationToken);
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

    /// <summary>Why the step would do something; null if it would not.</summary>
    public async Task<string?> FindWorkAsync(CancellationToken cancellationToken)
    {
        var manifests = await log.ReadEachAsync(cancellationToken);
        var last = manifests.Count == 0 ? null : manifests[^1];
        if (last is { Stream: not null } && (last.GivenUpBy is not null || !await CarriesAsync(node.Table, last, cancellationToken)))
            return $"batch {last.Batch} was not finished";
        return (await PlanAsync(manifests.Where(manifest => manifest.GivenUpBy is null), onWait: null, cancellationToken)).Inputs switch
        {
            null => await FindTagsAsync(cancellationToken),
            { ReplacesFiles: true, Files: var files } => $"{files.Length} new or changed {(files.Length == 1 ? "file" : "files")}",
            { Files: { Length: > 0 } files } => $"{files.Length} new {(files.Length == 1 ? "file" : "files")}",
            { RereadsCursor: true, CursorFrom: { } at } => $"rows of {Stream.Cursor} = {at} and behind it",
            { CursorFrom: { } from } => Stream.Cursor is { } cursor ? $"rows behind {cursor} = {from}" : $"changes behind version {from}",
            _ => Stream.Mode is StreamMode.Snapshot ? "snapshot" : "all rows",
        };
    }

    async Task<string?> FindTagsAsync(CancellationToken cancellationToken) =>
        await context.Reads.FindLatestAsync(node.Table, cancellationToken) is { } present
        && new TagFlow(context, node).IsDue(present, Stream.Mode is StreamMode.Snapshot)
            ? "the tags of its columns changed"
            : null;

    /// <summary>The rows that take the place of the ones on which the engine failed.</summary>
    static async Task<StreamRows> RecoverAsync(
        StreamRows.Selected rows, FozException error, CancellationToken cancellationToken)
    {
        var recovered = await rows.Recover!(error, cancellationToken);
        if (recovered is null) ExceptionDispatchInfo.Throw(error);
        return recovered;
    }

    /// <summary>
    /// The batch to run: the last one where a crash left it half committed, else a new plan; null where nothing is new.
    /// </summary>
    async Task<(StepManifest? Manifest, bool IsResumed)> OpenBatchAsync(CancellationToken cancellationToken)
    {
        var progress = await batches.ReadAsync(cancellationToken);
        if (!context.IsFullRefresh && Stream.Mode is not StreamMode.Snapshot) progress.CheckGoesOn(node.Name);
        var open = progress.IsGone ? null : progress.Open;
        if (open is { Stream: not null } && await batches.IsBegunAsync(open, cancellationToken)) return (open, true);
        var done = progress.IsGone || progress.Done is not { Batch: var number }
            ? []
            : (await log.ReadAllAsync(cancellationToken)).Where(manifest => manifest.Batch <= number);
        if ((await PlanAsync(done, context.OnWait, cancellationToken)).Inputs is not { } inputs) return (null, false);
        if (open is { Stream: not null } && !await batches.GiveUpAsync(open, cancellationToken)) return await OpenBatchAsync(cancellationToken);
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

    /// <summary>Plans a batch behind those that are done, and tells what the user should know of it.</summary>
    async Task<BatchPlan> PlanAsync(
        IEnumerable<StepManifest> done, Action<string, TimeSpan>? onWait, CancellationToken cancellationToken)
    {
        var history = context.IsFullRefresh ? [] : done.Select(m => m.Stream).OfType<StreamInputs>().ToList();
        var plan = onWait is null
            ? await source.PlanAsync(Stream, history, cancellationToken)
            : await source.PlanSettledAsync(Stream, history, onWait, cancellationToken);
        foreach (var warning in plan.Warnings) context.Warn(warning);
        if (plan.Inputs is { CursorTo: not null } next && history is [.., { CursorTo: null, Files.IsEmpty: true }])
            context.Warn(ModeChanged(next));
        return plan;
    }

    /// <summary>That a batch goes on from a cursor, or begins with one, behind one that read the whole table.</summary>
    Warning ModeChanged(StreamInputs next) => new(
        $"{node.Table} holds a snapshot, and its mode is now incremental: "
        + (next.CursorFrom is { } from ? $"the rows behind {Stream.Cursor} = {from}" : "all rows")
        + " are appended to those that it has",
        $"foz run {node.Name} --full-refresh makes it anew with each row once");

    async Task<bool> CarriesAsync(TableName name, StepManifest manifest, CancellationToken cancellationToken)
    {
        var table = await context.Lake.OpenTableAsync(name, cancellationToken);
        return (await table.FindLatestAsync(cancellationToken))?.BatchOf(manifest.Step) >= manifest.Batch;
    }

    ReadContext ReadContextOf(TableSnapshot? present, string workFolder)
    {
        var change = ChangeColumns.Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // What a rule makes of a column says nothing of how it arrives.
        change.UnionWith(node.Stream.Columns.Where(column => column.Mask is not null).Select(column => column.Name));
        change.UnionWith(node.Clean.OfType<CleanRule.Cast>().SelectMany(rule => rule.Columns));
        return new()
        {
            TableFields = present?.Fields.Where(f => !change.Contains(f.Name)).ToList() ?? [],
            Engine = context.Lake.Engines,
            WorkFolder = workFolder,
        };
    }

    async Task<StepResult> LoadAsync(
        EngineSession session, LakeTable table, StreamRows rows, StepManifest manifest,
        CancellationToken cancellationToken)
    {
        var counter = new RowCounter();
        using var relation = rows is StreamRows.Streamed streamed ? session.Register(counter.Count(streamed.Stream)) : null;
        var select = rows switch
        {
            StreamRows.Selected selected => ChangeColumnsSql.Select(selected, manifest.CreatedAt),
            StreamRows.Streamed s => ChangeColumnsSql.Select(
                s, relation!, manifest.CreatedAt, $"{node.Source.Name}.{Stream.Name}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var present = context.IsFullRefresh ? null : await table.FindLatestAsync(cancellationToken);
        var arrival = StreamArrival.Of(session, node, rows, select, present, cancellationToken);
        foreach (var told in arrival.Warnings) context.Warn(told);
        var options = new WriteOptions
        {
            Batch = new(manifest.Step, manifest.Batch),
            Fields = [.. arrival.Fields.Select(Describe)],
            Description = node.Stream.Description,
            Readers = node.Readers,
            RacesMax = 0,
        };
        var writer = new TableWriter(session);
        var replaces = Replaces(manifest);
        var reread = replaces ? null : RereadRows(session, present, manifest);
        var changed = replaces || present is null ? null : FileRows(manifest, ChangeColumns.Source);
        var kept = new KeptRows(replaces ? null : table, []) { ReplacedWhere = reread ?? changed };
        var screened = await new StepScreen(context, node, session, manifest).RunAsync(arrival.Select, kept, withKeys: false, cancellationToken);
        var known = await LeaveOutKnownAsync(session, replaces ? null : present, screened.Select, arrival.Fields, reread, manifest, cancellationToken);
        await using var change = replaces
            ? await writer.OverwriteAsync(table, known.Select, options, cancellationToken)
            : changed is not null ? await writer.ReplaceWhereAsync(table, known.Select, changed, options, cancellationToken)
            : await writer.AppendAsync(table, known.Select, options, cancellationToken);
        var tags = await new TagFlow(context, node).FindAsync(() => change.Fields, cancellationToken);
        change.Describe(field => tags.ChangesOf(field, replaces));
        var rowsRead = rows is StreamRows.Streamed ? counter.Rows : rows.RowsRead;
        if (rowsRead is { } given)
            Reconcile(
                session, given, change.RowsAdded + known.Rows + screened.RowsDropped + screened.RowsQuarantined, arrival.RejectedSql, cancellationToken);
        var checks = screened.Results.AddRange(await StepChecks.RunAsync(
            session, context.Lake, node, change, manifest.Tables, cancellationToken));
        if (StepChecks.Failure(node, checks) is { } failure)
            return Result(manifest, Outcome.Failed) with { Checks = checks, Error = failure };
        manifest = await ConfirmAsync(rows, manifest, cancellationToken);
        var rejected = await RejectAsync(session, arrival.RejectedSql, manifest, replaces, cancellationToken);
        await screened.QuarantineAsync(kept, cancellationToken);
        Foz.Delta.Failpoint.Hit("step.side-committed");
        var committed = await change.CommitAsync(cancellationToken);
        if (committed.Warning is { } warning) context.Warn(warning);
        if (rejected > 0)
            context.Warn(new($"{rejected:N0} {(rejected == 1 ? "row" : "rows")} could not be read: see {node.Table.Rejected}"));
        return Result(manifest, checks.Any(c => !c.Passed) || rejected > 0 ? Outcome.Warned : Outcome.Succeeded) with
        {
            TableVersion = committed.Version,
            RowsWritten = change.RowsAdded,
            RowsRejected = rejected,
            RowsDropped = screened.RowsDropped,
            RowsQuarantined = screened.RowsQuarantined,
            Read = (rowsRead, rows.BytesRead),
            Checks = checks,
        };
    }

    /// <summary>The batch with what reading told of its inputs, which must be what they were when reading began.</summary>
    async Task<StepManifest> ConfirmAsync(StreamRows rows, StepManifest manifest, CancellationToken cancellationToken)
    {
        if (rows.Confirm is not { } confirm) return manifest;
        var confirmed = manifest with { Stream = await confirm(cancellationToken) };
        await log.ReopenAsync(manifest, confirmed, cancellationToken);
        return confirmed;
    }

    /// <summary>The rows without those that arrived before, where the batch reads the rows of the last cursor again.</summary>
    async Task<KnownRows> LeaveOutKnownAsync(
        EngineSession session, TableSnapshot? present, string select, IReadOnlyList<Field> fields, string? reread, StepManifest manifest,
        CancellationToken cancellationToken) =>
        manifest.Stream is { RereadsCursor: true } && present is not null
            ? await KnownRows.LeaveOutAsync(session, context.Lake, present, node.Table, select, fields, reread, cancellationToken)
            : new(select, 0);

    /// <summary>
    /// The condition that is true for the rows of the table that a batch may read again; null where it reads none, and where the table
    /// does not have the cursor as it came, or as a type that reads it.
    /// </summary>
    string? RereadRows(EngineSession session, TableSnapshot? present, StepManifest manifest)
    {
        if (manifest.Stream is not { RereadsCursor: true, CursorFrom: { } from } || Stream.Cursor is not { } cursor) return null;
        if (present?.Fields.FirstOrDefault(f => f.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase)) is not { } field) return null;
        if (node.Stream.Columns.Any(column => column.Mask is not null && column.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase))
            || node.Clean.Any(rule => rule.Columns.Contains(field.Name, StringComparer.OrdinalIgnoreCase))) return null;
        var value = $"{SqlText.Literal(from)} AS {ColumnTypes.NameOf(field.Type)}";
        return session.QueryScalar<bool>($"SELECT TRY_CAST({value}) IS NOT NULL", CancellationToken.None)
            ? $"{SqlText.Identifier(field.Name)} >= CAST({value})"
            : null;
    }

    /// <summary>Makes sure that every row that the source gave arrives, is taken out by a rule that says so, or is rejected.</summary>
    void Reconcile(EngineSession session, long given, long added, string? rejectedSql, CancellationToken cancellationToken)
    {
        var rejected = 0L;
        if (rejectedSql is not null)
        {
            using var counted = session.Query($"SELECT count(*) FROM ({rejectedSql})", cancellationToken);
            rejected = (long)counted.Rows(cancellationToken).Single()[0]!;
        }
        if (given == added + rejected) return;
        throw new FozException(
            ErrorKind.Data, $"{node.Name}: the source gave {given:N0} rows, and {added:N0} would arrive and {rejected:N0} be rejected: nothing is written")
        {
            Hint = "run it again; if it stays, report it as a fault of Foz",
        };
    }

    /// <summary>Keeps the rows that could not be read; before the main table, under the same batch.</summary>
    async Task<long> RejectAsync(
        EngineSession session, string? rejectedSql, StepManifest manifest, bool replaces,
        CancellationToken cancellationToken)
    {
        var changed = replaces ? null : FileRows(manifest, RejectedRow.Fields[0].Name);
        if ((rejectedSql is null && changed is null) || await CarriesAsync(node.Table.Rejected, manifest, cancellationToken)) return 0;
        if (changed is not null && (await (await context.Lake.OpenTableAsync(node.Table.Rejected, cancellationToken))
            .FindLatestAsync(cancellationToken)) is null) changed = null;
        if (rejectedSql is null && changed is null) return 0;
        rejectedSql ??= $"SELECT {string.Join(", ", RejectedRow.Fields.Select(f => $"CAST(NULL AS {ColumnTypes.NameOf(f.Type)}) AS {f.Name}"))} WHERE false";
        // A table that is not there yet cannot tell that the batch was given up.
        if (await (await context.Lake.OpenTableAsync(node.Table.Rejected, cancellationToken)).FindLatestAsync(cancellationToken) is null)
            await log.EnsureOpenAsync(manifest, cancellationToken);
        var table = await context.DefineTableAsync(
            node.Table.Rejected, $"Rows that could not be read into {node.Table}", node.Source.Owner, cancellationToken);
        var select = $"SELECT *, {ChangeColumnsSql.Instant(manifest.CreatedAt)} AS {ChangeColumns.SyncedAt} "
            + $"FROM ({rejectedSql})";
        var options = new WriteOptions { Batch = new(manifest.Step, manifest.Batch), Fields = RejectedRow.Fields };
        var writer = new TableWriter(session);
        await using var change = replaces
            ? await writer.OverwriteAsync(table, select, options, cancellationToken)
            : changed is not null ? await writer.ReplaceWhereAsync(table, select, changed, options, cancellationToken)
            : await writer.AppendAsync(table, select, options, cancellationToken);
        if (change.RowsAdded == 0 && !replaces && changed is null) return 0;
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) context.Warn(warning);
        return change.RowsAdded;
    }

    /// <summary>
    /// The condition that is true for the rows of a batch's files, also as they were before, of which some changed; null where none did.
    /// </summary>
    static string? FileRows(StepManifest manifest, string column) => manifest.Stream is { ReplacesFiles: true, Files: var files }
        ? $"{column} IN ({string.Join(", ", files.Select(file => SqlText.Literal(file.Path)))})"
        : null;

    Field Describe(Field field)
    {
        var description = node.Stream.Columns
            .FirstOrDefault(c => string.Equals(c.Name, field.Name, StringComparison.OrdinalIgnoreCase))?.Description;
        return description is null
            ? field
            : field with { Metadata = field.Metadata.SetItem(Field.CommentKey, description) };
    }

    bool Replaces(StepManifest manifest) => manifest.Replaces ?? Stream.Mode is StreamMode.Snapshot;

    StepResult Result(StepManifest manifest, Outcome outcome) =>
        new() { Step = node.Table, IsStream = true, Outcome = outcome, Inputs = manifest };
}
