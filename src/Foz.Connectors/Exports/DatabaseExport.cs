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
    const int TextMax = 1 << 20;

    /// <inheritdoc/>
    public override string? ConnectionType => "database";

    /// <inheritdoc/>
    private protected override async Task<ExportOutcome> WriteOnceAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        var target = export.Definition;
        var options = DatabaseOptions.Read(export.ConnectionSettings, export.ProjectFolder);
        var session = new DatabaseSession(options);
        await using var open = await session.OpenForExportAsync(cancellationToken);
        try
        {
            var writing = new DatabaseWriting(session, open, target, rows.Fields);
            await writing.CheckTargetAsync(cancellationToken);
            var ledger = new DatabaseLedger(session, options.Dialect, target.Address);
            var isNoted = await ledger.EnsureAsync(open, cancellationToken);
            if (!isNoted && target.Mode is not ExportMode.Append) export.Warn(ledger.Unfenced(target));
            else if (!isNoted && !MayRepeat(target)) throw ledger.Missing(target);
            await using var transaction = await open.BeginTransactionAsync(cancellationToken);
            if (isNoted && await ledger.TakeAsync(transaction, rows, cancellationToken) is { } refused) return refused;
            writing.Transaction = transaction;
            if (target.Mode is ExportMode.Replace)
                await writing.ExecuteAsync($"DELETE FROM {writing.Table}", [], cancellationToken);
            if (target.Mode is ExportMode.Upsert && rows.DeletedSql is { } deleted)
                await EachAsync(rows, options.Dialect, deleted, writing.DeleteAsync, cancellationToken);
            var count = await EachAsync(
                rows, options.Dialect, rows.Sql,
                target.Mode is ExportMode.Upsert ? writing.UpsertAsync : writing.InsertAsync, cancellationToken);
            if (isNoted) await ledger.NoteAsync(transaction, rows.Name, rows.Version, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new ExportOutcome.Written(count);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault($"export to {target.Target}", e, DatabaseWriting.HintOf(target, options.Dialect, e));
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
        var (batch, count, length) = (new List<object?[]>(), 0L, 0L);
        var rowsMax = Math.Clamp(dialect.InsertMax.Parameters / rows.Fields.Count, 1, dialect.InsertMax.Rows);
        foreach (var row in read.Rows(cancellationToken))
        {
            batch.Add([.. row.Select((value, i) => ValueOf(value as string, rows.Fields[i].Type, dialect))]);
            count++;
            length += row.Sum(value => (value as string)?.Length ?? 0);
            if (batch.Count < rowsMax && length < TextMax) continue;
            await write(batch, cancellationToken);
            batch.Clear();
            length = 0;
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
            when decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
                // .NET rounds a number with more digits than it holds.
                && number.ToString(CultureInfo.InvariantCulture) == text => number,
        // A database without dates would keep the midnight of a DateTime.
        _ when type == DataType.Date =>
            dialect.Name == "sqlite" ? (object)text : DateTime.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.TimestampNtz => DateTime.Parse(text, CultureInfo.InvariantCulture),
        _ when type == DataType.Timestamp =>
            DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal),
        _ when type == DataType.Binary => Convert.FromHexString(text.AsSpan(2)),
        _ => text,
    };
}
