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

    /// <summary>What was found, in one line: <c>unique(id): 12 of 1000 rows</c>.</summary>
    public string Describe() => Check switch
    {
        _ when Passed => $"{Check.Title}: passed",
        CheckDefinition.Custom { Value: { } expected } => $"{Check.Title}: {Actual ?? "null"} instead of {expected}",
        CheckDefinition.Custom => $"{Check.Title}: {Violations} rows",
        CheckDefinition.RowCount => $"{Check.Title}: {RowsChecked} rows, {Violations} {Excess}",
        _ => $"{Check.Title}: {Violations} of {RowsChecked} rows",
    };

    string Excess =>
        Check is CheckDefinition.RowCount { RowsMin: { } min } && RowsChecked < min ? "missing" : "too many";
}
