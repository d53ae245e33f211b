using System.Data.Common;
using System.Globalization;
using Foz.Connectors.Databases;
using Foz.Lake.Data;

namespace Foz.Connectors.Exports;

/// <summary>
/// Writes rows to a table of any database in one transaction, through its ADO.NET provider. The table must exist. The
/// transaction records version and epoch in a <see cref="DatabaseLedger"/>. If that cannot be created, nothing is
/// appended unless rows may come twice, and exports that replace or upsert continue with a warning.
/// </summary>
sealed class DatabaseExport : TableExport
{
    const int ParametersMax = 900;
    const int RowsMax = 100;

    /// <inheritdoc/>
    public override string? ConnectionType => "database";

    /// <inheritdoc/>
    public override async Task<ExportOutcome> WriteAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        var target = export.Definition;
        var options = DatabaseOptions.Read(export.ConnectionSettings, export.ProjectFolder);
        var session = new DatabaseSession(options);
        await using var open = await session.OpenAsync(cancellationToken);
        try
        {
            var ledger = new DatabaseLedger(session, options.Dialect, target.Address);
            var isNoted = await ledger.EnsureAsync(open, cancellationToken);
            if (!isNoted && target.Mode is not ExportMode.Append) export.Warn(ledger.Unfenced(target));
            else if (!isNoted && !MayRepeat(target)) throw ledger.Missing(target);
            await using var transaction = await open.BeginTransactionAsync(cancellationToken);
            if (isNoted && await ledger.TakeAsync(transaction, rows, cancellationToken) is { } refused) return refused;
            var writing = new Writing(session, open, transaction, options.Dialect, target, rows.Fields);
            if (target.Mode is ExportMode.Replace)
                await writing.ExecuteAsync($"DELETE FROM {writing.Table}", [], cancellationToken);
            if (target.Mode is ExportMode.Upsert)
                foreach (var sql in new[] { rows.DeletedSql, rows.Sql }.OfType<string>())
                    await EachAsync(rows, options.Dialect, sql, writing.DeleteAsync, cancellationToken);
            var count = await EachAsync(rows, options.Dialect, rows.Sql, writing.InsertAsync, cancellationToken);
            if (isNoted) await ledger.NoteAsync(transaction, rows.Name, rows.Version, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new ExportOutcome.Written(count);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault($"export to {target.Target}", e);
        }
    }

    /// <inheritdoc/>
    public override async Task<long?> FindVersionAsync(
        OpenExport export, string name, CancellationToken cancellationToken)
    {
        var options = DatabaseOptions.Read(export.ConnectionSettings, export.ProjectFolder);
        var session = new DatabaseSession(options);
        await using var open = await session.OpenAsync(cancellationToken);
        return await new DatabaseLedger(session, options.Dialect, export.Definition.Address)
            .FindAsync(open, name, cancellationToken);
    }

    static async Task<long> EachAsync(
        ExportRows rows, Dialect dialect, string sql, Func<IReadOnlyList<object?[]>, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        using var read = rows.Session.Query(rows.AsText(sql), cancellationToken);
        var (batch, count) = (new List<object?[]>(), 0L);
        var rowsMax = Math.Clamp(ParametersMax / rows.Fields.Count, 1, RowsMax);
        foreach (var row in read.Rows(cancellationToken))
        {
            batch.Add([.. row.Select((value, i) => ValueOf(value as string, rows.Fields[i].Type, dialect))]);
            count++;
            if (batch.Count < rowsMax) continue;
            await write(batch, cancellationToken);
            batch.Clear();
        }
        if (batch.Count > 0) await write(batch, cancellationToken);
        return count;
    }

    /// <summary>A value as providers take it.</summary>
    /// <param name="text">Its text, of <see cref="ExportRows.AsText"/>.</param>
    /// <param name="type">Its type.</param>
    /// <param name="dialect">What the database speaks.</param>
    internal static object? ValueOf(string? text, DataType type, Dialect dialect) => text is null ? null : type switch
    {
        _ when type == DataType.Boolean => text == "true",
        _ when type == DataType.Byte || type == DataType.Short => short.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Integer => int.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Long => long.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Float => float.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Double => double.Parse(text, CultureInfo.InvariantCulture),
        DataType.Decimal
            when decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) => number,
        // A database without dates would keep the midnight of a DateTime.
        _ when type == DataType.Date =>
            dialect.Name == "sqlite" ? (object)text : DateTime.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.TimestampNtz => DateTime.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Timestamp =>
            DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal),
        _ when type == DataType.Binary => Convert.FromHexString(text.AsSpan(2)),
        _ => text,
    };

    /// <summary>The statements of one export.</summary>
    sealed class Writing(
        DatabaseSession session, DbConnection connection, DbTransaction transaction, Dialect dialect,
        ExportDefinition target,
        IReadOnlyList<Field> fields)
    {
        public string Table { get; } = dialect.Table(target.Address);

        public Task InsertAsync(IReadOnlyList<object?[]> batch, CancellationToken cancellationToken)
        {
            var columns = string.Join(", ", fields.Select(f => dialect.Quote(f.Name)));
            var number = 0;
            // Oracle takes one row a statement.
            return dialect.Name == "oracle"
                ? EachAsync(
                    batch,
                    row => (
                        $"INSERT INTO {Table} ({columns}) VALUES "
                            + $"({string.Join(", ", row.Select((_, i) => dialect.Parameter(i + 1)))})", row),
                            cancellationToken)
                : ExecuteAsync(
                    $"INSERT INTO {Table} ({columns}) VALUES "
                        + string.Join(", ", batch.Select(row =>
                            $"({string.Join(", ", row.Select(_ => dialect.Parameter(++number)))})")),
                    [.. batch.SelectMany(row => row)], cancellationToken);
        }

        public Task DeleteAsync(IReadOnlyList<object?[]> batch, CancellationToken cancellationToken)
        {
            var keys = target.Keys.Select(key =>
                fields.Select((f, i) => (f, i)).First(f => f.f.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).i)
                .ToList();
            var where = string.Join(
                " AND ", keys.Select((k, i) => $"{dialect.Quote(fields[k].Name)} = {dialect.Parameter(i + 1)}"));
            return EachAsync(
                batch, row => ($"DELETE FROM {Table} WHERE {where}", [.. keys.Select(k => row[k])]), cancellationToken);
        }

        public async Task ExecuteAsync(string sql, IReadOnlyList<object?> values, CancellationToken cancellationToken)
        {
            await using var command = session.Command(connection, sql, [.. values.Select(v => v ?? DBNull.Value)]);
            command.Transaction = transaction;
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
    }
}
