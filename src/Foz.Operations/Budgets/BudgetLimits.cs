namespace Foz.Operations.Budgets;

/// <summary>The limits of a run; those that are null do not hold.</summary>
/// <param name="RowsMax">How many rows it may read from sources and write by models.</param>
/// <param name="BytesMax">How many bytes it may read from sources and write by models.</param>
/// <param name="TimeMax">How long it may take.</param>
public sealed record BudgetLimits(long? RowsMax, long? BytesMax, TimeSpan? TimeMax)
{
    /// <summary>The options of commands that limit what a run uses.</summary>
    public const string RowsOption = "--budget-rows", BytesOption = "--budget-bytes", TimeOption = "--budget-time";

    /// <summary>Whether there is no limit.</summary>
    public bool IsEmpty => this is { RowsMax: null, BytesMax: null, TimeMax: null };
}
