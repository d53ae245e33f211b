using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// A snapshot that other sessions can take over while the one that exported it keeps its transaction open.
/// </summary>
/// <param name="Id">The server's name of it.</param>
/// <param name="Lsn">
/// The position in the write-ahead log just before it was taken; null where the server does not report it.
/// </param>
/// <param name="TakenAt">The server's time when it was taken.</param>
sealed record ExportedSnapshot(string Id, long? Lsn, DateTimeOffset TakenAt)
{
    /// <summary>Returns the position in the write-ahead log; null where the server does not report it.</summary>
    public static async Task<long?> LsnAsync(PgConnection connection, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                         ELSE pg_catalog.pg_current_wal_lsn() END - '0/0'::pg_catalog.pg_lsn)::bigint
            """;
        try
        {
            var lsn = (await connection.QueryAsync(Sql, cancellationToken))[0][0];
            return lsn is null ? null : long.Parse(lsn, CultureInfo.InvariantCulture);
        }
        catch (PgServerException error) when (!error.IsFatal)
        {
            // Servers that keep no such log of their own (some that speak the protocol) have no position.
            return null;
        }
    }

    /// <summary>Takes and exports the snapshot of a transaction that has none yet.</summary>
    public static async Task<ExportedSnapshot> TakeAsync(
        PgConnection connection, long? lsn, CancellationToken cancellationToken)
    {
        const string Sql =
            "SELECT pg_catalog.pg_export_snapshot(), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint";
        var row = (await connection.QueryAsync(Sql, cancellationToken))[0];
        var takenAt = DateTimeOffset.UnixEpoch.AddMicroseconds(long.Parse(row[1]!, CultureInfo.InvariantCulture));
        return new(row[0]!, lsn, takenAt);
    }
}

/// <summary>
/// One moment for several tables: a session of its own takes a snapshot when the first of them is read, and keeps it
/// for the others. It holds no lock; a table that was rewritten in between must not be read by it. Safe for use by many
/// threads.
/// </summary>
sealed class SharedSnapshot(PgOptions options) : IAsyncDisposable
{
    readonly SemaphoreSlim gate = new(1, 1);
    PgConnection? session;
    ExportedSnapshot? snapshot;
    bool isOver;

    /// <summary>The moment at which changes start, for as long as their start keeps it.</summary>
    /// <param name="options">The server.</param>
    /// <param name="start">The start.</param>
    public SharedSnapshot(PgOptions options, ChangeStart start)
        : this(options)
    {
        snapshot = new(start.Snapshot, start.Position.Number, start.TakenAt ?? DateTimeOffset.UnixEpoch);
        OldestTransaction = start.OldestTransaction;
    }

    /// <summary>As <see cref="ChangeStart.OldestTransaction"/>.</summary>
    public long? OldestTransaction { get; }

    /// <summary>The snapshot; null where there is none, as the server has no session to spare.</summary>
    /// <exception cref="FozException">The server cannot be reached, or refuses.</exception>
    public async Task<ExportedSnapshot?> TakeAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!isOver && snapshot is null) await OpenAsync(cancellationToken);
            return isOver ? null : snapshot;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Returns the session; sessions that have taken the snapshot over keep it.</summary>
    public async ValueTask DisposeAsync()
    {
        await gate.WaitAsync(CancellationToken.None);
        try
        {
            isOver = true;
            if (session is not null) await session.DisposeAsync();
            session = null;
        }
        finally
        {
            gate.Release();
        }
    }

    async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            session = await PgConnection.OpenAsync(options, cancellationToken);
            var lsn = await ExportedSnapshot.LsnAsync(session, cancellationToken);
            await TableReading.BeginAsync(session, cancellationToken);
            snapshot = await ExportedSnapshot.TakeAsync(session, lsn, cancellationToken);
        }
        catch (Exception error)
        {
            if (session is not null) await session.DisposeAsync();
            session = null;
            isOver = SourceFault.IsOf(error, SqlStates.TooManyConnections);
            if (isOver) return;
            if (SourceFault.IsOfSource(error)) throw SourceFault.Of(error, "taking a snapshot", options);
            throw;
        }
    }
}
