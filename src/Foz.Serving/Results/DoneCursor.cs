namespace Foz.Serving.Results;

/// <summary>What a statement without rows did.</summary>
sealed class DoneCursor : SqlCursor
{
    readonly string tag;

    public DoneCursor(string tag, long rowCount = 0) => (this.tag, RowCount) = (tag, rowCount);

    public override IReadOnlyList<ServedColumn>? Columns => null;

    public override string Tag => tag;

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken) =>
        new((RowSlice?)null);
}
