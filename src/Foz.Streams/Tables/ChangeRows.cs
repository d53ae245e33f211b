using System.Text;
using Foz.Connectors.Changes;
using Foz.Lake.Data;

namespace Foz.Streams.Tables;

/// <summary>Changes of a table as rows of its bronze table, with change columns after the source's own.</summary>
static class ChangeRows
{
    const int BitsPerWord = 64;

    /// <summary>Returns the columns of a table's changes.</summary>
    public static IReadOnlyList<Field> FieldsOf(ChangeTable table)
    {
        List<Field> fields =
        [
            .. table.Fields, .. ChangeColumns.Fields.Where(field => IsOfChange(field.Name)),
            ChangeColumns.UnchangedField,
        ];
        if (table.HasBefore)
            fields.Add(new(ChangeColumns.Before, new DataType.Struct([.. table.Fields.Select(Plain)])));
        return fields;
    }

    /// <summary>Whether each change has a value of its own in a change column, and not its batch.</summary>
    public static bool IsOfChange(string column) =>
        column is ChangeColumns.Op or ChangeColumns.Lsn or ChangeColumns.Seq or ChangeColumns.Tx
            or ChangeColumns.CommitTs;

    /// <summary>Returns changes as rows with the columns of <see cref="FieldsOf"/>.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="offset">What is added to the numbers of their positions.</param>
    public static ColumnBatch Of(TableChanges changes, long offset)
    {
        var (table, count, marks) = (changes.Table, changes.Rows.RowCount, changes.Marks);
        List<Column> columns =
        [
            .. changes.Rows.Columns,
            Operations(marks.Operations, count),
            new FixedColumn<long>(
                offset == 0 ? marks.Positions : [.. marks.Positions.Select(position => position + offset)],
                validity: null),
            new FixedColumn<long>(marks.Ordinals, validity: null),
            new FixedColumn<long>(marks.Transactions, validity: null),
            new FixedColumn<long>(marks.CommittedAt, validity: null),
            Unchanged(changes, count),
        ];
        if (table.HasBefore) columns.Add(Before(changes, count));
        return new(count, columns);
    }

    static Field Plain(Field field) => new(field.Name, field.Type);

    /// <summary>
    /// The operations: an update that changes the key is a delete of the old one and an insert of the new one.
    /// </summary>
    static BytesColumn Operations(ChangeOperation[] operations, int count)
    {
        var letters = new byte[count];
        for (var i = 0; i < count; i++)
            letters[i] = (byte)(operations[i] switch
            {
                ChangeOperation.MoveOut => ChangeOperation.Delete,
                ChangeOperation.MoveIn => ChangeOperation.Insert,
                var other => other,
            });
        return new(letters, [.. Enumerable.Range(0, count + 1)], validity: null);
    }

    /// <summary>
    /// The names of the columns that are as they were: of updates, and of inserts of a key that was another one.
    /// </summary>
    static ListColumn Unchanged(TableChanges changes, int count)
    {
        var (offsets, valid) = (new int[count + 1], new ulong[Words(count)]);
        var names = new List<int>();
        for (var row = 0; row < count; row++)
        {
            if (changes.Absent is { } absent
                && changes.Marks.Operations[row] is ChangeOperation.Update or ChangeOperation.MoveIn)
                for (var column = 0; column < changes.Table.ColumnCount; column++)
                    if (absent[row, column])
                        names.Add(column);
            offsets[row + 1] = names.Count;
            if (offsets[row + 1] > offsets[row]) Set(valid, row);
        }
        return new(Names(changes.Table, names), offsets, valid);
    }

    static BytesColumn Names(ChangeTable table, List<int> columns)
    {
        var texts = table.Fields.Select(field => Encoding.UTF8.GetBytes(field.Name)).ToArray();
        var (bytes, offsets) = (new byte[columns.Sum(column => texts[column].Length)], new int[columns.Count + 1]);
        for (var i = 0; i < columns.Count; i++)
        {
            texts[columns[i]].CopyTo(bytes, offsets[i]);
            offsets[i + 1] = offsets[i] + texts[columns[i]].Length;
        }
        return new(bytes, offsets, validity: null);
    }

    static StructColumn Before(TableChanges changes, int count)
    {
        var valid = new ulong[Words(count)];
        for (var row = 0; row < count; row++)
            if (changes.Before is not null && changes.Marks.Operations[row] is ChangeOperation.Update)
                Set(valid, row);
        return new(changes.Before?.Columns ?? [], valid);
    }

    static int Words(int count) => (count + BitsPerWord - 1) / BitsPerWord;

    static void Set(ulong[] valid, int row) => valid[row / BitsPerWord] |= 1UL << row % BitsPerWord;
}
