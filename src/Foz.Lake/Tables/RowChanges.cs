namespace Foz.Lake.Tables;

/// <summary>Rows that a change removes and adds.</summary>
/// <param name="Removed">All rows that go, replaced ones included.</param>
/// <param name="Replaced">
/// Those of them whose place other rows take; null where there are none, or the change need not be recorded.
/// </param>
/// <param name="Added">The rows that come.</param>
sealed record RowChanges(RowAddresses Removed, RowAddresses? Replaced, params IReadOnlyList<ChangedRows> Added)
{
    /// <summary>
    /// Whether rows that are left of files which are written again may go into the files of the rows that come: one
    /// file costs less than two, where nothing asks which of its rows are new.
    /// </summary>
    public bool JoinsLeft { get; init; }
}
