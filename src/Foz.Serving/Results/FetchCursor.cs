using System.Globalization;

namespace Foz.Serving.Results;

/// <summary>The next rows of a cursor that was declared.</summary>
/// <param name="cursor">The cursor, which stays.</param>
/// <param name="left">How many rows; null for all.</param>
sealed class FetchCursor(SqlCursor cursor, long? left) : SqlCursor
{
    public override IReadOnlyList<ServedColumn>? Columns => cursor.Columns;

    public override string Tag => string.Create(CultureInfo.InvariantCulture, $"FETCH {RowCount}");

    public override async ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min(rowsMax, left - RowCount ?? rowsMax);
        if (most == 0 || await cursor.FetchAsync(most, cancellationToken) is not { } slice) return null;
        RowCount += slice.Count;
        return slice;
    }
}
