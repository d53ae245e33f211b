using Foz.DuckDB;

namespace Foz.Server.Trino.Rows;

/// <summary>
/// One column of some rows as JSON: its values are written one after the other, and then taken row by row.
/// </summary>
/// <param name="value">Writes a value.</param>
sealed class JsonColumn(JsonValueWriter value)
{
    readonly JsonBuffer buffer = new();
    int[] ends = [];
    int first;

    /// <summary>Writes the values of some rows.</summary>
    /// <param name="vector">The column.</param>
    /// <param name="from">The first row.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="Foz.Lake.FozException">Thrown when a value cannot be written in Trino's type.</exception>
    public void Encode(in Vector vector, int from, int count)
    {
        buffer.Clear();
        if (ends.Length < count) ends = new int[count];
        first = from;
        for (var i = 0; i < count; i++)
        {
            value.Write(vector, from + i, buffer);
            ends[i] = buffer.Length;
        }
    }

    /// <summary>The value of a row that was just written.</summary>
    public ReadOnlySpan<byte> Of(int row) => buffer.Slice(row == first ? 0 : ends[row - first - 1], ends[row - first]);
}
