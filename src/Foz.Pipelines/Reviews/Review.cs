using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Promotions;
using Foz.Pipelines.Runs;
using Foz.Pipelines.UnitTests;

namespace Foz.Pipelines.Reviews;

/// <summary>How the review of a change ended: what decides whether it may be merged.</summary>
public enum ReviewVerdict
{
    /// <summary>The change may be merged.</summary>
    Passed,

    /// <summary>A check, a test or a step failed, or SQL would no longer work.</summary>
    Failed,

    /// <summary>All was built, but columns of tables of the base go away or get another type.</summary>
    Breaking,
}

/// <summary>What is reviewed: two texts of a project, and two environments.</summary>
public sealed record ReviewSubject
{
    /// <summary>The project's name.</summary>
    public required string Project { get; init; }

    /// <summary>The environment in which the change is built.</summary>
    public required string Environment { get; init; }

    /// <summary>What the names of schemas get in it.</summary>
    public required string SchemaPrefix { get; init; }

    /// <summary>The environment that it is compared with.</summary>
    public required string Base { get; init; }

    /// <summary>The commit that is reviewed; null where it is not known.</summary>
    public string? Revision { get; init; }

    /// <summary>The commit that it began from; null where a folder was named instead.</summary>
    public string? BaseRevision { get; init; }

    /// <summary>The project's name of a table that was built.</summary>
    public TableName NameOf(TableName table) =>
        table.Schema.StartsWith(SchemaPrefix, StringComparison.OrdinalIgnoreCase)
            ? table with { Schema = table.Schema[SchemaPrefix.Length..] }
            : table;
}

/// <summary>What the review of a change found. What was not reached, as something before it failed, is empty.</summary>
/// <param name="Subject">What is reviewed.</param>
public sealed record Review(ReviewSubject Subject)
{
    /// <summary>Why there is no review, such as a base that was never built; null where there is one.</summary>
    public FozException? Refusal { get; init; }

    /// <summary>What is wrong with the project; nothing was planned then.</summary>
    public IReadOnlyList<FozException> Errors { get; init; } = [];

    /// <summary>What would be built, and why.</summary>
    public RunPlan Plan { get; init; } = new([], []);

    /// <summary>Tables of the base whose models the change deletes.</summary>
    public IReadOnlyList<TableName> Removed { get; init; } = [];

    /// <summary>How unit tests ended.</summary>
    public IReadOnlyList<UnitTestOutcome> UnitTests { get; init; } = [];

    /// <summary>How the build ended; null where there was none.</summary>
    public RunResult? Run { get; init; }

    /// <summary>The tables that were built, each after those that it reads.</summary>
    public IReadOnlyList<ReviewedTable> Tables { get; init; } = [];

    /// <summary>What a promotion would do; null where it was not planned.</summary>
    public PromotionPlan? Promotion { get; init; }

    /// <summary>Whether changes that break readers of columns are allowed.</summary>
    public bool AllowsBreaking { get; init; }

    /// <summary>The tables whose columns go away or get another type.</summary>
    public IEnumerable<ReviewedTable> Breaking => Tables.Where(table => table.IsBreaking);

    /// <summary>Whether the change may be merged.</summary>
    public ReviewVerdict Verdict =>
        Refusal is not null || Errors.Count + Plan.Breaks.Count > 0 || UnitTests.Any(test => !test.Passed)
            || Run?.Outcome is Outcome.Failed or Outcome.Canceled
            || Run?.Tests.Any(test => test.IsFailure) == true
            ? ReviewVerdict.Failed
        : !AllowsBreaking && Breaking.Any() ? ReviewVerdict.Breaking
        : ReviewVerdict.Passed;
}

/// <summary>A table that was built, beside that of the base.</summary>
/// <param name="Diff">How they differ.</param>
public sealed record ReviewedTable(TableDiff Diff)
{
    /// <summary>Its rows; of the base too. Null where there is no such table.</summary>
    public (long? Before, long? Now) Rows { get; init; }

    /// <summary>Its bytes; of the base too. Null where there is no such table, and of views.</summary>
    public (long? Before, long? Now) Bytes { get; init; }

    /// <summary>How long its step took; that of the base when it last committed. Null where it is not known.</summary>
    public (TimeSpan? Before, TimeSpan? Now) Time { get; init; }

    /// <summary>
    /// Tables that it read at another version than the table of the base did: rows may differ for that reason too.
    /// </summary>
    public IReadOnlyList<string> OtherInputs { get; init; } = [];

    /// <summary>Whether a column that the base has goes away or gets another type.</summary>
    public bool IsBreaking => Diff is { IsBefore: true, IsNow: true }
        && Diff.Schema.Any(column => column.Before is not null);
}
