using System.Data.Common;
using Foz.Connectors.Changes;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>A snapshot of a server: a transaction, which only its own session sees.</summary>
public sealed class MySqlSnapshot : IAsyncDisposable
{
    readonly MySqlConnection session;

    MySqlSnapshot(MySqlConnection session) => this.session = session;

    /// <summary>Gets the session whose statements read the snapshot, one at a time.</summary>
    public DbConnection Connection => session;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => session.DisposeAsync();

    /// <summary>Marks where reading a table begins.</summary>
    internal Task MarkAsync(CancellationToken cancellationToken) =>
        ExecuteAsync(session, "SAVEPOINT foz_table", cancellationToken);

    /// <summary>Lets others alter the tables that were read since the mark; the snapshot stays.</summary>
    internal async ValueTask ReleaseAsync()
    {
        try
        {
            await ExecuteAsync(session, "ROLLBACK TO SAVEPOINT foz_table", CancellationToken.None);
        }
        catch (Exception error) when (MySqlFault.IsOfSource(error) || error is InvalidOperationException)
        {
            // A table that was not read to its end has closed the session.
        }
    }

    /// <summary>Takes a snapshot, and finds the place of the log that is exactly its moment.</summary>
    internal static async Task<ChangeStart> TakeAsync(MySqlOptions options, CancellationToken cancellationToken)
    {
        var connection = await options.OpenAsync(cancellationToken);
        try
        {
            var time = (await ServerState.RowAsync(connection, "SELECT UNIX_TIMESTAMP(NOW(6))", cancellationToken))[0];
            var state = await ServerState.ReadAsync(connection, options, cancellationToken);
            await ExecuteAsync(
                connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", cancellationToken);
            var position = state.IsMariaDb
                ? await TakeOfMariaDbAsync(connection, state, cancellationToken)
                : await TakeOfMySqlAsync(connection, state, cancellationToken);
            var seconds = decimal.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
            return new ChangeStart(position, "", new MySqlSnapshot(connection))
            {
                TakenAt = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)),
            };
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>MariaDB says where the log was when the snapshot was taken, without any lock.</summary>
    static async Task<BinlogPosition> TakeOfMariaDbAsync(
        MySqlConnection connection, ServerState state, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT", cancellationToken);
        var file = await ServerState.RowAsync(
            connection, "SHOW STATUS LIKE 'binlog_snapshot_file'", cancellationToken);
        var offset = await ServerState.RowAsync(
            connection, "SHOW STATUS LIKE 'binlog_snapshot_position'", cancellationToken);
        return await state.PositionAsync(connection, file[1], offset[1], gtids: null, cancellationToken);
    }

    /// <summary>MySQL needs a lock, so that nothing is committed between the snapshot and the question.</summary>
    static async Task<BinlogPosition> TakeOfMySqlAsync(
        MySqlConnection connection, ServerState state, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, "FLUSH TABLES WITH READ LOCK", cancellationToken);
        await ExecuteAsync(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT", cancellationToken);
        var position = await state.FindEndAsync(connection, cancellationToken);
        await ExecuteAsync(connection, "UNLOCK TABLES", cancellationToken);
        return position;
    }

    static async Task ExecuteAsync(MySqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
