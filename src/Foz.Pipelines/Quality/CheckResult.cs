namespace Foz.Pipelines.Quality;

/// <summary>What a check found.</summary>
/// <param name="Check">The check.</param>
/// <param name="Violations">
/// How many rows break it; 1 for a SQL check that returned another value than expected.
/// </param>
/// <param name="RowsChecked">How many rows the table has.</param>
public sealed record CheckResult(CheckDefinition Check, long Violations, long RowsChecked)
{
    /// <summary>Whether no row breaks it, or no more than it allows.</summary>
    public bool Passed =>
        Violations == 0 || Check is CheckDefinition.Cleaned
            || (Check.Mostly < 1 && Violations <= RowsChecked * (1 - Check.Mostly));

    /// <summary>What happens if it did not pass.</summary>
    public OnViolation OnViolation => Check.OnViolation;

    /// <summary>Whether the table must not be committed.</summary>
    public bool IsFailure => !Passed && OnViolation is OnViolation.Fail;

    /// <summary>
    /// The value that a SQL check with an expected one returned, or what was measured of a check of the table as a
    /// whole; null for other checks, or if it was null.
    /// </summary>
    public string? Actual { get; init; }

    /// <summary>
    /// What was to be measured, such as <c>at least 10</c>; null where <see cref="Actual"/> says all.
    /// </summary>
    public string? Expected { get; init; }

    /// <summary>Numbers that were measured for it, to be compared with later ones.</summary>
    public IReadOnlyList<MeasuredValue> Measured { get; init; } = [];

    /// <summary>
    /// Whether the rows of a batch were looked at, and those that break it taken out where it says so.
    /// </summary>
    public bool IsOfBatch { get; init; }

    /// <summary>
    /// Some rows that break it, each as a JSON object; empty where it passed, or has no rows to show.
    /// </summary>
    public IReadOnlyList<string> Samples { get; init; } = [];

    /// <summary>What was found, without the check's name: <c>12 of 1,000 rows</c>; empty where it passed.</summary>
    public string Finding => Check switch
    {
        CheckDefinition.Cleaned { Column: null } when Violations > 0 =>
            $"{Violations:N0} of {Rows(RowsChecked)} taken out",
        CheckDefinition.Cleaned when Violations > 0 => $"{Violations:N0} of {Rows(RowsChecked)} changed",
        _ when Passed => "",
        CheckDefinition.Custom { Value: { } value } => $"{Actual ?? "null"} instead of {value}",
        CheckDefinition.Custom => Rows(Violations),
        CheckDefinition.RowCount => $"{Rows(RowsChecked)}, {Violations:N0} {Excess}",
        { Scope: CheckScope.Table } => Expected is null ? Actual ?? "" : $"{Actual} instead of {Expected}",
        _ => $"{Violations:N0} of {Rows(RowsChecked)}{Consequence}",
    };

    /// <summary>What was found, in one line: <c>unique(id): 12 of 1,000 rows</c>.</summary>
    public string Describe() => $"{Check.Title}: {(Finding is { Length: > 0 } finding ? finding : "passed")}";

    string Consequence => (IsOfBatch, OnViolation) switch
    {
        (true, OnViolation.Drop) => " dropped",
        (true, OnViolation.Quarantine) => " quarantined",
        _ => "",
    };

    /// <summary>So many rows, in words.</summary>
    internal static string Rows(long count) => $"{count:N0} {(count == 1 ? "row" : "rows")}";

    string Excess =>
        Check is CheckDefinition.RowCount { RowsMin: { } min } && RowsChecked < min ? "missing" : "too many";
}

/// <summary>A number that describes a table or a column at a time.</summary>
/// <param name="Column">The column; null for the table.</param>
/// <param name="Metric">Which number.</param>
/// <param name="Value">The number.</param>
public readonly record struct MeasuredValue(string? Column, string Metric, double Value);
