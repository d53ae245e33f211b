using Foz.Lake.Data;

namespace Foz.Connectors.Changes;

/// <summary>What a change does to a row.</summary>
public enum ChangeOperation : byte
{
    /// <summary>Adds it.</summary>
    Insert = (byte)'c',

    /// <summary>Changes it, but for its key.</summary>
    Update = (byte)'u',

    /// <summary>Removes it.</summary>
    Delete = (byte)'d',

    /// <summary>Removes all rows of the table; all columns are absent.</summary>
    Truncate = (byte)'t',

    /// <summary>
    /// Removes the row of the old key of an update that changed it. The next change of the table is the
    /// <see cref="MoveIn"/> to it.
    /// </summary>
    MoveOut = (byte)'o',

    /// <summary>
    /// Adds the row of the new key. A column that is absent has the value that the row of the <see cref="MoveOut"/>
    /// before it had.
    /// </summary>
    MoveIn = (byte)'i',
}

/// <summary>
/// Changes of one table in the order of the source, as columns. A row of a delete has what the source sent of it.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">The rows after each change, or those removed: the fields of <see cref="ChangeTable"/>.</param>
/// <param name="Marks">What each change is, and where.</param>
public sealed record TableChanges(ChangeTable Table, ColumnBatch Rows, ChangeMarks Marks)
{
    /// <summary>Gets how many bytes the source sent for them, which is about what they take in memory.</summary>
    public required long Bytes { get; init; }

    /// <summary>
    /// Gets the rows before each update, null in all columns for other changes; null where there are none, or
    /// the source does not send them.
    /// </summary>
    public ColumnBatch? Before { get; init; }

    /// <summary>Gets which values the source did not send; null where it sent all.</summary>
    public AbsentColumns? Absent { get; init; }
}

/// <summary>What the changes of a batch are: an element for each, and maybe more after them.</summary>
/// <param name="Operations">What each does.</param>
/// <param name="Positions">Where its transaction was committed: a number that grows along the source's log.</param>
/// <param name="Ordinals">The number of the change in its transaction, over all tables, counted from 1.</param>
/// <param name="Transactions">The source's number of the transaction.</param>
/// <param name="CommittedAt">When that was committed, in microseconds since 1970-01-01.</param>
public sealed record ChangeMarks(
    ChangeOperation[] Operations, long[] Positions, long[] Ordinals, long[] Transactions, long[] CommittedAt);

/// <summary>
/// Which values the source did not send: columns that an update leaves unchanged, columns of a deleted row besides its
/// key, columns of an insert that have their default. One bit a value; the value itself is null in the rows.
/// </summary>
public sealed class AbsentColumns
{
    const int BitsPerWord = 64;

    readonly int wordsPerRow;
    ulong[] words;

    internal AbsentColumns(int columnCount, int rowsMax)
    {
        wordsPerRow = (columnCount + BitsPerWord - 1) / BitsPerWord;
        words = new ulong[wordsPerRow * rowsMax];
    }

    /// <summary>Returns whether the source did not send a value.</summary>
    /// <param name="row">The row, counted from 0.</param>
    /// <param name="column">The column of the table, counted from 0.</param>
    public bool this[int row, int column]
    {
        get
        {
            var at = row * wordsPerRow + column / BitsPerWord;
            return at < words.Length && (words[at] >> column % BitsPerWord & 1) != 0;
        }
    }

    internal void Set(int row, int column)
    {
        var at = row * wordsPerRow + column / BitsPerWord;
        if (at >= words.Length) Array.Resize(ref words, Math.Max(2 * words.Length, at + wordsPerRow));
        words[at] |= 1UL << column % BitsPerWord;
    }
}
