using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// What a session waits for that creates a slot: each transaction that was open before must end, in all databases of
/// the server. So does one that was prepared and forgotten.
/// </summary>
static class SlotWait
{
    /// <summary>Finds it; null where the session waits for nothing.</summary>
    /// <param name="connection">Another session.</param>
    /// <param name="process">The process of the session that creates the slot.</param>
    /// <param name="name">The name of the slot.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public static async Task<Warning?> FindAsync(
        PgConnection connection, int process, string name, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SELECT p.gid, h.pid, COALESCE(p.owner, a.usename), COALESCE(p.database, a.datname),
                       date_trunc('second', COALESCE(p.prepared, a.xact_start))
                  FROM pg_catalog.pg_locks w
                  JOIN pg_catalog.pg_locks h ON h.locktype = 'transactionid' AND h.transactionid = w.transactionid
                   AND h.granted AND h.mode = 'ExclusiveLock'
                  LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = w.transactionid
                  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
                 WHERE w.pid = {process} AND w.locktype = 'transactionid' AND NOT w.granted LIMIT 1
                """),
            cancellationToken);
        if (rows is not [[var prepared, var pid, var user, var database, var since]]) return null;
        // The server hides the start from users without pg_read_all_stats.
        var of = $"of {user ?? "another user"} in {database ?? "another database"}"
            + (since is null ? "" : $", open since {since}");
        return prepared is null
            ? new(
                $"{connection.Options}: the slot '{name}' waits for the transaction of process {pid} {of}",
                $"end it there; or SELECT pg_terminate_backend({pid})")
            : new(
                $"{connection.Options}: the slot '{name}' waits for the prepared transaction '{prepared}' {of}",
                $"in {database}: COMMIT PREPARED or ROLLBACK PREPARED {SqlText.Literal(prepared)}");
    }
}
