using Foz.Connectors.Changes;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>Where a change is: its transaction, and its number there.</summary>
readonly record struct ChangeMark(Lsn CommitLsn, long Ordinal, uint Xid, long CommittedAt);

/// <summary>Turns the changes of one table, under one set of columns, into columns.</summary>
sealed class TableDecoder : IDisposable
{
    readonly ResolvedRelation relation;
    readonly RowColumns rows;
    readonly RowColumns? before;
    readonly bool[] isKey;
    readonly bool[] isSentOfOld;
    readonly ChangeMarksBuilder marks = new();
    AbsentColumns? absent;

    public TableDecoder(ResolvedRelation relation, bool isBinary, bool hasUncheckedText)
    {
        this.relation = relation;
        var mappings = relation.Mappings(hasUncheckedText);
        Table = relation.Table(mappings);
        rows = new RowColumns(relation, mappings, isBinary);
        before = Table.HasBefore ? new RowColumns(relation, mappings, isBinary) : null;
        isKey = [.. Enumerable.Range(0, Table.ColumnCount).Select(i => Table.Keys.Contains(i))];
        isSentOfOld = [.. relation.Message.Columns.Select(c => c.IsIdentity)];
        Message = relation.Message;
    }

    public ChangeTable Table { get; }

    /// <summary>The message that the columns are of; an equal one may take its place.</summary>
    public RelationMessage Message { get; private set; }

    /// <summary>How many changes there are since the last batch.</summary>
    public int Count => rows.Count;

    /// <summary>How many bytes their messages had.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the batch is to be taken before the next change.</summary>
    public bool IsFull => Count >= RowDecoder.RowsMax || Bytes >= RowDecoder.BytesMax;

    /// <summary>Takes an equal message in place of the last one; false where the table is another since.</summary>
    public bool TryKeep(ResolvedRelation other)
    {
        if (other != relation) return false;
        Message = other.Message;
        return true;
    }

    /// <summary>Appends an insert, update or delete.</summary>
    /// <returns>How many changes it became.</returns>
    /// <exception cref="WireException">It is malformed; the message names table and column.</exception>
    public int Append(OutputMessage message, RowMessage row, ChangeMark mark)
    {
        Bytes += message.Data.Length;
        try
        {
            switch (message.Type)
            {
                case OutputMessageType.Insert:
                    AppendNew(ChangeOperation.Insert, row.New, default, hasOld: false, mark);
                    return 1;
                case OutputMessageType.Delete:
                    AppendOld(ChangeOperation.Delete, row, mark);
                    return 1;
                default:
                    return AppendUpdate(row, mark);
            }
        }
        catch (WireException error)
        {
            throw new WireException(error.Kind, $"{Table}: {error.Message}");
        }
    }

    /// <summary>Appends that the table was emptied.</summary>
    public void AppendTruncate(ChangeMark mark)
    {
        for (var i = 0; i < Table.ColumnCount; i++) AppendAbsent(i);
        EndRow(ChangeOperation.Truncate, mark);
    }

    /// <summary>Hands the changes over, and starts again.</summary>
    public TableChanges Build()
    {
        var changes = new TableChanges(Table, rows.Build(), marks.Build())
        {
            Bytes = Bytes, Before = before?.Build(), Absent = absent,
        };
        (absent, Bytes) = (null, 0);
        return changes;
    }

    public void Dispose()
    {
        rows.Dispose();
        before?.Dispose();
    }

    int AppendUpdate(RowMessage row, ChangeMark mark)
    {
        if (row.OldKind == OldRowKind.None || !HasOtherKey(row.Old, row.New))
        {
            AppendNew(ChangeOperation.Update, row.New, row.OldKind == OldRowKind.Full ? row.Old : default,
                row.OldKind == OldRowKind.Full, mark);
            return 1;
        }

        AppendOld(ChangeOperation.MoveOut, row, mark);
        AppendNew(ChangeOperation.MoveIn, row.New, row.OldKind == OldRowKind.Full ? row.Old : default,
            row.OldKind == OldRowKind.Full, mark with { Ordinal = mark.Ordinal + 1 });
        return 2;
    }

    /// <summary>
    /// Whether the key is another one. The server also sends an old key that is the same, where a value of it is
    /// stored outside of the row.
    /// </summary>
    bool HasOtherKey(RowReader old, RowReader changed)
    {
        CheckCount(old);
        CheckCount(changed);
        for (var i = 0; i < isKey.Length; i++)
        {
            var oldState = old.ReadValue(out var oldValue);
            var state = changed.ReadValue(out var value);
            if (isKey[i] && state != ColumnState.Unchanged && (state != oldState || !value.SequenceEqual(oldValue)))
                return true;
        }

        return false;
    }

    void AppendNew(ChangeOperation operation, RowReader row, RowReader old, bool hasOld, ChangeMark mark)
    {
        CheckCount(row);
        if (hasOld) CheckCount(old);
        var keepsBefore = hasOld && operation == ChangeOperation.Update;
        for (var i = 0; i < isKey.Length; i++)
        {
            var state = row.ReadValue(out var value);
            if (hasOld)
            {
                var oldState = old.ReadValue(out var oldValue);
                if (keepsBefore) before!.Append(i, oldState, oldValue);
                // All of the old row is there, so what did not change is known.
                if (state == ColumnState.Unchanged)
                {
                    state = oldState;
                    value = oldValue;
                }
            }

            if (state == ColumnState.Unchanged) AppendAbsent(i);
            else rows.Append(i, state, value);
        }

        row.End();
        if (keepsBefore) before!.EndRow();
        EndRow(operation, mark);
    }

    void AppendOld(ChangeOperation operation, RowMessage message, ChangeMark mark)
    {
        var row = message.Old;
        CheckCount(row);
        for (var i = 0; i < isKey.Length; i++)
        {
            var state = row.ReadValue(out var value);
            if (state == ColumnState.Unchanged || message.OldKind == OldRowKind.Key && !isSentOfOld[i]) AppendAbsent(i);
            else rows.Append(i, state, value);
        }

        if (operation == ChangeOperation.Delete) row.End();
        EndRow(operation, mark);
    }

    void AppendAbsent(int column)
    {
        absent ??= new AbsentColumns(Table.ColumnCount, Math.Max(64, 2 * rows.Count));
        absent.Set(rows.Count, column);
        rows.Append(column, ColumnState.Null, []);
    }

    void EndRow(ChangeOperation operation, ChangeMark mark)
    {
        marks.Append(operation, (long)mark.CommitLsn.Value, mark.Ordinal, mark.Xid, mark.CommittedAt);
        rows.EndRow();
        if (before is not null && before.Count < rows.Count) before.AppendNullRow();
    }

    void CheckCount(RowReader row)
    {
        if (row.ValueCount != isKey.Length)
            throw new WireException(
                WireErrorKind.Malformed, $"a row has {row.ValueCount} values, not {isKey.Length}");
    }
}
