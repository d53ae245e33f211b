using Foz.Serving.Results;
using Foz.Serving.Trino;

namespace Foz.Server.Trino.Rows;

/// <summary>The rows of a cursor as JSON, a page at a time: arrays with commas between.</summary>
sealed class JsonRows
{
    // Rows can be large: a page ends soon after it has its bytes.
    const int RowsAtOnce = 64;

    readonly JsonColumn[] columns;
    readonly JsonBuffer page = new();

    /// <summary>Creates the rows of columns.</summary>
    /// <param name="served">The columns of the cursor.</param>
    /// <param name="described">The same columns as described to the client.</param>
    public JsonRows(IReadOnlyList<ServedColumn> served, IReadOnlyList<TrinoColumn> described) =>
        columns = [.. served.Select((column, i) => new JsonColumn(JsonWriters.Of(column.Type, described[i].Type)))];

    /// <summary>Bytes of the page so far.</summary>
    public int Bytes => page.Length;

    /// <summary>Adds rows to the page until it is full.</summary>
    /// <param name="slice">The rows.</param>
    /// <param name="from">The first row to add.</param>
    /// <param name="bytesMax">The size at which the page is full; the last rows may exceed it.</param>
    /// <returns>The row to continue with.</returns>
    /// <exception cref="Foz.Lake.FozException">Thrown when a value cannot be written in Trino's type.</exception>
    public int Add(RowSlice slice, int from, int bytesMax)
    {
        while (from < slice.Start + slice.Count && page.Length < bytesMax)
        {
            var count = Math.Min(RowsAtOnce, slice.Start + slice.Count - from);
            for (var i = 0; i < columns.Length; i++) columns[i].Encode(slice.Chunk[i], from, count);
            for (var row = from; row < from + count; row++) AddRow(row);
            from += count;
        }

        return from;
    }

    /// <summary>The page, and begins the next.</summary>
    public byte[] Take()
    {
        var bytes = page.ToArray();
        page.Clear();
        return bytes;
    }

    void AddRow(int row)
    {
        if (page.Length > 0) page.Add((byte)',');
        for (var i = 0; i < columns.Length; i++)
        {
            page.Add(i == 0 ? (byte)'[' : (byte)',');
            page.Add(columns[i].Of(row));
        }

        page.Add((byte)']');
    }
}
