namespace Foz.Lake.Tables;

/// <summary>What a change does with rows.</summary>
public enum RowChange
{
    /// <summary>The rows are new.</summary>
    Insert,

    /// <summary>The rows replace others.</summary>
    Update,
}

/// <summary>Rows of a change.</summary>
/// <param name="Select">The SELECT that gives them.</param>
/// <param name="Change">What is done with them.</param>
public readonly record struct ChangedRows(string Select, RowChange Change);
