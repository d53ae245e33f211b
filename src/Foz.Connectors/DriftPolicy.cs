namespace Foz.Connectors;

/// <summary>
/// What happens to columns that a source brings and its table does not have. <see cref="Fail"/> also stops a snapshot
/// that has no rows, lacks a column of its table, or has another type; the others warn of that.
/// </summary>
public enum DriftPolicy
{
    /// <summary>New columns are added to the table.</summary>
    Evolve,

    /// <summary>New columns are left out, and the run warns.</summary>
    Freeze,

    /// <summary>New columns are left out.</summary>
    DiscardColumn,

    /// <summary>Rows with a value in one of them are rejected.</summary>
    DiscardRow,

    /// <summary>The step fails.</summary>
    Fail,
}
