using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors;

/// <summary>
/// Plans the batches of a table by a column that grows. A batch reads the rows after the last cursor, up to the
/// largest that there is. Rows may come later with the last cursor itself, such as a time of the same second: where
/// their number is another than it was, they are read again. With the cursor of another column or table all rows are.
/// </summary>
static class CursorPlan
{
    /// <summary>Checks that a stream has a cursor where it needs one.</summary>
    /// <exception cref="FozException">Thrown when it has none.</exception>
    public static void Check(StreamDefinition stream)
    {
        if (stream is { Mode: StreamMode.Incremental, Cursor: null })
            throw stream.Settings.Wrong("cursor", "set where mode is incremental");
    }

    /// <summary>
    /// Returns the identity of a cursor, in words; a column whose values become another kind is another cursor.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="type">Its type in bronze.</param>
    /// <param name="sourceType">Its type in the source.</param>
    /// <param name="table">The table of the column.</param>
    public static string Of(string column, DataType type, string sourceType, string table)
    {
        var kind = type == DataType.Byte || type == DataType.Short || type == DataType.Integer || type == DataType.Long
            ? "whole number"
            : type is DataType.Decimal || type == DataType.Float || type == DataType.Double ? "number"
            : type == DataType.Date || type == DataType.Timestamp || type == DataType.TimestampNtz ? "time"
            : sourceType.Split('(')[0];
        return $"{column} ({kind}) of {table}";
    }

    /// <summary>Returns the inputs of the next batch; null where nothing is new.</summary>
    /// <param name="history">The inputs of all batches so far, oldest first.</param>
    /// <param name="of">The identity of the cursor: <see cref="StreamInputs.OfCursor.Of"/>.</param>
    /// <param name="max">Finds the largest cursor above one, or of all rows; null where there is none.</param>
    /// <param name="count">Counts the rows of a cursor.</param>
    public static async Task<StreamInputs.OfCursor?> MakeAsync(
        IReadOnlyList<StreamInputs> history, string of, Func<string?, Task<string?>> max,
        Func<string, Task<long>> count)
    {
        var last = StreamInputs.OfCursor.Last(history);
        var beginsAgain = last?.IsOfOther(of) == true;
        var from = beginsAgain ? null : last?.To;
        var to = await max(from);
        if (from is null)
            return to is null ? null
                : new() { To = to, Of = of, Rows = await count(to), Rereads = beginsAgain };
        var rows = await count(from);
        var isOther = rows != last!.Rows;
        if (to is null && !isOther) return null;
        return new()
        {
            From = from, To = to ?? from, Of = of, Rereads = isOther,
            Rows = to is null ? rows : await count(to),
        };
    }
}
