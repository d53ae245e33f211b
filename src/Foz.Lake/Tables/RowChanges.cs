namespace Foz.Lake.Tables;

/// <summary>Rows that a change takes away and adds.</summary>
/// <param name="Removed">All rows that go, replaced ones included.</param>
/// <param name="Replaced">
/// Those of them whose place other rows take; null where there are none, or the change need not be told.
/// </param>
/// <param name="Added">The rows that come.</param>
sealed record RowChanges(RowAddresses Removed, RowAddresses? Replaced, params IReadOnlyList<ChangedRows> Added);

/// <summary>What a change does with rows.</summary>
public enum RowChange
{
    /// <summary>They are new.</summary>
    Insert,

    /// <summary>They take the place of others.</summary>
    Update,
}

/// <summary>Rows of a change.</summary>
/// <param name="Select">The SELECT that gives them.</param>
/// <param name="Change">What is done with them.</param>
public readonly record struct ChangedRows(string Select, RowChange Change);
