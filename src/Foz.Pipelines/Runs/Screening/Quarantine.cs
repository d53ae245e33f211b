using System.Globalization;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>Rows of a table that wait in its quarantine for one reason.</summary>
/// <param name="Table">The table that they did not come into.</param>
/// <param name="Checks">The checks that they break.</param>
/// <param name="Rows">How many wait.</param>
/// <param name="Released">How many went back.</param>
/// <param name="Since">When the first of those that wait was quarantined; null where none waits.</param>
/// <param name="Sample">Why, of one of them.</param>
public sealed record QuarantineEntry(
    TableName Table, string Checks, long Rows, long Released, DateTimeOffset? Since, string? Sample);

/// <summary>Which rows are let out of quarantine.</summary>
public sealed record ReleaseRequest
{
    /// <summary>The table that they go back to.</summary>
    public required GraphNode Node { get; init; }

    /// <summary>The environment of the table; no run works in it meanwhile.</summary>
    public required string Environment { get; init; }

    /// <summary>The ids of rows; empty for all that wait.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>A SQL condition of the rows; null for all that wait.</summary>
    public string? Where { get; init; }

    /// <summary>Why they go back although they break checks; null to let those go that keep them now.</summary>
    public string? Reason { get; init; }

    /// <summary>How long to wait for a run on the lake.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>The result of a release.</summary>
/// <param name="Released">How many rows went back.</param>
/// <param name="Broken">How many of those that were asked for break a check still.</param>
/// <param name="Superseded">How many have a key of which the table has a row by now.</param>
/// <param name="Resumed">How many rows of a release that was cut off before went back first.</param>
public sealed record ReleaseResult(long Released, long Broken, long Superseded, long Resumed)
{
    /// <summary>How many have NULL in the key that the table is merged by: they never go back.</summary>
    public long WithoutKey { get; init; }
}

/// <summary>The quarantines of a project's tables: what waits in them, and how it goes back.</summary>
/// <param name="lake">The lake.</param>
public sealed class Quarantine(Lakehouse lake)
{
    const string Batch = "foz_batch", ReleaseStep = StepLog.ReleaseSuffix;

    /// <summary>What is in quarantine, by table and checks.</summary>
    /// <param name="nodes">The tables.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<QuarantineEntry>> ListAsync(
        IEnumerable<GraphNode> nodes, CancellationToken cancellationToken)
    {
        var entries = new List<QuarantineEntry>();
        using var session = lake.Engines.Open(Workload.Models);
        foreach (var node in nodes)
        {
            if (await FindAsync(node.Table.Quarantine, cancellationToken) is not { } present) continue;
            using var relation = await present.OpenAsync(session, cancellationToken);
            using var rows = session.Query(
                $"""
                SELECT array_to_string({QuarantineColumns.Checks}, ', '), count(*) FILTER (WHERE {QuarantineColumns.Release} IS NULL),
                    count({QuarantineColumns.Release}),
                    epoch_ms(min({QuarantineColumns.At}) FILTER (WHERE {QuarantineColumns.Release} IS NULL)),
                    min({QuarantineColumns.Reason})
                FROM {relation.Sql} GROUP BY 1 ORDER BY 2 DESC, 1
                """, cancellationToken);
            entries.AddRange(rows.Rows(cancellationToken).Select(row => new QuarantineEntry(
                node.Table, (string)row[0]!, (long)row[1]!, (long)row[2]!,
                row[3] is long ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null, (string?)row[4])));
        }
        return entries;
    }

    /// <summary>
    /// Releases rows from quarantine into their table: those that pass its current checks, or, with a reason, those
    /// that were asked for. First the rows are marked in the quarantine with the release's number, then the table gets
    /// them in a commit that carries the number. The next release completes one that was cut off in between.
    /// </summary>
    /// <exception cref="FozException">
    /// The step rebuilds the table in each run, a check that fails a run is broken, or a run works in the environment.
    /// </exception>
    public async Task<ReleaseResult> ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var (lease, _) = await RunLease.AcquireResumedAsync(
            lake, JournalWriter.NewRunId(lake.Clock), [request.Environment], request.Wait, cancellationToken);
        await using (lease)
            return await lease.HoldAsync(stop => ReleaseHeldAsync(request, stop), cancellationToken);
    }

    async Task<ReleaseResult> ReleaseHeldAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var node = request.Node;
        var key = KeyOf(node);
        if (await FindAsync(node.Table.Quarantine, cancellationToken) is not { } quarantine) return new(0, 0, 0, 0);
        using var session = lake.Engines.Open(Workload.Models);
        var table = await lake.DefineTableAsync(node.Table, description: null, owner: null, cancellationToken);
        var resumed = await ResumeAsync(session, node, table, quarantine, cancellationToken);
        if (resumed > 0) quarantine = (await FindAsync(node.Table.Quarantine, cancellationToken))!;
        var present = await table.FindLatestAsync(cancellationToken);
        var asked = await ChooseAsync(
            session, request, quarantine, present?.BatchOf(node.Table.ToString()), cancellationToken);
        var merge = (node as GraphNode.OfModel)?.Model.Materialization.Strategy as IncrementalStrategy.Merge;
        var withoutKey = merge is null ? 0 : DeleteWithoutKey(session, key, cancellationToken);
        var broken = request.Reason is null ? await ScreenAsync(session, node, present, key, cancellationToken) : 0;
        var superseded = key.Count == 0
            ? 0
            : await SupersedeAsync(session, present, key, merge?.SequenceBy, cancellationToken);
        if (merge is not null) CheckKeys(session, node, key, cancellationToken);
        var released = asked - withoutKey - broken - superseded;
        var result = new ReleaseResult(released, broken, superseded, resumed) { WithoutKey = withoutKey };
        if (released == 0) return result;
        var number = Math.Max(
            await LastMarkAsync(session, quarantine, cancellationToken),
            present?.BatchOf(node.Table + ReleaseStep) ?? 0) + 1;
        await using var change = await StageAsync(
            session, node, table, $"SELECT * FROM {Batch}", number, cancellationToken);
        await MarkAsync(session, node, number, request.Reason ?? "keeps its checks", cancellationToken);
        await change.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>The columns by which rows of a table replace others; empty where none do.</summary>
    static IReadOnlyList<string> KeyOf(GraphNode node) => node switch
    {
        GraphNode.OfStream { Stream.Definition.Mode: StreamMode.Incremental } => [],
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Append } => [],
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Merge merge } => merge.UniqueKey,
        GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.DeleteInsert replace } =>
            replace.UniqueKey,
        _ => throw new FozException(
            ErrorKind.Usage,
            $"{node.Name} is rebuilt by its step, or has no single rows: nothing can be released into it")
        {
            Hint = "correct the rows where they come from, or the check; the next run takes them in by itself",
        },
    };

    async Task<TableSnapshot?> FindAsync(TableName name, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(name, cancellationToken) is null
            ? null
            : await (await lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken);

    /// <summary>Puts the rows that are asked for into the session's table, and tells how many they are.</summary>
    static async Task<long> ChooseAsync(
        EngineSession session, ReleaseRequest request, TableSnapshot quarantine, long? lastBatch,
        CancellationToken cancellationToken)
    {
        // A batch that is not done yet is done again, and decides about its rows then.
        var conditions = new List<string>
        {
            $"{QuarantineColumns.Release} IS NULL",
            string.Create(CultureInfo.InvariantCulture, $"{QuarantineColumns.Batch} <= {lastBatch ?? 0}"),
        };
        if (request.Ids.Count > 0)
            conditions.Add($"{QuarantineColumns.Id} IN ({string.Join(", ", request.Ids.Select(SqlText.Literal))})");
        if (request.Where is { } where) conditions.Add($"(\n{where}\n)");
        using var relation = await quarantine.OpenAsync(session, cancellationToken);
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Batch} AS SELECT * FROM {relation.Sql} AS t WHERE "
                + $"{string.Join(" AND ", conditions)}",
            cancellationToken);
        return session.QueryScalar<long>($"SELECT count(*) FROM {Batch}", cancellationToken);
    }

    /// <summary>Takes the rows out again that break a check as it is now, and tells how many they are.</summary>
    async Task<long> ScreenAsync(
        EngineSession session, GraphNode node, TableSnapshot? present, IReadOnlyList<string> key,
        CancellationToken cancellationToken)
    {
        // What a rule of cleaning could not read is not in the row any more: there is nothing that could pass.
        var unread = session.Execute(
            $"DELETE FROM {Batch} WHERE len(list_filter({QuarantineColumns.Checks}, lambda foz_check: "
                + "starts_with(foz_check, 'clean.'))) > 0",
            cancellationToken);
        List<CheckDefinition> checks =
            [
                .. node.Checks.Where(check =>
                    check.Scope is not CheckScope.Table && check.OnViolation is not OnViolation.Warn),
            ];
        if (checks.Count == 0) return unread;
        using var kept = present is null ? null : await present.OpenAsync(session, cancellationToken);
        using var bindings = await CheckBindings.OpenAsync(
            session, new StepNameResolver(lake, node, new Dictionary<string, Foz.Pipelines.Batches.TableInput>()),
                checks,
            cancellationToken);
        new ViolationFilter(session, Batch)
        {
            RelationOf = bindings.RelationOf,
            RetainedRows = kept is null ? null : new RetainedRows(Table: null, key).Sql(kept.Sql, Batch),
            Newest = node.Newest,
        }.Run(checks, cancellationToken);
        return unread
            + session.Execute($"DELETE FROM {Batch} AS t WHERE NOT ({ViolationFilter.Stays("t")})", cancellationToken);
    }

    /// <summary>
    /// Takes the rows out that have NULL in a merge's key, whatever the reason for the release: no row could ever
    /// replace them.
    /// </summary>
    static long DeleteWithoutKey(
        EngineSession session, IReadOnlyList<string> key, CancellationToken cancellationToken) => session.Execute(
        $"DELETE FROM {Batch} WHERE "
            + $"{string.Join(" OR ", key.Select(column => $"{SqlText.Identifier(column)} IS NULL"))}",
            cancellationToken);

    /// <summary>
    /// Takes the rows out whose key the table has, or a row of a later batch that is let out too: what is there came
    /// later.
    /// </summary>
    static async Task<long> SupersedeAsync(
        EngineSession session, TableSnapshot? present, IReadOnlyList<string> key, string? sequence,
        CancellationToken cancellationToken)
    {
        var same = string.Join(" AND ", key.Select(c => $"p.{SqlText.Identifier(c)} = t.{SqlText.Identifier(c)}"));
        var order = SqlText.Identifier(sequence ?? QuarantineColumns.Batch);
        var superseded = session.Execute(
            $"DELETE FROM {Batch} AS t WHERE EXISTS (SELECT 1 FROM {Batch} AS p WHERE {same} AND (p.{order} > "
                + $"t.{order} OR p.{order} IS NOT NULL AND t.{order} IS NULL))",
            cancellationToken);
        if (present is null) return superseded;
        using var rows = await present.OpenAsync(session, cancellationToken);
        return superseded + session.Execute(
            $"DELETE FROM {Batch} AS t WHERE EXISTS (SELECT 1 FROM {rows.Sql} AS p WHERE {same})", cancellationToken);
    }

    /// <summary>Makes sure that no two rows that go into a merged table have one key.</summary>
    static void CheckKeys(
        EngineSession session, GraphNode node, IReadOnlyList<string> key, CancellationToken cancellationToken)
    {
        var names = SqlText.Identifiers(key);
        using var repeated = session.Query(
            $"SELECT list({QuarantineColumns.Id} ORDER BY {QuarantineColumns.Id})::VARCHAR, {names} FROM {Batch} GROUP "
                + $"BY {names} HAVING count(*) > 1 LIMIT 1",
            cancellationToken);
        if (repeated.Rows(cancellationToken).FirstOrDefault() is not { } row) return;
        throw new FozException(
            ErrorKind.Data,
            $"several rows to release into {node.Table} have the key "
                + $"{string.Join(", ", key.Zip(row.Skip(1), (name, value) => $"{name} = {value}"))}: {row[0]}")
        {
            Hint = $"name the one to release: foz quarantine release {node.Name} --id …",
        };
    }

    static async Task<long> LastMarkAsync(
        EngineSession session, TableSnapshot quarantine, CancellationToken cancellationToken)
    {
        using var relation = await quarantine.OpenAsync(session, cancellationToken);
        return session.QueryScalar<long>(
            $"SELECT coalesce(max({QuarantineColumns.Release}), 0) FROM {relation.Sql}", cancellationToken);
    }

    /// <summary>Ends a release that marked its rows and was cut off before the table got them.</summary>
    async Task<long> ResumeAsync(
        EngineSession session, GraphNode node, LakeTable table, TableSnapshot quarantine,
        CancellationToken cancellationToken)
    {
        var number = await LastMarkAsync(session, quarantine, cancellationToken);
        var present = await table.FindLatestAsync(cancellationToken);
        if (number == 0 || present?.BatchOf(node.Table + ReleaseStep) >= number) return 0;
        using var rows = await quarantine.OpenAsync(session, cancellationToken);
        var select = string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT * FROM {rows.Sql} AS t WHERE {QuarantineColumns.Release} = {number}");
        await using var change = await StageAsync(session, node, table, select, number, cancellationToken);
        await change.CommitAsync(cancellationToken);
        return change.RowsAdded;
    }

    /// <summary>Writes rows for the table, and makes sure that no check forbids their commit.</summary>
    async Task<TableChange> StageAsync(
        EngineSession session, GraphNode node, LakeTable table, string select, long number,
        CancellationToken cancellationToken)
    {
        var own = $"SELECT * EXCLUDE ({string.Join(", ", QuarantineColumns.All)}) FROM ({select}) AS t";
        // A column that the model's schema policy took away, or never let in, does not come back by a release.
        if (node is GraphNode.OfModel { Model.Materialization.OnSchemaChange: not OnSchemaChange.Append }
            && await table.FindLatestAsync(cancellationToken) is { } present)
        {
            var known = present.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var columns = session.Describe(own, cancellationToken).Select(column => column.Name).Where(known.Contains);
            own = $"SELECT {SqlText.Identifiers(columns)} FROM ({own}) AS t";
        }
        var options = new WriteOptions { Batch = new(node.Table + ReleaseStep, number), RacesMax = 0 };
        var change = await new TableWriter(session).AppendAsync(table, own, options, cancellationToken);
        var checks = await StepChecks.RunAsync(
            session, lake, node, change, new Dictionary<string, Foz.Pipelines.Batches.TableInput>(), cancellationToken);
        if (StepChecks.Failure(node, checks) is not { } failure) return change;
        await change.DisposeAsync();
        throw failure;
    }

    /// <summary>Notes in the quarantine which rows go back, when and why.</summary>
    async Task MarkAsync(
        EngineSession session, GraphNode node, long number, string reason, CancellationToken cancellationToken)
    {
        var quarantine = await lake.OpenTableAsync(node.Table.Quarantine, cancellationToken);
        var select = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT * REPLACE ({ChangeColumnsSql.Instant(lake.Clock.GetUtcNow())} AS {QuarantineColumns.ReleasedAt},
                {SqlText.Literal(reason)} AS {QuarantineColumns.ReleaseReason}, {number}::BIGINT AS {QuarantineColumns.Release})
            FROM {Batch}
            """);
        await using var change = await new TableWriter(session).MergeAsync(
            quarantine, select, new MergeOptions { Keys = [QuarantineColumns.Id] }, cancellationToken);
        await change.CommitAsync(cancellationToken);
    }
}
