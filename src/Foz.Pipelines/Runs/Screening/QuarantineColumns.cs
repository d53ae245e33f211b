using System.Globalization;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>The columns of a quarantine table after those of the table itself.</summary>
static class QuarantineColumns
{
    /// <summary>Which row: the batch and a number in it.</summary>
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

    /// <summary>
    /// The columns of rows that are quarantined, over the rows <c>t</c> of <see cref="ViolationFilter.Quarantined"/>.
    /// </summary>
    public static string Of(StepManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        '{manifest.Batch}-' || row_number() OVER () AS {Id}, foz_checks AS {Checks}, foz_reason AS {Reason},
        CAST({manifest.Batch} AS BIGINT) AS {Batch}, {ChangeColumnsSql.Instant(manifest.CreatedAt)} AS {At},
        CAST(NULL AS TIMESTAMPTZ) AS {ReleasedAt}, CAST(NULL AS VARCHAR) AS {ReleaseReason}, CAST(NULL AS BIGINT) AS {Release}
        """);

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Id, Checks, Reason, Batch, At, ReleasedAt, ReleaseReason, Release,
    ];
}
