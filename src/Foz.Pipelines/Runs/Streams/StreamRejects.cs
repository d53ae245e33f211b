using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Screening;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>The rows of a stream that could not be read, in its table <c>__rejected</c>.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The stream.</param>
/// <param name="log">Its manifests.</param>
sealed class StreamRejects(StepContext context, GraphNode.OfStream node, StepLog log)
{
    /// <summary>How many rows could not be read.</summary>
    public static long Count(EngineSession session, string? rejectedSql, CancellationToken cancellationToken) =>
        rejectedSql is null ? 0 : session.QueryScalar<long>($"SELECT count(*) FROM ({rejectedSql})", cancellationToken);

    /// <summary>How many rows of each file could not be read.</summary>
    public static Dictionary<string, long> CountByFile(
        EngineSession session, string rejectedSql, CancellationToken cancellationToken)
    {
        using var counted = session.Query(
            $"SELECT file, count(*) FROM ({rejectedSql}) GROUP BY ALL", cancellationToken);
        return counted.Rows(cancellationToken).ToDictionary(
            row => (string)row[0]!, row => (long)row[1]!, StringComparer.Ordinal);
    }

    /// <summary>
    /// Makes sure that every row that the source gave arrives, is taken out by a rule that says so, or is rejected.
    /// </summary>
    public void Reconcile(long given, long added, long rejected)
    {
        if (given == added + rejected) return;
        throw new FozException(
            ErrorKind.Data,
            $"{node.Name}: the source gave {given:N0} rows, and {added:N0} would arrive and {rejected:N0} "
                + "be rejected: nothing is written")
        {
            Hint = "run it again; if it stays, report it as a fault of Foz",
        };
    }

    /// <summary>The error of a batch of which too many rows could not be read.</summary>
    public FozException Refusal(long rejected, long rows) => new(
        ErrorKind.Data,
        (rejected == rows
            ? $"{node.Name}: none of {Rows(rows)} could be read"
            : $"{node.Name}: {rejected:N0} of {Rows(rows)} could not be read")
        + $", and {RejectedLimit.Key} is {node.Stream.MaxRejected}: the table is unchanged")
    {
        Place = node.Stream.Definition.Place,
        Hint = $"{node.Table.Rejected} has the rows and the reasons; {RejectedLimit.Key}: 100% "
            + "takes the rows that can be read",
    };

    /// <summary>A number of rows as text.</summary>
    public static string Rows(long rows) => $"{rows:N0} {(rows == 1 ? "row" : "rows")}";

    /// <summary>
    /// Keeps the rows that could not be read: before the main table, under the same batch, or of a batch that is
    /// refused because there are too many, under none. The next batch replaces those of a refused one.
    /// </summary>
    public async Task<long> WriteAsync(
        EngineSession session, StagedBatch batch, StepManifest manifest, bool isRefused,
        CancellationToken cancellationToken)
    {
        var (rejectedSql, replaces) = (batch.RejectedSql, batch.Replaces);
        var present = await (await context.Lake.OpenTableAsync(node.Table.Rejected, cancellationToken))
            .FindLatestAsync(cancellationToken);
        if (present?.BatchOf(manifest.Step) >= manifest.Batch) return 0;
        var outdated = present is null
            ? null
            : await OutdatedRejectsAsync(present, manifest, replaces, isRefused, cancellationToken);
        if (rejectedSql is null && outdated is null) return 0;
        // A table that is not there yet cannot tell that the batch was given up.
        if (present is null || isRefused) await log.EnsureOpenAsync(manifest, cancellationToken);
        var table = await context.DefineTableAsync(
            node.Table.Rejected, $"Rows that could not be read into {node.Table}", node.Source.Owner,
            cancellationToken);
        var all = replaces && !isRefused && rejectedSql is not null;
        rejectedSql ??= $"SELECT {string.Join(", ", RejectedRow.Fields.Select(f =>
            $"CAST(NULL AS {ColumnTypes.NameOf(f.Type)}) AS {f.Name}"))} WHERE false";
        var select = $"SELECT *, {ChangeColumnsSql.Instant(manifest.CreatedAt)} AS {ChangeColumns.SyncedAt} "
            + $"FROM ({rejectedSql})";
        var options = new WriteOptions
        {
            Batch = new(isRefused ? manifest.Step + StepLog.RefusedSuffix : manifest.Step, manifest.Batch),
            Fields = RejectedRow.Fields,
        };
        // No batch number conflicts with the commit of who gives the batch up.
        if (isRefused) options = options with { RacesMax = 0 };
        var writer = new TableWriter(session);
        await using var change = all
            ? await writer.OverwriteAsync(table, select, options, cancellationToken)
            : outdated is not null ? await writer.ReplaceWhereAsync(table, select, outdated, options, cancellationToken)
            : await writer.AppendAsync(table, select, options, cancellationToken);
        if (!all && change is { RowsAdded: 0, RowsDeleted: 0 }) return 0;
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) context.Warn(warning);
        return change.RowsAdded;
    }

    /// <summary>
    /// The condition that is true for the rejected rows that a batch replaces, and for its own: those of files that it
    /// reads again, and those of a batch that was refused; null where there are none.
    /// </summary>
    async Task<string?> OutdatedRejectsAsync(
        TableSnapshot present, StepManifest manifest, bool replaces, bool isRefused,
        CancellationToken cancellationToken)
    {
        var conditions = new List<string>();
        if (!replaces && !isRefused && OfFiles(manifest, RejectedRow.Fields[0].Name) is { } files)
            conditions.Add(files);
        var done = present.BatchOf(manifest.Step);
        if (present.BatchOf(manifest.Step + StepLog.RefusedSuffix) is { } refused
            && (done is null || done < refused || done == present.BatchOf(manifest.Step + StepLog.GivenUpSuffix))
            && (await log.ReadEachAsync(cancellationToken)).FirstOrDefault(other => other.Batch == refused) is { } last)
            conditions.Add(
                $"{ChangeColumns.SyncedAt} IN ({ChangeColumnsSql.Instant(last.CreatedAt)}, "
                    + $"{ChangeColumnsSql.Instant(manifest.CreatedAt)})");
        return conditions.Count == 0 ? null : string.Join(" OR ", conditions);
    }

    /// <summary>
    /// The condition that is true for the rows of a batch's files, also as they were before, of which some changed;
    /// null where none did.
    /// </summary>
    public static string? OfFiles(StepManifest manifest, string column) =>
        manifest.Stream is StreamInputs.OfFiles { Replaces: true, Files: var files }
            ? $"{column} IN ({string.Join(", ", files.Select(file => SqlText.Literal(file.Path)))})"
            : null;
}
