namespace Foz.Lake.Tables;

/// <summary>Rows that a change removes and adds.</summary>
/// <param name="Removed">All rows that go, replaced ones included.</param>
/// <param name="Replaced">
/// Those of them whose place other rows take; null where there are none, or the change need not be recorded.
/// </param>
/// <param name="Added">The rows that come.</param>
sealed record RowChanges(RowAddresses Removed, RowAddresses? Replaced, params IReadOnlyList<ChangedRows> Added);
