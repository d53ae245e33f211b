using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Where changes are: their transaction, and how many of it were before.</summary>
sealed class TransactionMark(long position, long number, long committedAt)
{
    public long Position { get; } = position;

    public long Number { get; } = number;

    public long CommittedAt { get; } = committedAt;

    /// <summary>How many changes it has so far.</summary>
    public long Ordinal { get; set; }
}

/// <summary>Turns the changes of one table, under one set of columns, into columns.</summary>
sealed class TableDecoder : IDisposable
{
    readonly RowLayout layout;
    readonly TableRows rows;
    readonly TableRows? before;
    readonly RowPlaces places;
    readonly bool[] isKey;
    readonly Cell[] old;
    readonly Cell[] changed;
    readonly ChangeMarksBuilder marks = new();
    AbsentColumns? absent;

    /// <param name="source">The table.</param>
    /// <param name="hasBefore">Whether updates come with all of the row before them.</param>
    public TableDecoder(SourceTable source, bool hasBefore)
    {
        Source = source;
        Table = source.Table(hasBefore);
        layout = new RowLayout([.. source.Columns.Select(c => c.Column)]);
        places = new RowPlaces(layout);
        rows = new TableRows(source);
        before = hasBefore ? new TableRows(source) : null;
        isKey = [.. Enumerable.Range(0, layout.Count).Select(i => source.Keys.Contains(i))];
        (old, changed) = (new Cell[layout.Count], new Cell[layout.Count]);
    }

    enum CellState : byte
    {
        Absent,
        Null,
        Value,
    }

    public SourceTable Source { get; }

    public ChangeTable Table { get; }

    /// <summary>How many changes there are since the last batch.</summary>
    public int Count => rows.Count;

    /// <summary>How many bytes their rows had.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the batch is to be taken before the next change.</summary>
    public bool IsFull => Count >= RowDecoder.RowsMax || Bytes >= RowDecoder.BytesMax;

    /// <summary>Appends the rows of an event.</summary>
    /// <exception cref="WireException">They are malformed; the message names table and column.</exception>
    public void Append(RowsEvent data, TransactionMark mark)
    {
        if (data.ColumnCount != layout.Count)
            throw new WireException(
                WireErrorKind.Malformed, $"{Table}: rows have {data.ColumnCount} columns, not {layout.Count}");
        Bytes += data.Rows.Length;
        try
        {
            var (count, countAfter) = (data.Columns.CountOf(layout.Count), data.ColumnsAfter.CountOf(layout.Count));
            if (count == layout.Count && countAfter == layout.Count && TryAppendAll(data, mark)) return;
            var reader = new RowValueReader(layout, data.Rows);
            // A row of defaults alone has no bytes where only values that were stated are logged.
            do
            {
                reader.StartRow(count);
                if (data.Operation == RowsOperation.Update)
                    AppendUpdate(data, ref reader, countAfter, mark);
                else
                    AppendRow(
                        data.Operation == RowsOperation.Write ? ChangeOperation.Insert : ChangeOperation.Delete,
                        data.Columns, ref reader, mark);
            }
            while (reader.HasMore);
        }
        catch (WireException error)
        {
            throw new WireException(error.Kind, $"{Table}: {error.Message}");
        }
    }

    /// <summary>Appends that the table was emptied.</summary>
    public void AppendTruncate(TransactionMark mark)
    {
        for (var i = 0; i < layout.Count; i++) AppendAbsent(i);
        EndRow(ChangeOperation.Truncate, mark);
    }

    /// <summary>Hands the changes over, and starts again.</summary>
    public TableChanges Build()
    {
        var hasUpdates = before?.Count > 0;
        if (hasUpdates) FillBefore(rows.Count);
        var changes = new TableChanges(Table, rows.Build(), marks.Build())
        {
            Bytes = Bytes, Before = hasUpdates ? before!.Build() : null, Absent = absent,
        };
        (absent, Bytes) = (null, 0);
        return changes;
    }

    public void Dispose()
    {
        rows.Dispose();
        before?.Dispose();
    }

    /// <summary>
    /// Appends the rows of an event, column by column, where each is one change whose values all have a place.
    /// </summary>
    bool TryAppendAll(RowsEvent data, TransactionMark mark)
    {
        places.Find(data.Rows);
        var isUpdate = data.Operation == RowsOperation.Update;
        var (step, count) = isUpdate ? (2 * layout.Count, places.Count / 2) : (layout.Count, places.Count);
        if (isUpdate && (places.Count % 2 != 0 || HasMoves(data.Rows))) return false;
        var after = isUpdate ? places.All[layout.Count..] : places.All;
        if (!rows.TryAppendAll(count, data.Rows, after, step)) return false;
        if (isUpdate && before is not null)
        {
            FillBefore(rows.Count - count);
            // A value that the new row holds may have been one that it cannot hold.
            if (!before.TryAppendAll(count, data.Rows, places.All, step))
            {
                rows.Truncate(rows.Count - count);
                return false;
            }
        }

        var operation = isUpdate ? ChangeOperation.Update
            : data.Operation == RowsOperation.Write ? ChangeOperation.Insert : ChangeOperation.Delete;
        marks.AppendAll(count, operation, mark.Position, mark.Ordinal + 1, mark.Number, mark.CommittedAt);
        mark.Ordinal += count;
        return true;
    }

    /// <summary>Whether an update of an event changes a key.</summary>
    bool HasMoves(ReadOnlySpan<byte> bytes)
    {
        var columns = layout.Count;
        for (var row = 0; row < places.Count; row += 2)
            foreach (var key in Source.Keys)
            {
                var (old, changed) = (places.All[row * columns + key], places.All[(row + 1) * columns + key]);
                if (old.Length != changed.Length) return true;
                if (!old.IsNull && !old.Of(bytes).SequenceEqual(changed.Of(bytes))) return true;
            }

        return false;
    }

    /// <summary>Appends rows of nulls to those before updates, for changes that are none.</summary>
    void FillBefore(int count)
    {
        if (before is not null && before.Count < count) before.AppendNulls(count - before.Count);
    }

    void AppendRow(ChangeOperation operation, ColumnBits columns, ref RowValueReader reader, TransactionMark mark)
    {
        for (var i = 0; i < layout.Count; i++)
        {
            if (!columns[i]) AppendAbsent(operation, i);
            else if (reader.TryRead(i, out var value)) rows.Append(i, value);
            else rows.AppendNull(i);
        }

        EndRow(operation, mark);
    }

    void AppendUpdate(RowsEvent data, ref RowValueReader reader, int countAfter, TransactionMark mark)
    {
        Read(data.Columns, ref reader, old);
        reader.StartRow(countAfter);
        Read(data.ColumnsAfter, ref reader, changed);
        // What the server does not log of the new row is as in the old one.
        for (var i = 0; i < layout.Count; i++)
            if (changed[i].State == CellState.Absent)
                changed[i] = Source.Columns[i].IsGenerated ? throw Unlogged(i, "a generated value") : old[i];
        if (!HasOtherKey(data.Rows))
        {
            if (before is not null)
            {
                FillBefore(rows.Count);
                Append(before, old, data.Rows);
                before.EndRow();
            }

            AppendCells(ChangeOperation.Update, changed, data.Rows, mark);
            return;
        }

        AppendCells(ChangeOperation.MoveOut, old, data.Rows, mark);
        AppendCells(ChangeOperation.MoveIn, changed, data.Rows, mark);
    }

    static void Read(ColumnBits columns, ref RowValueReader reader, Cell[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
            cells[i] = !columns[i] ? default
                : reader.TryRead(i, out var value) ? new(CellState.Value, reader.At - value.Length, value.Length)
                : new(CellState.Null, 0, 0);
    }

    bool HasOtherKey(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < isKey.Length; i++)
        {
            if (!isKey[i]) continue;
            if (old[i].State == CellState.Absent)
                throw new WireException(
                    WireErrorKind.Malformed, $"column '{Source.Columns[i].Name}': an update lacks the key");
            if (old[i].State != changed[i].State || !old[i].Of(bytes).SequenceEqual(changed[i].Of(bytes))) return true;
        }

        return false;
    }

    void AppendCells(ChangeOperation operation, Cell[] cells, ReadOnlySpan<byte> bytes, TransactionMark mark)
    {
        Append(rows, cells, bytes);
        EndRow(operation, mark);
    }

    void Append(TableRows to, Cell[] cells, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (cells[i].State == CellState.Value) to.Append(i, cells[i].Of(bytes));
            else if (cells[i].State == CellState.Absent && to == rows) AppendAbsent(i);
            else to.AppendNull(i);
        }
    }

    /// <summary>Appends a value that is not logged: of an insert, the default of its column.</summary>
    void AppendAbsent(ChangeOperation operation, int column)
    {
        if (operation != ChangeOperation.Insert) AppendAbsent(column);
        else if (Source.Columns[column].IsGenerated) throw Unlogged(column, "a generated value");
        else if (Source.Columns[column].IsNullByDefault) rows.AppendNull(column);
        else throw Unlogged(column, "the default of an insert");
    }

    WireException Unlogged(int column, string value) => LogFaults.Unsupported(
        $"column '{Source.Columns[column].Name}': {value} is not in the log: set binlog_row_image=FULL at the server, "
        + $"and {LogFaults.CopyAgain}");

    void AppendAbsent(int column)
    {
        const int RowsMin = 64;
        absent ??= new AbsentColumns(layout.Count, Math.Max(RowsMin, 2 * rows.Count));
        absent.Set(rows.Count, column);
        rows.AppendNull(column);
    }

    void EndRow(ChangeOperation operation, TransactionMark mark)
    {
        marks.Append(operation, mark.Position, ++mark.Ordinal, mark.Number, mark.CommittedAt);
        rows.EndRow();
    }

    /// <summary>A value of an update, as a place in the event.</summary>
    readonly record struct Cell(CellState State, int At, int Length)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes) => bytes.Slice(At, Length);
    }
}
