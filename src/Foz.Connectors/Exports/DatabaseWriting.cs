using System.Data;
using System.Data.Common;
using System.Globalization;
using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors.Exports;

/// <summary>The statements of one export.</summary>
/// <param name="session">How the database is reached.</param>
/// <param name="connection">Where they run.</param>
/// <param name="target">The export.</param>
/// <param name="fields">The columns of its rows.</param>
sealed class DatabaseWriting(
    DatabaseSession session, DbConnection connection, ExportDefinition target, IReadOnlyList<Field> fields)
{
    const string UniqueViolation = "23000";

    /// <summary>Keys that are no texts in the table, which compares them by their own rule.</summary>
    readonly HashSet<string> uuids = [];

    Dialect Dialect => session.Dialect;

    /// <summary>The transaction that they are part of; null until it has begun.</summary>
    public DbTransaction? Transaction { get; set; }

    /// <summary>The table in SQL.</summary>
    public string Table { get; } = session.Dialect.Table(target.Address);

    IReadOnlyList<int> Keys { get; } =
        [
            .. target.Keys.Select(key => fields.Index()
                .First(field => field.Item.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).Index),
        ];

    /// <summary>
    /// Refuses a table that could keep half of an export, or whose keys are compared as other values.
    /// </summary>
    /// <exception cref="FozException">The table is one.</exception>
    public async Task CheckTargetAsync(CancellationToken cancellationToken)
    {
        if (Dialect.EngineSql is { } sql)
        {
            await using var command = session.Command(connection, sql, Dialect.Address(target.Address));
            if (await command.ExecuteScalarAsync(cancellationToken) is string engine)
                throw Refused(
                    $"the table's engine {engine} has no transactions: a failure would leave a part of the rows",
                    $"ALTER TABLE {Table} ENGINE = InnoDB");
        }
        if (Dialect.Exactly is null || Keys.Count == 0) return;
        var names = string.Join(", ", Keys.Select(k => Dialect.Quote(fields[k].Name)));
        await using var select = session.Command(connection, $"SELECT {names} FROM {Table} WHERE 1 = 0");
        await using var reader = await select.ExecuteReaderAsync(CommandBehavior.SchemaOnly, cancellationToken);
        var columns = await reader.GetColumnSchemaAsync(cancellationToken);
        foreach (var (field, column) in Keys.Select(k => fields[k]).Zip(columns))
        {
            if (column.DataType == typeof(Guid)) uuids.Add(field.Name);
            else if ((field.Type == DataType.String) != (column.DataType == typeof(string)))
                throw Refused(
                    $"the key {field.Name} is {field.Type} in the model and {column.DataTypeName} in the table: "
                        + "the database would hold other keys to be equal",
                    $"cast {field.Name} in the model to the type of the column");
        }
    }

    /// <summary>
    /// Returns what to do about an error of the database; null where nothing better than its message is known.
    /// </summary>
    public static string? HintOf(ExportDefinition target, Dialect dialect, Exception error) =>
        target.Mode is ExportMode.Upsert && dialect.Exactly is not null
            && error is DbException { SqlState: UniqueViolation }
            ? "a unique index may hold keys to be equal that differ, such as 'a' and 'A': give its columns a binary "
                + "collation"
            : null;

    /// <summary>Inserts rows.</summary>
    public Task InsertAsync(IReadOnlyList<object?[]> batch, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", fields.Select(f => Dialect.Quote(f.Name)));
        var number = 0;
        // Oracle takes one row a statement.
        return Dialect.Name == "oracle"
            ? EachAsync(
                batch,
                row => (
                    $"INSERT INTO {Table} ({columns}) VALUES "
                        + $"({string.Join(", ", row.Select((_, i) => Dialect.Parameter(i + 1)))})", row),
                        cancellationToken)
            : ExecuteAsync(
                $"INSERT INTO {Table} ({columns}) VALUES "
                    + string.Join(", ", batch.Select(row =>
                        $"({string.Join(", ", row.Select(_ => Dialect.Parameter(++number)))})")),
                [.. batch.SelectMany(row => row)], cancellationToken);
    }

    /// <summary>Deletes the rows with the keys of others.</summary>
    public async Task DeleteAsync(IReadOnlyList<object?[]> batch, CancellationToken cancellationToken)
    {
        foreach (var part in batch.Chunk(Dialect.KeyRowsMax))
        {
            var number = 0;
            var where = string.Join(" OR ", part.Select(_ => $"({WhereKeys(ref number)})"));
            await ExecuteAsync(
                $"DELETE FROM {Table} WHERE {where}", [.. part.SelectMany(row => Keys.Select(k => row[k]))],
                cancellationToken);
        }
    }

    /// <summary>
    /// Updates the rows with the keys of others, and inserts those that are not there: columns that the export does not
    /// have keep their values, and rows that refer to a row stay. A unique index on other columns changes no other row:
    /// the database refuses the row.
    /// </summary>
    /// <exception cref="FozException">Several rows of the table have one key.</exception>
    public async Task UpsertAsync(IReadOnlyList<object?[]> batch, CancellationToken cancellationToken)
    {
        var missing = new List<object?[]>();
        foreach (var part in batch.Chunk(Dialect.KeyRowsMax))
        {
            var present = await FindAsync(part, cancellationToken);
            missing.AddRange(part.Where((_, i) => !present.Contains(i)));
            await UpdateAsync([.. part.Where((_, i) => present.Contains(i))], cancellationToken);
        }
        if (missing.Count > 0) await InsertAsync(missing, cancellationToken);
    }

    /// <summary>Returns the positions of the rows whose keys the table has.</summary>
    async Task<HashSet<int>> FindAsync(object?[][] part, CancellationToken cancellationToken)
    {
        var number = 0;
        var sql = string.Join(
            " UNION ALL ", part.Select((_, i) => $"SELECT {i} FROM {Table} WHERE {WhereKeys(ref number)}"));
        await using var command = session.Command(
            connection, sql, [.. part.SelectMany(row => Keys.Select(k => row[k] ?? DBNull.Value))]);
        command.Transaction = Transaction;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var present = new HashSet<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var position = Convert.ToInt32(reader.GetValue(0), CultureInfo.InvariantCulture);
            if (!present.Add(position))
                throw Refused(
                    $"several rows of the table have the keys {string.Join(", ", Keys.Select(k => part[position][k]))}",
                    $"upsert needs a unique index on ({string.Join(", ", target.Keys)})");
        }
        return present;
    }

    /// <summary>Updates rows that the table has, in one command.</summary>
    async Task UpdateAsync(IReadOnlyList<object?[]> part, CancellationToken cancellationToken)
    {
        var changed = fields.Index().Select(field => field.Index).Except(Keys).ToList();
        if (part.Count == 0 || changed.Count == 0) return;
        var number = 0;
        var sql = string.Join(
            "; ", part.Select(_ =>
                $"UPDATE {Table} SET "
                    + string.Join(
                        ", ", changed.Select(c => $"{Dialect.Quote(fields[c].Name)} = {Dialect.Parameter(++number)}"))
                    + $" WHERE {WhereKeys(ref number)}"));
        await ExecuteAsync(
            sql, [.. part.SelectMany(row => changed.Concat(Keys).Select(c => row[c]))], cancellationToken);
    }

    string WhereKeys(ref int number)
    {
        var conditions = new List<string>();
        foreach (var key in Keys) conditions.Add(Is(fields[key], ++number));
        return string.Join(" AND ", conditions);
    }

    /// <summary>
    /// That a key is the parameter of a position. Texts are compared twice: by the column's collation, which an index
    /// serves, and byte by byte, since a collation may hold 'a' and 'A' to be equal.
    /// </summary>
    string Is(Field key, int number)
    {
        var (name, parameter) = (Dialect.Quote(key.Name), Dialect.Parameter(number));
        return key.Type == DataType.String && Dialect.Exactly is { } exactly && !uuids.Contains(key.Name)
            ? $"{name} = {parameter} AND {exactly(name)} = {exactly(parameter)}"
            : $"{name} = {parameter}";
    }

    /// <summary>Runs a statement.</summary>
    public async Task ExecuteAsync(string sql, IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        await using var command = session.Command(connection, sql, [.. values.Select(v => v ?? DBNull.Value)]);
        command.Transaction = Transaction;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task EachAsync(
        IReadOnlyList<object?[]> batch, Func<object?[], (string, object?[])> statement,
        CancellationToken cancellationToken)
    {
        foreach (var row in batch)
        {
            var (sql, values) = statement(row);
            await ExecuteAsync(sql, values, cancellationToken);
        }
    }

    FozException Refused(string why, string hint) =>
        new(ErrorKind.Source, $"export to {target.Target}: {why}")
        {
            Place = target.Place is { File: not null } place ? place : null, Hint = hint,
        };
}
