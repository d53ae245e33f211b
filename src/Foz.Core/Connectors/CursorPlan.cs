namespace Foz.Core.Connectors;

/// <summary>
/// Plans the batches of a table by a column that grows. A batch reads the rows behind the last cursor, up to the largest that
/// there is. Rows may come later with the last cursor itself, such as a time of the same second: where their number is another
/// than it was, they are read again.
/// </summary>
static class CursorPlan
{
    /// <summary>Makes sure that a stream has a cursor where it needs one.</summary>
    /// <exception cref="FozException">It has none.</exception>
    public static void Check(StreamDefinition stream)
    {
        if (stream is { Mode: StreamMode.Incremental, Cursor: null }) throw stream.Settings.Wrong("cursor", "set where mode is incremental");
    }

    /// <summary>The inputs of the next batch; null where nothing is new.</summary>
    /// <param name="history">The inputs of all batches so far, oldest first.</param>
    /// <param name="max">Finds the largest cursor above one, or of all rows; null where there is none.</param>
    /// <param name="count">Counts the rows of a cursor.</param>
    public static async Task<StreamInputs?> MakeAsync(
        IReadOnlyList<StreamInputs> history, Func<string?, Task<string?>> max, Func<string, Task<long>> count)
    {
        var last = history.LastOrDefault(inputs => inputs.CursorTo is not null);
        var from = last?.CursorTo;
        var to = await max(from);
        if (from is null) return to is null ? null : new() { CursorTo = to, CursorRows = await count(to) };
        var rows = await count(from);
        var isOther = rows != last!.CursorRows;
        if (to is null && !isOther) return null;
        return new()
        {
            CursorFrom = from, CursorTo = to ?? from, RereadsCursor = isOther, CursorRows = to is null ? rows : await count(to),
        };
    }
}
