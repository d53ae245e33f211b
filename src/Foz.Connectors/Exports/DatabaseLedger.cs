using System.Data.Common;
using System.Globalization;
using Foz.Connectors.Databases;
using Foz.Lake;

namespace Foz.Connectors.Exports;

/// <summary>
/// The table <c>foz_exports</c> beside the target of exports: which version it has of each, noted in the transaction
/// that writes its rows, so that none arrives twice.
/// </summary>
/// <param name="session">How the database is reached.</param>
/// <param name="dialect">What it speaks.</param>
/// <param name="target">The target's table, as the project names it.</param>
sealed class DatabaseLedger(DatabaseSession session, Dialect dialect, string target)
{
    readonly string export = dialect.Quote("export");
    readonly string table = string.Join(
        '.', Dialect.Parts(target).SkipLast(1).Append("foz_exports").Select(dialect.Quote));

    string CreateSql =>
        $"CREATE TABLE {table} ({export} VARCHAR(700) NOT NULL PRIMARY KEY, version NUMERIC(19) NOT NULL)";

    /// <summary>The version of an export that the target has; null where none is noted.</summary>
    /// <exception cref="FozException">The database does not tell it.</exception>
    public async Task<long?> FindAsync(DbConnection connection, string name, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(connection, cancellationToken)) return null;
        try
        {
            await using var find = session.Command(
                connection, $"SELECT version FROM {table} WHERE {export} = {dialect.Parameter(1)}", [name]);
            var version = await find.ExecuteScalarAsync(cancellationToken);
            return version is null or DBNull ? null : Convert.ToInt64(version, CultureInfo.InvariantCulture);
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
    /// Makes the table if it is not there. No transaction may be open: some databases commit it with that.
    /// </summary>
    /// <returns>Whether it is there; false where the user may not make it.</returns>
    public async Task<bool> EnsureAsync(DbConnection connection, CancellationToken cancellationToken) =>
        await IsThereAsync(connection, cancellationToken) || await TryAsync(connection, CreateSql, cancellationToken);

    Task<bool> IsThereAsync(DbConnection connection, CancellationToken cancellationToken) =>
        TryAsync(connection, $"SELECT version FROM {table} WHERE 1 = 0", cancellationToken);

    /// <summary>Notes a version.</summary>
    public async Task NoteAsync(
        DbTransaction transaction, string name, long version, CancellationToken cancellationToken)
    {
        var (first, second) = (dialect.Parameter(1), dialect.Parameter(2));
        if (await RunAsync($"UPDATE {table} SET version = {first} WHERE {export} = {second}", version, name) == 0)
            await RunAsync($"INSERT INTO {table} (version, {export}) VALUES ({first}, {second})", version, name);

        async Task<int> RunAsync(string sql, params object[] values)
        {
            await using var command = session.Command(transaction.Connection!, sql, values);
            command.Transaction = transaction;
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
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
