using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.Databases;

/// <content>Copies of tables, part by part.</content>
sealed partial class DatabaseSource
{
    /// <summary>
    /// Reads the next part of a table, whose rows have all of its columns, as a transaction shows them. A row whose
    /// first column of the key is another one since an earlier moment may be in no part.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="snapshot">The transaction.</param>
    /// <param name="after">Where the parts so far end; null for the first one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The rows, and where they end; null where they are the last ones.</returns>
    /// <exception cref="FozException">The database refuses.</exception>
    public async Task<(StreamRows.Streamed Rows, string? End)> ReadPartAsync(
        StreamDefinition stream, TableSnapshot snapshot, string? after, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        var (range, end) = await NextPartAsync(table, after, cancellationToken);
        return (Read(table, snapshot, range), end);
    }

    /// <summary>Finds the next part. Any value ends one: it need not be of the moment that is read.</summary>
    async Task<(KeyCondition Rows, string? End)> NextPartAsync(
        SourceTable table, string? after, CancellationToken cancellationToken)
    {
        if (table.Keys is not [var key, ..] || table.Columns.First(c => c.Field.Name == key) is not { } column
            || !KeyCopy.CanDivide(column))
            return (KeyCondition.All, null);
        var name = column.CursorSql;
        var (first, second) = (column.Comparand(Dialect.Parameter(1)), column.Comparand(Dialect.Parameter(2)));
        var known = KeyCopy.Parse(after, column);
        object[] from = known is null ? [] : [CursorText.ToValue(known.Value, column.CursorType)];
        var rows = KeyCopy.RowsOfNext(known);
        var text = column.CursorType == typeof(string) && column.ValueType != typeof(string)
            ? Dialect.ToText(name)
            : name;
        var next = await session.QueryAsync(
            $"looking for ranges of {column.Name}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {text} FROM {table.From}{(from.Length == 0 ? "" : $" WHERE {name} > {first}")} "
                    + $"ORDER BY {name} LIMIT 1 OFFSET {rows}"),
            from, cancellationToken);
        var above = from.Length == 0 ? "" : $"{name} > {first}";
        if (next is not [[{ } to]]) return (new(above, from), null);
        var end = new KeyCopy(column.Name, CursorText.Of(to), (known?.Rows ?? 0) + rows);
        var last = CursorText.ToValue(end.Value, column.CursorType);
        return (
            from.Length == 0
                ? new($"{name} <= {first}", [last])
                : new($"{above} AND {name} <= {second}", [.. from, last]),
            $"{end}");
    }
}
