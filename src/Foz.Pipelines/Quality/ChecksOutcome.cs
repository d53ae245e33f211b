using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Pipelines.Quality;

/// <summary>The result of checking one table or test.</summary>
/// <param name="Name">The table's name in the lake, or the test's.</param>
/// <param name="Checks">What its checks found; empty where they could not be run.</param>
/// <param name="Error">Why they could not be run; null where they could.</param>
public sealed record ChecksOutcome(string Name, IReadOnlyList<CheckResult> Checks, FozException? Error = null)
{
    /// <summary>
    /// The table or view in the lake that has the rows which a SQL test found; null where they are not kept.
    /// </summary>
    public TableName? Failures { get; init; }

    /// <summary>Whether a check that fails a run is broken, or could not be run.</summary>
    public bool IsFailure => Error is not null || Checks.Any(check => check.IsFailure);
}
