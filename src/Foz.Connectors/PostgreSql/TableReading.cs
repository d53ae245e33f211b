using System.Runtime.CompilerServices;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql;

/// <summary>The rows to read from a table.</summary>
/// <param name="Relation">The table.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Condition">Which rows, in SQL; empty for all.</param>
sealed record TableSelection(Relation Relation, IReadOnlyList<ReadColumn> Columns, string Condition)
{
    /// <summary>The ORDER BY, for a table that is read in one piece; empty for any order.</summary>
    public string Order { get; init; } = "";

    /// <summary>The blocks that are read.</summary>
    public BlockSpan Blocks { get; init; } = BlockSpan.All;

    /// <summary>Gets the current work, for errors.</summary>
    public string Doing => $"reading {Relation}";

    /// <summary>The SELECT of the rows in a range of blocks.</summary>
    public string Select(string range)
    {
        var where = string.Join(" AND ", new[] { range, Condition }.Where(c => c.Length > 0));
        return $"SELECT {string.Join(", ", Columns.Select(c => c.Sql))} FROM {Relation.Sql}"
            + (where.Length > 0 ? $" WHERE {where}" : "") + Order;
    }
}

/// <summary>
/// One consistent read of a table by several connections: the first holds the snapshot and exports it, the others
/// take it over, and all take ranges of blocks until none is left. Each holds a lock that keeps the table from being
/// altered or truncated meanwhile, which a snapshot alone would not see.
/// </summary>
sealed class TableReading : IAsyncDisposable
{
    const string NoSession = "the server has no session to spare for a snapshot of all";
    const int TriesMax = 20;
    const int RetryMs = 50;

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
    /// The position in the write-ahead log just before the snapshot was taken; null where the server does not report
    /// it.
    /// </summary>
    public long? Lsn { get; private init; }

    /// <summary>The server's time when the snapshot was taken.</summary>
    public DateTimeOffset? TakenAt { get; private init; }

    /// <summary>One reader a connection.</summary>
    public IReadOnlyList<IAsyncEnumerable<ColumnBatch>> Partitions =>
        [.. connections.Select(c => ReadPartitionAsync(c, CancellationToken.None))];

    /// <summary>
    /// Why the table is read as it is now and not by the snapshot of the others; null where it is, or is to be read by
    /// one of its own.
    /// </summary>
    public string? Apart { get; private set; }

    /// <summary>Runs a query on the table by the snapshot, instead of reading its rows.</summary>
    /// <param name="options">The server.</param>
    /// <param name="sql">The query.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The server refuses.</exception>
    public async Task<IReadOnlyList<string?[]>> QueryAsync(
        PgOptions options, string sql, CancellationToken cancellationToken)
    {
        try
        {
            return await connections[0].QueryAsync(sql, cancellationToken);
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            throw SourceFault.Of(error, selection.Doing, options);
        }
    }

    /// <summary>Takes the snapshot, or takes one over.</summary>
    /// <param name="options">The server.</param>
    /// <param name="selection">What to read.</param>
    /// <param name="size">How it can be divided; null where it is to be read in one piece.</param>
    /// <param name="shared">The snapshot of several tables; null for one of its own.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The server cannot be reached, or refuses.</exception>
    public static async Task<TableReading> OpenAsync(
        PgOptions options, TableSelection selection, RelationSize? size, SharedSnapshot? shared,
        CancellationToken cancellationToken)
    {
        var (reading, apart) = shared is null
            ? (null, null)
            : await TryShareAsync(options, selection, size, shared, cancellationToken);
        return reading ?? await OpenOwnAsync(options, selection, size, apart, cancellationToken);
    }

    /// <summary>Reads by the snapshot of several tables, or says why that cannot be.</summary>
    static async Task<(TableReading? Reading, string? Apart)> TryShareAsync(
        PgOptions options, TableSelection selection, RelationSize? size, SharedSnapshot shared,
        CancellationToken cancellationToken)
    {
        if (await shared.TakeAsync(cancellationToken) is not { } snapshot) return (null, NoSession);
        try
        {
            var reading = await OpenAsync(
                options, selection, size, c => TakeOverAsync(c, selection, snapshot, cancellationToken),
                cancellationToken);
            return (reading, reading is null ? "it was altered or emptied since the first of them was read" : null);
        }
        catch (FozException error) when (SourceFault.IsOf(
            error, SqlStates.InvalidParameterValue, SqlStates.UndefinedObject, SqlStates.NotInRequiredState))
        {
            return (null, "the session that kept the snapshot of all has ended");
        }
        catch (FozException error) when (SourceFault.IsOf(error, SqlStates.TooManyConnections))
        {
            await shared.DisposeAsync();
            return (null, NoSession);
        }
    }

    /// <summary>Reads by a snapshot of the table's own.</summary>
    static async Task<TableReading> OpenOwnAsync(
        PgOptions options, TableSelection selection, RelationSize? size, string? apart,
        CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var reading = await OpenAsync(
                    options, selection, size, c => TakeSnapshotAsync(c, selection, cancellationToken),
                    cancellationToken);
                if (reading is null) throw Changed(options, selection);
                reading.Apart = apart;
                return reading;
            }
            // The session that was given back is not free at once.
            catch (FozException error) when (apart is NoSession && tries < TriesMax
                && SourceFault.IsOf(error, SqlStates.TooManyConnections))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(RetryMs), TimeProvider.System, cancellationToken);
            }
        }
    }

    static FozException Changed(PgOptions options, TableSelection selection) =>
        new(ErrorKind.Source, $"{options}: {selection.Doing}: its columns changed just now")
        {
            IsTransient = true,
            Hint = "run it again",
        };

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in connections) await connection.DisposeAsync();
    }

    /// <summary>Opens the connections; null where the table is not as the first one's snapshot must have it.</summary>
    static async Task<TableReading?> OpenAsync(
        PgOptions options, TableSelection selection, RelationSize? size,
        Func<PgConnection, Task<ExportedSnapshot?>> begin, CancellationToken cancellationToken)
    {
        List<PgConnection> opened = [await PgConnection.OpenAsync(options, cancellationToken)];
        try
        {
            var first = opened[0];
            if (await begin(first) is not { } snapshot)
            {
                await first.DisposeAsync();
                return null;
            }
            // Before version 14 a range of blocks would be found by reading the whole table.
            if (size is not null && first.ServerMajorVersion >= 14 && selection.Relation.Access == RelationAccess.All)
                for (var left = Connections(size) - 1; left > 0; left--)
                    if (await ShareSnapshotAsync(options, selection, snapshot.Id, cancellationToken) is { } other)
                        opened.Add(other);
                    else
                        break;
            var parts = size is null ? BlockRanges.Whole() : BlockRanges.Of(size, opened.Count, selection.Blocks);
            return new TableReading(selection, parts, opened) { Lsn = snapshot.Lsn, TakenAt = snapshot.TakenAt };
        }
        catch (Exception error)
        {
            foreach (var connection in opened) await connection.DisposeAsync();
            if (SourceFault.IsOfSource(error)) throw SourceFault.Of(error, selection.Doing, options);
            throw;
        }

        int Connections(RelationSize known) =>
            BlockRanges.Connections(known, options.ConnectionsMax, selection.Blocks);
    }

    /// <summary>A snapshot of the table's own; null where it is no longer as the reading was prepared for.</summary>
    static async Task<ExportedSnapshot?> TakeSnapshotAsync(
        PgConnection connection, TableSelection selection, CancellationToken cancellationToken)
    {
        var lsn = await ExportedSnapshot.LsnAsync(connection, cancellationToken);
        await BeginAsync(connection, cancellationToken);
        // The lock comes before the snapshot: an older one would see a table as empty that was rewritten in between.
        await LockAsync(connection, selection.Relation, "", cancellationToken);
        var snapshot = await ExportedSnapshot.TakeAsync(connection, lsn, cancellationToken);
        return await HasColumnsAsync(connection, selection, cancellationToken) ? snapshot : null;
    }

    /// <summary>Takes a snapshot over; null if it does not show the table's current state.</summary>
    static async Task<ExportedSnapshot?> TakeOverAsync(
        PgConnection connection, TableSelection selection, ExportedSnapshot snapshot,
        CancellationToken cancellationToken)
    {
        await BeginAsync(connection, cancellationToken);
        await connection.QueryAsync($"SET TRANSACTION SNAPSHOT {SqlText.Literal(snapshot.Id)}", cancellationToken);
        await LockAsync(connection, selection.Relation, "", cancellationToken);
        return await IsUnchangedAsync(connection, selection.Relation, cancellationToken)
            && await HasColumnsAsync(connection, selection, cancellationToken)
            ? snapshot
            : null;
    }

    /// <summary>
    /// Whether all that a relation's rows lie in is the same now as in the snapshot of the transaction: queries see the
    /// catalog as it was, functions as it is. What was truncated or rewritten lies in other files since.
    /// </summary>
    static async Task<bool> IsUnchangedAsync(
        PgConnection connection, Relation relation, CancellationToken cancellationToken)
    {
        var sql = $"""
            WITH RECURSIVE member (oid) AS (
                SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = {SqlText.Literal(relation.Schema)} AND c.relname = {SqlText.Literal(relation.Name)}
                UNION
                SELECT below.oid FROM member m CROSS JOIN LATERAL (
                    SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = m.oid
                    UNION ALL
                    SELECT d.refobjid FROM pg_catalog.pg_rewrite r
                      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                     WHERE r.ev_class = m.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass) below (oid)
            )
            SELECT count(*) > 0
               AND bool_and(c.relfilenode IN (0, COALESCE(pg_catalog.pg_relation_filenode(c.oid), 0)))
               AND bool_and(c.relkind <> 'p'
                   OR ARRAY(SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.level = 1 ORDER BY 1)
                    = ARRAY(SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid ORDER BY 1))
              FROM member JOIN pg_catalog.pg_class c ON c.oid = member.oid
            """;
        return (await connection.QueryAsync(sql, cancellationToken))[0][0] == "t";
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
            // Waiting here could take forever: the lock may be queued after one that waits for the first connection's
            // lock.
            await LockAsync(connection, selection.Relation, " NOWAIT", cancellationToken);
            return connection;
        }
        catch (Exception error)
        {
            if (connection is not null) await connection.DisposeAsync();
            // Fewer connections read the same rows.
            if (SourceFault.IsOf(error, SqlStates.TooManyConnections, SqlStates.LockNotAvailable)) return null;
            throw;
        }
    }

    /// <summary>Begins a transaction that sees one moment.</summary>
    public static Task<IReadOnlyList<string?[]>> BeginAsync(
        PgConnection connection, CancellationToken cancellationToken) => connection.QueryAsync(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
        + SessionSettings.Sql(connection.Options, connection.ServerMajorVersion)
        // The server would refuse to turn texts into UTF-8 that it never checked.
        + (connection.HasUncheckedText ? "SET LOCAL client_encoding = 'SQL_ASCII'" : ""),
        cancellationToken);

    static async Task LockAsync(
        PgConnection connection, Relation relation, string wait, CancellationToken cancellationToken)
    {
        if (relation.Access != RelationAccess.All
            || relation.Kind is not (RelationKind.Table or RelationKind.PartitionedTable))
            return;
        await connection.QueryAsync($"LOCK TABLE {relation.Sql} IN ACCESS SHARE MODE{wait}", cancellationToken);
    }

    /// <summary>Whether the table has the columns that it had when the reading was prepared.</summary>
    static async Task<bool> HasColumnsAsync(
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
        return selection.Columns.All(c => now.Contains(
            ($"{c.Column.Number}", c.Column.Name, c.Column.Type.Name)));
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
