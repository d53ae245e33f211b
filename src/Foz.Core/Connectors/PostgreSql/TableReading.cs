using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Core.Data;

namespace Foz.Core.Connectors.PostgreSql;

/// <summary>What is read of a table.</summary>
/// <param name="Relation">The table.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Condition">Which rows, in SQL; empty for all.</param>
sealed record TableSelection(Relation Relation, IReadOnlyList<ReadColumn> Columns, string Condition)
{
    /// <summary>What is done, for errors.</summary>
    public string Doing => $"reading {Relation}";

    /// <summary>The SELECT of the rows in a range of blocks.</summary>
    public string Select(string range)
    {
        var where = string.Join(" AND ", new[] { range, Condition }.Where(c => c.Length > 0));
        return $"SELECT {string.Join(", ", Columns.Select(c => c.Sql))} FROM {Relation.Sql}"
            + (where.Length > 0 ? $" WHERE {where}" : "");
    }
}

/// <summary>
/// One consistent read of a table by several connections: the first holds the snapshot and exports it, the others
/// take it over, and all take ranges of blocks until none is left. Each holds a lock that keeps the table from being
/// altered or truncated meanwhile, which a snapshot alone would not see.
/// </summary>
sealed class TableReading : IAsyncDisposable
{
    readonly TableSelection selection;
    readonly BlockRanges ranges;
    readonly List<PgConnection> connections;

    TableReading(TableSelection selection, BlockRanges ranges, List<PgConnection> connections)
    {
        this.selection = selection;
        this.ranges = ranges;
        this.connections = connections;
    }

    /// <summary>
    /// The position in the write-ahead log just before the snapshot was taken; null where the server does not tell.
    /// </summary>
    public long? Lsn { get; private init; }

    /// <summary>The server's time when the snapshot was taken.</summary>
    public DateTimeOffset? TakenAt { get; private init; }

    /// <summary>One reader a connection.</summary>
    public IReadOnlyList<IAsyncEnumerable<ColumnBatch>> Partitions =>
        [.. connections.Select(c => ReadPartitionAsync(c, CancellationToken.None))];

    /// <summary>Takes the snapshot.</summary>
    /// <param name="options">The server.</param>
    /// <param name="selection">What to read.</param>
    /// <param name="size">How it can be divided; null where it is to be read in one piece.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The server cannot be reached, or refuses.</exception>
    public static async Task<TableReading> OpenAsync(
        PgOptions options, TableSelection selection, RelationSize? size, CancellationToken cancellationToken)
    {
        List<PgConnection> opened = [await PgConnection.OpenAsync(options, cancellationToken)];
        try
        {
            var first = opened[0];
            var lsn = await LsnAsync(first, cancellationToken);
            var (snapshot, takenAt) = await TakeSnapshotAsync(first, selection, cancellationToken);
            // Before version 14 a range of blocks would be found by reading the whole table.
            if (size is not null && first.ServerMajorVersion >= 14 && selection.Relation.Access == RelationAccess.All)
                for (var left = BlockRanges.Connections(size, options.ConnectionsMax) - 1; left > 0; left--)
                    if (await ShareSnapshotAsync(options, selection, snapshot, cancellationToken) is { } other)
                        opened.Add(other);
                    else
                        break;
            var parts = size is null ? BlockRanges.Whole() : BlockRanges.Of(size, opened.Count);
            return new TableReading(selection, parts, opened) { Lsn = lsn, TakenAt = takenAt };
        }
        catch (Exception error)
        {
            foreach (var connection in opened) await connection.DisposeAsync();
            if (SourceFault.IsOfSource(error)) throw SourceFault.Of(error, selection.Doing, options);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in connections) await connection.DisposeAsync();
    }

    static async Task<long?> LsnAsync(PgConnection connection, CancellationToken cancellationToken)
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

    static async Task<(string Snapshot, DateTimeOffset TakenAt)> TakeSnapshotAsync(
        PgConnection connection, TableSelection selection, CancellationToken cancellationToken)
    {
        await BeginAsync(connection, cancellationToken);
        // The lock comes before the snapshot: an older one would see a table as empty that was rewritten in between.
        await LockAsync(connection, selection.Relation, "", cancellationToken);
        const string Sql =
            "SELECT pg_catalog.pg_export_snapshot(), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint";
        var row = (await connection.QueryAsync(Sql, cancellationToken))[0];
        await CheckColumnsAsync(connection, selection, cancellationToken);
        var takenAt = DateTimeOffset.UnixEpoch.AddMicroseconds(long.Parse(row[1]!, CultureInfo.InvariantCulture));
        return (row[0]!, takenAt);
    }

    /// <summary>Another connection with the same snapshot; null where the server has none to spare.</summary>
    static async Task<PgConnection?> ShareSnapshotAsync(
        PgOptions options, TableSelection selection, string snapshot, CancellationToken cancellationToken)
    {
        PgConnection? connection = null;
        try
        {
            connection = await PgConnection.OpenAsync(options, cancellationToken);
            await BeginAsync(connection, cancellationToken);
            await connection.QueryAsync($"SET TRANSACTION SNAPSHOT {SqlText.Literal(snapshot)}", cancellationToken);
            // To wait here could be for ever: behind somebody who waits for the first connection's lock.
            await LockAsync(connection, selection.Relation, " NOWAIT", cancellationToken);
            return connection;
        }
        catch (Exception error)
        {
            if (connection is not null) await connection.DisposeAsync();
            // Fewer connections read the same rows.
            var server = error as PgServerException ?? error.InnerException as PgServerException;
            if (server?.SqlState is SqlStates.TooManyConnections or SqlStates.LockNotAvailable) return null;
            throw;
        }
    }

    static Task<IReadOnlyList<string?[]>> BeginAsync(
        PgConnection connection, CancellationToken cancellationToken) => connection.QueryAsync(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + SessionSettings.Sql(connection.Options)
        // The server would refuse to turn texts into UTF-8 that it never checked.
        + (connection.HasUncheckedText ? "SET LOCAL client_encoding = 'SQL_ASCII'" : ""),
        cancellationToken);

    static async Task LockAsync(
        PgConnection connection, Relation relation, string wait, CancellationToken cancellationToken)
    {
        if (relation.Access != RelationAccess.All || relation.Kind is not (RelationKind.Table or RelationKind.PartitionedTable)) return;
        await connection.QueryAsync($"LOCK TABLE {relation.Sql} IN ACCESS SHARE MODE{wait}", cancellationToken);
    }

    /// <summary>Makes sure that the table is still as it was when the reading was prepared.</summary>
    static async Task CheckColumnsAsync(
        PgConnection connection, TableSelection selection, CancellationToken cancellationToken)
    {
        var relation = selection.Relation;
        var sql = $"""
            SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
              FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = {SqlText.Literal(relation.Schema)} AND c.relname = {SqlText.Literal(relation.Name)}
               AND NOT a.attisdropped
            """;
        var rows = await connection.QueryAsync(sql, cancellationToken);
        var now = rows.Select(r => (r[0]!, r[1]!, r[2]!)).ToHashSet();
        var isSame = selection.Columns.All(c => now.Contains(
            ($"{c.Column.Number}", c.Column.Name, c.Column.Type.Name)));
        if (!isSame)
            throw new FozException(
                ErrorKind.Source, $"{connection.Options}: {selection.Doing}: its columns changed just now")
            {
                IsTransient = true,
                Hint = "run it again",
            };
    }

    async IAsyncEnumerable<ColumnBatch> ReadPartitionAsync(
        PgConnection connection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var decoder = new RowDecoder(selection.Columns);
        await using var reading = new CopyReading(connection, decoder, selection.Doing);
        while (ranges.Take() is { } range)
        {
            await reading.StartAsync(selection.Select(range), cancellationToken);
            while (await reading.ReadAsync(cancellationToken)) yield return decoder.Build();
        }

        if (decoder.RowCount > 0) yield return decoder.Build();
    }
}
