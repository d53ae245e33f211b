using System.Globalization;

namespace Foz.Serving.Results;

/// <summary>Rows that were kept: nothing runs.</summary>
/// <param name="result">The rows, which the cursor lets go.</param>
sealed class CachedCursor(CachedResult result) : SqlCursor
{
    int chunk;
    int position;
    bool isReleased;

    public override IReadOnlyList<ServedColumn> Columns => result.Columns;

    public override string Tag => string.Create(CultureInfo.InvariantCulture, $"SELECT {RowCount}");

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsMax, 1);
        if (chunk == result.Chunks.Count) return new((RowSlice?)null);
        var rows = result.Chunks[chunk];
        var slice = new RowSlice(rows, position, Math.Min(rowsMax, rows.RowCount - position));
        position += slice.Count;
        RowCount += slice.Count;
        if (position == rows.RowCount) (chunk, position) = (chunk + 1, 0);
        return new(slice);
    }

    public override ValueTask DisposeAsync()
    {
        if (!isReleased) result.Release();
        isReleased = true;
        return base.DisposeAsync();
    }
}
