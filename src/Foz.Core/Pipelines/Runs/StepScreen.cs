using System.Collections.Immutable;
using System.Globalization;
using Foz.Core.Configuration;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;
using Foz.Core.Quality.Cleaning;
using Foz.Core.Quality.Contracts;
using Foz.Core.Tables;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// Cleans the rows of a step's batch, holds them against its contract, and takes those out that break checks with
/// <c>on_violation: drop</c> or <c>quarantine</c>.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The step's node.</param>
/// <param name="session">The session of the step; its temporary table <c>foz_batch</c> is replaced.</param>
/// <param name="manifest">The batch.</param>
sealed class StepScreen(StepContext context, GraphNode node, EngineSession session, StepManifest manifest)
{
    const string Batch = "foz_batch";

    /// <summary>Looks at a batch's rows.</summary>
    /// <param name="select">The rows, read once.</param>
    /// <param name="kept">The rows that stay in the table beside them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They break the contract, or a rule or check cannot be run.</exception>
    public async Task<ScreenedRows> RunAsync(string select, KeptRows kept, CancellationToken cancellationToken)
    {
        var checks = node.Checks.Where(check => check.TakesRowsOut).ToList();
        var passed = new ScreenedRows(context, node, session, manifest) { Select = select };
        if (checks.Count == 0 && node.Clean.Count == 0 && node.Contract is null) return passed;
        var columns = UntypedNulls.Find(session, select, session.Describe(select, cancellationToken), cancellationToken);
        var cleaning = BatchCleaning.Of(node.Clean, select, columns, IsOwn);
        CheckContract(session, node, node.Clean.Count == 0 ? columns : Cleaned(cleaning, columns, cancellationToken), cancellationToken);
        EnsureColumnsExist(checks, columns);
        if (checks.Count == 0 && node.Clean.Count == 0 && !node.Contract!.Required.Any()) return passed;
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Batch} AS {cleaning.Select}", cancellationToken);
        var results = cleaning.Finish(session, Batch, cancellationToken);
        checks.AddRange(cleaning.Checks);
        // The engine took NULL for an INTEGER when it made the table.
        var own = columns.Select(column => column.IsNull && !node.Clean.Any(rule => rule.Columns.Contains(column.Name))
            ? $"NULL AS {SqlText.Identifier(column.Name)}"
            : $"t.{SqlText.Identifier(column.Name)}").ToList();
        passed = passed with { Select = $"SELECT {string.Join(", ", own)} FROM {Batch} AS t", Results = [.. results] };
        if (checks.Count > 0) passed = await ScreenAsync(passed, checks, own, kept, cancellationToken);
        CheckNulls(passed.Select, cancellationToken);
        return passed;
    }

    /// <summary>Takes the rows out that break checks.</summary>
    async Task<ScreenedRows> ScreenAsync(
        ScreenedRows rows, IReadOnlyList<CheckDefinition> checks, IReadOnlyList<string> own, KeptRows kept,
        CancellationToken cancellationToken)
    {
        using var present = await kept.OpenAsync(session, cancellationToken);
        var names = new StepNames(context.Lake, node, manifest.Tables);
        using var bindings = await CheckBindings.OpenAsync(session, names, checks, cancellationToken);
        var screen = new RowScreen(session, Batch)
        {
            RelationOf = bindings.RelationOf,
            KeptRows = present is null ? null : kept.Sql(present.Sql, Batch),
        };
        var results = screen.Run(checks, cancellationToken);
        return rows with
        {
            Select = $"{rows.Select} WHERE {RowScreen.Stays("t")}",
            Results = rows.Results.AddRange(results),
            Quarantined = $"SELECT {string.Join(", ", own)}, {QuarantineColumns.Of(manifest)} FROM ({screen.Quarantined}\n) AS t",
        };
    }

    /// <summary>Holds columns against the contract of a node, if it has one.</summary>
    public static void CheckContract(
        EngineSession session, GraphNode node, IReadOnlyList<EngineColumn> columns, CancellationToken cancellationToken) =>
        node.Contract?.Check(
            session, node.Name.ToString(),
            node is GraphNode.OfStream ? [.. columns.Where(column => IsOwn(column.Name))] : columns, cancellationToken);

    void CheckNulls(string select, CancellationToken cancellationToken)
    {
        if (node.Contract is not { } contract || !contract.Required.Any()) return;
        using var rows = session.Query(contract.CountNulls($"({select})"), cancellationToken);
        var counts = rows.Rows(cancellationToken).First().Select(count => (long)count!);
        var errors = new ErrorList();
        foreach (var (column, nulls) in contract.Required.Zip(counts).Where(count => count.Second > 0))
            errors.Add(TableContract.HasNulls(node.Name.ToString(), column, nulls));
        errors.ThrowIfAny();
    }

    IReadOnlyList<EngineColumn> Cleaned(
        BatchCleaning cleaning, IReadOnlyList<EngineColumn> columns, CancellationToken cancellationToken) =>
        [.. session.Describe(cleaning.Select, cancellationToken).Take(columns.Count)];

    /// <summary>Whether a column is the table's own, and not the platform's beside it.</summary>
    static bool IsOwn(string column) =>
        !ChangeColumns.Fields.Any(field => field.Name.Equals(column, StringComparison.OrdinalIgnoreCase));

    static void EnsureColumnsExist(IEnumerable<CheckDefinition> checks, IReadOnlyList<EngineColumn> columns)
    {
        var errors = new ErrorList();
        foreach (var check in checks) Checker.EnsureColumnsExist(check, [.. columns.Select(column => column.Name)], errors);
        errors.ThrowIfAny();
    }
}

/// <summary>The rows that a batch leaves in its table.</summary>
/// <param name="Table">The table; null where the batch replaces all of it.</param>
/// <param name="ReplacedKey">The columns by which rows of the batch replace others; empty where they replace none.</param>
readonly record struct KeptRows(LakeTable? Table, IReadOnlyList<string> ReplacedKey)
{
    /// <summary>The table as it is; null where nothing of it stays.</summary>
    public async Task<TableRelation?> OpenAsync(EngineSession session, CancellationToken cancellationToken) =>
        Table is not null && await Table.FindLatestAsync(cancellationToken) is { } present
            ? await present.OpenAsync(session, cancellationToken)
            : null;

    /// <summary>The rows that stay beside those of the batch that do.</summary>
    /// <param name="present">The table as it is.</param>
    /// <param name="batch">The batch.</param>
    public string Sql(string present, string batch) => ReplacedKey.Count == 0
        ? present
        : $"(SELECT * FROM {present} AS o WHERE NOT EXISTS (SELECT 1 FROM {batch} AS n WHERE "
            + string.Join(" AND ", ReplacedKey.Select(c => $"n.{SqlText.Identifier(c)} = o.{SqlText.Identifier(c)}"))
            + $" AND {RowScreen.Stays("n")}))";
}

/// <summary>The rows of a batch as they go on to the table, and those that do not.</summary>
/// <param name="Context">The run.</param>
/// <param name="Node">The step's node.</param>
/// <param name="Session">The session of the step.</param>
/// <param name="Manifest">The batch.</param>
sealed record ScreenedRows(StepContext Context, GraphNode Node, EngineSession Session, StepManifest Manifest)
{
    /// <summary>The rows that go on.</summary>
    public required string Select { get; init; }

    /// <summary>What the checks that take rows out found.</summary>
    public ImmutableArray<CheckResult> Results { get; init; } = [];

    /// <summary>The rows that are quarantined, as the table beside holds them; null where no check asks for it.</summary>
    public string? Quarantined { get; init; }

    /// <summary>
    /// Writes the rows that are quarantined: before the main table, under the same batch. What an earlier try of the batch
    /// left there is replaced, so that a row is in one of the two tables and not in both, whatever came between.
    /// </summary>
    /// <param name="replaces">Whether the batch makes its table anew, and so this one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task QuarantineAsync(bool replaces, CancellationToken cancellationToken)
    {
        if (Quarantined is null) return;
        var name = Node.Table.Quarantine;
        var present = await (await Context.Lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken);
        var isRetried = present?.BatchOf(Manifest.Step) >= Manifest.Batch;
        var hasRows = Results.Any(result => result is { Violations: > 0, OnViolation: OnViolation.Quarantine });
        if (!hasRows && !isRetried && !(replaces && present is { RowCount: not 0 })) return;
        var table = await Context.Lake.DefineTableAsync(
            name, $"Rows of {Node.Table} that broke a check", owner: null, cancellationToken);
        var options = new WriteOptions { Batch = isRetried ? null : new(Manifest.Step, Manifest.Batch) };
        var writer = new TableWriter(Session);
        await using var change = replaces ? await writer.OverwriteAsync(table, Quarantined, options, cancellationToken)
            : isRetried ? await writer.ReplaceWhereAsync(
                table, Quarantined,
                string.Create(CultureInfo.InvariantCulture, $"{QuarantineColumns.Batch} = {Manifest.Batch}"),
                options, cancellationToken)
            : await writer.AppendAsync(table, Quarantined, options, cancellationToken);
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) Context.Warn(warning);
        Foz.Delta.Failpoint.Hit("step.quarantined");
    }
}

/// <summary>The columns of a quarantine table behind those of the table itself.</summary>
static class QuarantineColumns
{
    /// <summary>Which row: the same for rows of a batch that are equal.</summary>
    public const string Id = "_quarantine_id";

    /// <summary>The titles of the checks that it broke.</summary>
    public const string Checks = "_quarantine_checks";

    /// <summary>Why, for people.</summary>
    public const string Reason = "_quarantine_reason";

    /// <summary>The batch of the step.</summary>
    public const string Batch = "_quarantine_batch";

    /// <summary>When the batch was opened.</summary>
    public const string At = "_quarantined_at";

    /// <summary>When it went back; null while it waits.</summary>
    public const string ReleasedAt = "_released_at";

    /// <summary>Why it went back; null while it waits.</summary>
    public const string ReleaseReason = "_release_reason";

    /// <summary>The number of the release that it went back with; null while it waits.</summary>
    public const string Release = "_release";

    /// <summary>The columns of rows that are quarantined, over the rows <c>t</c> of <see cref="RowScreen.Quarantined"/>.</summary>
    public static string Of(StepManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        '{manifest.Batch}-' || printf('%016x', hash(t)) AS {Id}, foz_checks AS {Checks}, foz_reason AS {Reason},
        CAST({manifest.Batch} AS BIGINT) AS {Batch}, {ChangeColumnsSql.Instant(manifest.CreatedAt)} AS {At},
        CAST(NULL AS TIMESTAMPTZ) AS {ReleasedAt}, CAST(NULL AS VARCHAR) AS {ReleaseReason}, CAST(NULL AS BIGINT) AS {Release}
        """);
}
