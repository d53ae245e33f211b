using System.Globalization;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using Foz.Lake.Data;
using MySqlConnector;

namespace Foz.AcceptanceTests.Databases;

/// <summary>The rows of tables as changes make them, one text a row.</summary>
sealed class ChangedRows
{
    readonly Dictionary<string, List<string?[]>> tables = [];

    public Dictionary<string, ChangeTable> Tables { get; } = [];

    public List<string> Operations { get; } = [];

    public string?[][] Of(string table) => [.. tables.GetValueOrDefault(table, [])];

    /// <summary>Starts with the rows of a snapshot.</summary>
    public void Load(string table, IEnumerable<string?[]> rows) => tables[table] = [.. rows];

    public void Apply(ChangePart part)
    {
        switch (part)
        {
            case ChangePart.Schema schema:
                Tables[schema.Table.Name] = schema.Table;
                break;
            case ChangePart.Rows { Changes: var changes }:
                var rows = tables.TryGetValue(changes.Table.Name, out var known)
                    ? known : tables[changes.Table.Name] = [];
                for (var i = 0; i < changes.Rows.RowCount; i++) Apply(rows, changes, i);
                break;
        }
    }

    /// <summary>Reads rows as the batch connector has them: its types, and its SQL of the values.</summary>
    public static async Task<(List<DataType> Types, List<string?[]> Rows)> ReadAsync(
        MySqlConnection connection, string table)
    {
        IReadOnlyList<DatabaseColumn> columns;
        await using (var schema = new MySqlCommand($"SELECT * FROM {table} LIMIT 0", connection))
        await using (var reader = await schema.ExecuteReaderAsync(TestContext.Current.CancellationToken))
            columns = DatabaseColumns.Of(reader.GetColumnSchema(), Dialect.OfProvider("MySqlConnector"));
        await using var command = new MySqlCommand(
            $"SELECT {string.Join(", ", columns.Select(c => c.Sql))} FROM {table}", connection);
        await command.PrepareAsync(TestContext.Current.CancellationToken);
        await using var values = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string?[]>();
        while (await values.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add([.. columns.Select((c, i) => values.IsDBNull(i) ? null : Text(values.GetValue(i), c))]);
        return ([.. columns.Select(c => c.Field.Type)], rows);
    }

    static string Text(object value, DatabaseColumn column) => value switch
    {
        byte[] bytes when column.Field.Type is DataType.Decimal number =>
            Unscaled(Encoding.UTF8.GetString(bytes), number),
        byte[] bytes when column.Form == ValueForm.Utf8 => Encoding.UTF8.GetString(bytes),
        byte[] bytes => Convert.ToHexString(bytes),
        MySqlDateTime { IsValidDateTime: true } time => Text(time.GetDateTime(), column),
        MySqlDateTime time => string.Create(
            CultureInfo.InvariantCulture,
            $"{time.Year:0000}-{time.Month:00}-{time.Day:00}")
            + (column.Field.Type == DataType.Date
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $" {time.Hour:00}:{time.Minute:00}:{time.Second:00}")),
        DateTime time when column.Field.Type == DataType.Date =>
            (time.Date - DateTime.UnixEpoch).Days.ToString(CultureInfo.InvariantCulture),
        DateTime time => ((time - DateTime.UnixEpoch).Ticks / 10).ToString(CultureInfo.InvariantCulture),
        float number => number.ToString("R", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    static string Unscaled(string text, DataType.Decimal number)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? text + new string('0', number.Scale) : text.Remove(point, 1);
        return Int128.Parse(digits, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    void Apply(List<string?[]> rows, TableChanges changes, int i)
    {
        var operation = changes.Marks.Operations[i];
        var table = changes.Table;
        var row = new string?[table.ColumnCount];
        for (var c = 0; c < row.Length; c++) row[c] = Text(changes.Rows, table, c, i);
        Operations.Add($"{table.Name} {(char)operation} {string.Join('|', row.Take(2))}");
        switch (operation)
        {
            case ChangeOperation.Truncate:
                rows.Clear();
                return;
            case ChangeOperation.Insert:
                rows.Add(row);
                return;
            case ChangeOperation.Delete or ChangeOperation.MoveOut:
                var gone = Find(rows, table, row);
                moved = rows[gone];
                rows.RemoveAt(gone);
                return;
            case ChangeOperation.MoveIn:
                rows.Add(Filled(changes, i, row, moved!));
                return;
            default:
                var key = row;
                if (table.Keys.IsEmpty)
                    key = [.. Enumerable.Range(0, row.Length).Select(c => Text(changes.Before!, table, c, i))];
                var at = Find(rows, table, key);
                rows[at] = Filled(changes, i, row, rows[at]);
                return;
        }
    }

    string?[]? moved;

    static string?[] Filled(TableChanges changes, int i, string?[] row, string?[] old) =>
        [.. row.Select((value, c) => changes.Absent?[i, c] == true ? c < old.Length ? old[c] : null : value)];

    static int Find(List<string?[]> rows, ChangeTable table, string?[] row)
    {
        var keys = table.Keys.IsEmpty ? Enumerable.Range(0, row.Length) : table.Keys;
        var at = rows.FindIndex(r => keys.All(c => r.ElementAtOrDefault(c) == row[c]));
        Assert.True(at >= 0, $"{table.Name}: no row {string.Join('|', row)}");
        return at;
    }

    static string? Text(ColumnBatch batch, ChangeTable table, int c, int i)
    {
        var column = batch.Columns[c];
        if (!column.IsNull(i)) return Value(column, i);
        if (batch.Columns.Count == table.ColumnCount || batch.Columns[^1].IsNull(i)) return null;
        // What its column cannot hold.
        using var rescued = System.Text.Json.JsonDocument.Parse(Value(batch.Columns[^1], i));
        return rescued.RootElement.TryGetProperty(table.Fields[c].Name, out var value) ? value.GetString() : null;

        string Value(Column of, int row) => of switch
        {
            FixedColumn<sbyte> f => f.Values[row].ToString(CultureInfo.InvariantCulture),
            FixedColumn<short> f => f.Values[row].ToString(CultureInfo.InvariantCulture),
            FixedColumn<int> f => f.Values[row].ToString(CultureInfo.InvariantCulture),
            FixedColumn<long> f => f.Values[row].ToString(CultureInfo.InvariantCulture),
            FixedColumn<float> f => f.Values[row].ToString("R", CultureInfo.InvariantCulture),
            FixedColumn<double> f => f.Values[row].ToString("R", CultureInfo.InvariantCulture),
            FixedColumn<Int128> f => f.Values[row].ToString(CultureInfo.InvariantCulture),
            BytesColumn b when of != batch.Columns[^1] && table.Fields[c].Type == DataType.Binary =>
                Convert.ToHexString(b[row]),
            BytesColumn b => Encoding.UTF8.GetString(b[row]),
            _ => throw new NotSupportedException($"{of.GetType()}"),
        };
    }
}
