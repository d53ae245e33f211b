using System.Collections.Immutable;
using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>The rows of a batch as they go on to the table, and those that do not.</summary>
/// <param name="Context">The run.</param>
/// <param name="Node">The step's node.</param>
/// <param name="Session">The session of the step.</param>
/// <param name="Manifest">The batch.</param>
sealed record ValidatedRows(StepContext Context, GraphNode Node, EngineSession Session, StepManifest Manifest)
{
    /// <summary>The rows that go on.</summary>
    public required Relation Passed { get; init; }

    /// <summary>Whether rows that have NULL in the key of a merge are taken out.</summary>
    public bool HasKeys { get; init; }

    /// <summary>
    /// The temporary table of all rows that came, where checks were to take some out; null where none was.
    /// </summary>
    public string? ArrivedTable { get; init; }

    /// <summary>What the checks that take rows out found.</summary>
    public ImmutableArray<CheckResult> Results { get; init; } = [];

    /// <summary>How many rows are left out: double ones, and those that break a check with <c>drop</c>.</summary>
    public long RowsDropped { get; init; }

    /// <summary>How many rows are quarantined.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>
    /// The rows that are quarantined, as the table beside holds them; null where no check asks for it.
    /// </summary>
    public string? Quarantined { get; init; }

    /// <summary>
    /// Writes the rows that are quarantined: before the main table, under the same batch. What an earlier try of the
    /// batch left there is replaced, so that a row is in one of the two tables and not in both, whatever came between.
    /// </summary>
    /// <param name="kept">The rows that stay in the table; where none do, none stay here either.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task QuarantineAsync(RetainedRows kept, CancellationToken cancellationToken)
    {
        if (Quarantined is null) return;
        var name = Node.Table.Quarantine;
        var present = await FindAsync(cancellationToken);
        var isRetried = present?.BatchOf(Manifest.Step) >= Manifest.Batch;
        if (RowsQuarantined == 0 && !await MayGoAsync(kept, present, isRetried, cancellationToken)) return;
        using var known = present is not null && IsReadAgain(kept)
            ? await present.OpenAsync(Session, cancellationToken)
            : null;
        var quarantined = known is null ? Quarantined : New(known, present!, cancellationToken);
        if (known is not null && !isRetried
            && Session.QueryScalar<long>($"SELECT count(*) FROM ({quarantined}\n)", cancellationToken) == 0)
            return;
        // A table that is not there yet cannot tell that the batch was given up.
        if (present is null)
            await new StepLog(Context.Lake.Store, Manifest.Step).EnsureOpenAsync(Manifest, cancellationToken);
        var table = await Context.DefineTableAsync(
            name, $"Rows of {Node.Table} that broke a check", owner: null, cancellationToken);
        var options = new WriteOptions { Batch = isRetried ? null : new(Manifest.Step, Manifest.Batch) };
        var writer = new TableWriter(Session);
        var ofBatch = string.Create(CultureInfo.InvariantCulture, $"{QuarantineColumns.Batch} = {Manifest.Batch}");
        await using var change = kept.Table is null
            ? await writer.OverwriteAsync(table, quarantined, options, cancellationToken)
            : present is not null && (isRetried || kept.ReplacedWhere is not null)
                ? await writer.ReplaceWhereAsync(
                    table, quarantined, kept.ReplacedWhere is { } where ? $"{ofBatch} OR (\n{where}\n)" : ofBatch,
                    options,
                    cancellationToken)
                : await writer.AppendAsync(table, quarantined, options, cancellationToken);
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) Context.Warn(warning);
        Foz.Storage.Failpoint.Hit("step.quarantined");
    }

    /// <summary>Whether the quarantine becomes another one by the batch.</summary>
    public async Task<bool> ChangesQuarantineAsync(RetainedRows kept, CancellationToken cancellationToken)
    {
        if (Quarantined is null) return false;
        if (RowsQuarantined > 0) return true;
        var present = await FindAsync(cancellationToken);
        return await MayGoAsync(kept, present, present?.BatchOf(Manifest.Step) >= Manifest.Batch, cancellationToken);
    }

    async Task<TableSnapshot?> FindAsync(CancellationToken cancellationToken) =>
        await (await Context.Lake.OpenTableAsync(Node.Table.Quarantine, cancellationToken))
            .FindLatestAsync(cancellationToken);

    /// <summary>Whether rows of the quarantine go: those of an earlier try, or of what the batch replaces.</summary>
    async Task<bool> MayGoAsync(
        RetainedRows kept, TableSnapshot? present, bool isRetried, CancellationToken cancellationToken)
    {
        if (isRetried) return true;
        if (present is null or { RowCount: 0 }) return false;
        if (kept.ReplacedWhere is not { } where) return kept.Table is null;
        using var rows = await present.OpenAsync(Session, cancellationToken);
        return Session.QueryScalar<bool>(
            $"SELECT EXISTS (SELECT 1 FROM {rows.Sql} WHERE (\n{where}\n))", cancellationToken);
    }

    /// <summary>
    /// Whether the batch may have rows that an earlier one had: it does not read only what is new, and its rows replace
    /// others of their keys.
    /// </summary>
    bool IsReadAgain(RetainedRows kept) =>
        kept is { ReplacedKey.Count: > 0, ReplacedWhere: null } && Node is GraphNode.OfModel { Model: var model }
            && !model.ReadsNewRows;

    /// <summary>
    /// The rows that are not in the quarantine as they are, for the same checks, since an earlier batch.
    /// </summary>
    string New(TableRelation known, TableSnapshot present, CancellationToken cancellationToken)
    {
        var own = Session.Describe(Quarantined!, cancellationToken).Select(column => column.Name)
            .Where(column => column == QuarantineColumns.Checks || !QuarantineColumns.All.Contains(column)).ToList();
        var same = own.Select(column =>
            !present.Fields.Any(field => field.Name.Equals(column, StringComparison.OrdinalIgnoreCase))
                ? $"q.{SqlText.Identifier(column)} IS NULL"
                : $"q.{SqlText.Identifier(column)} IS NOT DISTINCT FROM k.{SqlText.Identifier(column)}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT q.* FROM ({Quarantined}
            ) AS q WHERE NOT EXISTS (
                SELECT 1 FROM {known.Sql} AS k WHERE k.{QuarantineColumns.Batch} <> {Manifest.Batch} AND {string.Join(" AND ", same)})
            """);
    }
}
