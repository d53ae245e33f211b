using System.Data.Common;
using System.Globalization;
using Foz.Connectors.Databases;
using Foz.Lake;

namespace Foz.Connectors.Exports;

/// <summary>
/// The table <c>foz_exports</c> next to the target of exports: the version that the target has of each, and the epoch
/// of the run that wrote it, recorded in the transaction that writes its rows. So no version arrives twice, and no
/// older one after a newer.
/// </summary>
/// <param name="session">How the database is reached.</param>
/// <param name="dialect">The SQL that the database speaks.</param>
/// <param name="target">The target's table, as the project names it.</param>
sealed class DatabaseLedger(DatabaseSession session, Dialect dialect, string target)
{
    readonly string export = dialect.Quote("export");
    readonly string table = string.Join(
        '.', Dialect.Parts(target).SkipLast(1).Append("foz_exports").Select(dialect.Quote));

    string UpdateSql =>
        $"UPDATE {table} SET version = {dialect.Parameter(1)} WHERE {export} = {dialect.Parameter(2)}";

    string InsertSql =>
        $"INSERT INTO {table} (version, {export}) VALUES ({dialect.Parameter(1)}, {dialect.Parameter(2)})";

    string CreateSql =>
        $"CREATE TABLE {table} ({export} {dialect.NameType} NOT NULL PRIMARY KEY, version NUMERIC(19) NOT NULL)"
            + dialect.TableOptions;

    /// <summary>Returns the version of an export that the target has; null where none is recorded.</summary>
    /// <exception cref="FozException">Thrown when the database does not return it.</exception>
    public async Task<long?> FindAsync(DbConnection connection, string name, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(connection, cancellationToken)) return null;
        try
        {
            return await FindAsync(connection, transaction: null, name, cancellationToken);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault($"reading {table}", e);
        }
    }

    /// <summary>The error of an export that needs the table, which is not there and cannot be made.</summary>
    public FozException Missing(ExportDefinition export) => new(
        ErrorKind.Source,
        $"export to {export.Target}: the table {table}, which notes what was appended, is not there and cannot be "
            + "made: a crash could append rows twice")
    {
        Place = export.Place,
        Hint = $"let the user insert into, update and read it, made by: {CreateSql}; or set may_repeat: true",
    };

    /// <summary>
    /// Creates the table if it does not exist. No transaction may be open: some databases would commit it.
    /// </summary>
    /// <returns>Whether it exists; false where the user may not create it.</returns>
    public async Task<bool> EnsureAsync(DbConnection connection, CancellationToken cancellationToken) =>
        await IsThereAsync(connection, cancellationToken) || await TryAsync(connection, CreateSql, cancellationToken)
            // Another export may have made it in between.
            || await IsThereAsync(connection, cancellationToken);

    Task<bool> IsThereAsync(DbConnection connection, CancellationToken cancellationToken) =>
        TryAsync(connection, $"SELECT version FROM {table} WHERE 1 = 0", cancellationToken);

    /// <summary>Returns the warning of an export that continues without the table.</summary>
    public Warning Unfenced(ExportDefinition export) => new(
        $"export to {export.Target}: the table {table}, which notes what was exported, is not there and cannot be "
            + "made: a run that stood still could write older rows over newer ones",
        $"let the user insert into, update and read it, made by: {CreateSql}");

    /// <summary>
    /// Notes the epoch of a run, and with it lets others that write the export wait for the transaction.
    /// </summary>
    /// <returns>Why nothing may be written; null where the export is the run's.</returns>
    public async Task<ExportOutcome?> TakeAsync(
        DbTransaction transaction, ExportRows rows, CancellationToken cancellationToken)
    {
        var (name, epoch) = (rows.Fence.EpochName, rows.Fence.Epoch);
        if (await RunAsync(transaction, $"{UpdateSql} AND version <= {dialect.Parameter(3)}", [epoch, name, epoch],
            cancellationToken) == 0)
        {
            var present = await FindAsync(transaction.Connection!, transaction, name, cancellationToken);
            if (present > epoch) return new ExportOutcome.Overtaken(present);
            if (present is null) await RunAsync(transaction, InsertSql, [epoch, name], cancellationToken);
        }
        return await FindAsync(transaction.Connection!, transaction, rows.Name, cancellationToken) == rows.Fence.Known
            ? null
            : ExportOutcome.Moved.Value;
    }

    /// <summary>Notes a version.</summary>
    public async Task NoteAsync(
        DbTransaction transaction, string name, long version, CancellationToken cancellationToken)
    {
        if (await RunAsync(transaction, UpdateSql, [version, name], cancellationToken) == 0)
            await RunAsync(transaction, InsertSql, [version, name], cancellationToken);
    }

    async Task<int> RunAsync(
        DbTransaction transaction, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = session.Command(transaction.Connection!, sql, values);
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task<long?> FindAsync(
        DbConnection connection, DbTransaction? transaction, string name, CancellationToken cancellationToken)
    {
        await using var find = session.Command(
            connection, $"SELECT version FROM {table} WHERE {export} = {dialect.Parameter(1)}", [name]);
        find.Transaction = transaction;
        var version = await find.ExecuteScalarAsync(cancellationToken);
        return version is null or DBNull ? null : Convert.ToInt64(version, CultureInfo.InvariantCulture);
    }

    async Task<bool> TryAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = session.Command(connection, sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            return false;
        }
    }
}
