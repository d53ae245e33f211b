namespace Foz.Core.Quality;

/// <summary>What a check found.</summary>
/// <param name="Check">The check.</param>
/// <param name="Violations">
/// How many rows break it; 1 for a SQL check that returned another value than expected.
/// </param>
/// <param name="RowsChecked">How many rows the table has.</param>
public sealed record CheckResult(CheckDefinition Check, long Violations, long RowsChecked)
{
    /// <summary>Whether no row breaks it.</summary>
    public bool Passed => Violations == 0;

    /// <summary>What happens if it did not pass.</summary>
    public OnViolation OnViolation => Check.OnViolation;

    /// <summary>Whether the table must not be committed.</summary>
    public bool IsFailure => !Passed && OnViolation is OnViolation.Fail;

    /// <summary>
    /// The value that a SQL check with an expected one returned; null for other checks, or if it was null.
    /// </summary>
    public string? Actual { get; init; }

    /// <summary>
    /// Some rows that break it, each as a JSON object; empty where it passed, or has no rows to show.
    /// </summary>
    public IReadOnlyList<string> Samples { get; init; } = [];

    /// <summary>What was found, without the check's name: <c>12 of 1,000 rows</c>; empty where it passed.</summary>
    public string Finding => Check switch
    {
        _ when Passed => "",
        CheckDefinition.Custom { Value: { } expected } => $"{Actual ?? "null"} instead of {expected}",
        CheckDefinition.Custom => Rows(Violations),
        CheckDefinition.RowCount => $"{Rows(RowsChecked)}, {Violations:N0} {Excess}",
        _ => $"{Violations:N0} of {Rows(RowsChecked)}",
    };

    /// <summary>What was found, in one line: <c>unique(id): 12 of 1,000 rows</c>.</summary>
    public string Describe() => $"{Check.Title}: {(Passed ? "passed" : Finding)}";

    static string Rows(long count) => $"{count:N0} {(count == 1 ? "row" : "rows")}";

    string Excess =>
        Check is CheckDefinition.RowCount { RowsMin: { } min } && RowsChecked < min ? "missing" : "too many";
}
