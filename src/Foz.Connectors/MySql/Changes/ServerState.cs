using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Wire.MySql.Binlog;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What a server is, how it logs, and what it has logged.</summary>
sealed record ServerState
{
    public const string MetadataHint = "set binlog_row_metadata=FULL at the server";

    public required bool IsMariaDb { get; init; }

    /// <summary>Its number, of MySQL its UUID.</summary>
    public required string Server { get; init; }

    /// <summary>The transactions that it has logged.</summary>
    public required string Gtids { get; init; }

    /// <summary>Whether updates come with all of the row before them, unless a session says otherwise.</summary>
    public required bool HasBefore { get; init; }

    /// <summary>Whether it keeps all names in small letters.</summary>
    public required bool HasSmallNames { get; init; }

    /// <summary>Asks a server, and makes sure that its log has what is needed.</summary>
    /// <exception cref="FozException">It does not.</exception>
    public static async Task<ServerState> ReadAsync(
        MySqlConnection connection, MySqlOptions options, CancellationToken cancellationToken)
    {
        var isMariaDb = connection.ServerVersion.Contains("mariadb", StringComparison.OrdinalIgnoreCase);
        var own = isMariaDb ? "@@server_id, @@gtid_binlog_pos, 'ON'" : "@@server_uuid, @@gtid_executed, @@gtid_mode";
        var row = await RowAsync(
            connection,
            $"SELECT @@log_bin, @@global.binlog_format, @@global.binlog_row_metadata, "
            + $"@@global.binlog_row_image, {own}, @@lower_case_table_names",
            cancellationToken);
        FozException Wrong(string what, string hint) =>
            new(ErrorKind.Source, $"{options}: the server's log has no changes of rows: {what}") { Hint = hint };
        if (row[0] != "1") throw Wrong("log_bin is off", "start the server with log_bin");
        if (row[1] != "ROW")
            throw Wrong($"binlog_format is {row[1]}", "SET GLOBAL binlog_format = ROW, and let clients connect again");
        if (row[2] != "FULL")
            throw new FozException(
                ErrorKind.Source,
                $"{options}: the server's log does not name columns: binlog_row_metadata is {row[2]}")
            {
                Hint = "SET GLOBAL binlog_row_metadata = FULL",
            };
        if (row[6] != "ON")
            throw Wrong($"gtid_mode is {row[6]}", "set enforce_gtid_consistency = ON and gtid_mode = ON");
        return new ServerState
        {
            IsMariaDb = isMariaDb,
            Server = row[4],
            Gtids = row[5].Replace("\n", "", StringComparison.Ordinal),
            HasBefore = row[3] is "FULL" or "FULL_NODUP",
            HasSmallNames = row[7] == "1",
        };
    }

    /// <summary>Finds the logs from a position on.</summary>
    public static async Task<ChangeLag?> FindLagAsync(
        MySqlConnection connection, BinlogPosition from, CancellationToken cancellationToken)
    {
        var logs = await FindLogsAsync(connection, cancellationToken);
        var kept = logs.Where(log => BinlogPosition.NumberOf(log.File, 0) >= BinlogPosition.NumberOf(from.File, 0))
            .ToList();
        var bytes = kept.Sum(log => log.Bytes);
        var isKept = kept.Exists(log => log.File == from.File);
        // Without more rights a user sees their own sessions.
        var active = await RowAsync(
            connection,
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' "
            + "AND USER = SUBSTRING_INDEX(USER(), '@', 1)",
            cancellationToken);
        return new ChangeLag(bytes, Math.Max(0, bytes - (isKept ? from.Offset : 0)))
        {
            IsLost = !isKept, IsActive = active[0] != "0",
        };
    }

    /// <summary>Where the log ends now.</summary>
    public async Task<BinlogPosition> FindEndAsync(MySqlConnection connection, CancellationToken cancellationToken)
    {
        const int StatusVersion = 84;
        var version = connection.ServerVersion.Split('.');
        var isRenamed = !IsMariaDb && version is [var major, var minor, ..]
            && int.TryParse(major + minor, CultureInfo.InvariantCulture, out var number) && number >= StatusVersion;
        var row = await RowAsync(
            connection, isRenamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", cancellationToken);
        return await PositionAsync(connection, row[0], row[1], IsMariaDb ? null : row[4], cancellationToken);
    }

    /// <summary>The position at a place of the log.</summary>
    public async Task<BinlogPosition> PositionAsync(
        MySqlConnection connection, string file, string offset, string? gtids, CancellationToken cancellationToken)
    {
        gtids ??= await FindGtidsAsync(connection, file, offset, cancellationToken) ?? Gtids;
        gtids = gtids.Replace("\n", "", StringComparison.Ordinal);
        return new BinlogPosition(
            IsMariaDb, Server, file, long.Parse(offset, CultureInfo.InvariantCulture), 0,
            IsMariaDb ? MariaGtids.Parse(gtids).ToString() : gtids);
    }

    /// <summary>
    /// What is missing between a position and this server's log; null where the log continues from there, as far as
    /// can be known before it is read.
    /// </summary>
    public async Task<ChangeGap?> FindGapAsync(
        MySqlConnection connection, BinlogPosition from, CancellationToken cancellationToken)
    {
        if (from.IsMariaDb != IsMariaDb)
            return new ChangeGap(
                ChangeGapKind.OtherServer,
                $"the position {from} is of another kind of server than {connection.ServerVersion}");
        var gap = IsMariaDb
            ? await FindMariaGapAsync(connection, from, cancellationToken)
            : await FindMySqlGapAsync(connection, from, cancellationToken);
        // A server that took over has the same transactions, but at places of its own.
        return gap is not null || from.Server == Server ? gap : new ChangeGap(
            ChangeGapKind.OtherServer,
            $"the server is now {Server}: the places of its log do not follow those of {from.Server}");
    }

    /// <summary>Reads the first row of a statement, as texts; null is empty.</summary>
    public static async Task<string[]> RowAsync(
        MySqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new Wire.WireException(Wire.WireErrorKind.Malformed, $"{sql}: the server answers without a row");
        return
        [
            .. Enumerable.Range(0, reader.FieldCount).Select(
                i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!),
        ];
    }

    static async Task<string?> FindGtidsAsync(
        MySqlConnection connection, string file, string offset, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(
            $"SELECT BINLOG_GTID_POS(@file, {long.Parse(offset, CultureInfo.InvariantCulture)})", connection);
        command.Parameters.AddWithValue("@file", file);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    async Task<ChangeGap?> FindMariaGapAsync(
        MySqlConnection connection, BinlogPosition from, CancellationToken cancellationToken)
    {
        if (!MariaGtids.Parse(Gtids).Contains(MariaGtids.Parse(from.Gtids)))
            return new ChangeGap(
                from.Server == Server ? ChangeGapKind.ServerBehind : ChangeGapKind.OtherServer,
                $"the server {Server} has logged {Shown(Gtids)}, and the position needs {from.Gtids}: it is another "
                + "server, or was restored from an older state");
        return from.Server == Server ? await FindResetAsync(connection, from, cancellationToken) : null;
    }

    async Task<ChangeGap?> FindMySqlGapAsync(
        MySqlConnection connection, BinlogPosition from, CancellationToken cancellationToken)
    {
        var (executed, read) = (Set(Gtids), Set(from.Gtids));
        if (!executed.Contains(read))
            return new ChangeGap(
                from.Server == Server ? ChangeGapKind.ServerBehind : ChangeGapKind.OtherServer,
                $"the server {Server} has executed {Shown(Gtids)}, and the position needs {from.Gtids}: it is another "
                + "server, or was restored from an older state");
        var purged = (await RowAsync(connection, "SELECT @@gtid_purged", cancellationToken))[0];
        if (!read.Contains(Set(purged)))
            return new ChangeGap(
                ChangeGapKind.SlotLost,
                $"the server has purged logs that the position needs: {Shown(purged)} is purged, {Shown(from.Gtids)} "
                + "read");
        return from.Server == Server ? await FindResetAsync(connection, from, cancellationToken) : null;
    }

    /// <summary>
    /// Finds whether a server of the same name has other logs than those that the position is in: after a reset the
    /// names of files and transactions come again. What is known of a purged file is the server's to say.
    /// </summary>
    async Task<ChangeGap?> FindResetAsync(
        MySqlConnection connection, BinlogPosition from, CancellationToken cancellationToken)
    {
        // MariaDB says it of the first 4 GB of a file. It is asked first: a file that is listed later was there.
        var isKnown = IsMariaDb && from.Offset <= uint.MaxValue;
        var offset = from.Offset.ToString(CultureInfo.InvariantCulture);
        var there = isKnown ? await FindGtidsAsync(connection, from.File, offset, cancellationToken) : null;
        var logs = await FindLogsAsync(connection, cancellationToken);
        var place = $"{from.File}:{offset}";
        if (logs is [.., var newest]
            && BinlogPosition.NumberOf(newest.File, 0) < BinlogPosition.NumberOf(from.File, 0))
            return Reset($"ends with {newest.File}, before {place}");
        var bytes = logs.Where(log => log.File == from.File).Select(log => (long?)log.Bytes).FirstOrDefault();
        if (bytes is null) return null;
        if (bytes < from.Offset) return Reset($"has {bytes} bytes in {from.File}, less than {place}");
        if (!isKnown) return null;
        if (there is null) return Reset($"has no end of a transaction at {place}");
        return MariaGtids.Parse(there).Equals(MariaGtids.Parse(from.Gtids))
            ? null
            : Reset($"has {Shown(there)} at {place}, and the position {Shown(from.Gtids)}");

        static ChangeGap Reset(string what) => new(
            ChangeGapKind.HistoryParted,
            $"the server's log {what}: it is the log of another server, or was reset (RESET MASTER)");
    }

    static async Task<List<(string File, long Bytes)>> FindLogsAsync(
        MySqlConnection connection, CancellationToken cancellationToken)
    {
        var logs = new List<(string File, long Bytes)>();
        await using var command = new MySqlCommand("SHOW BINARY LOGS", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            logs.Add((reader.GetString(0), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture)));
        return logs;
    }

    static string Shown(string gtids) => gtids.Length == 0 ? "nothing" : gtids;

    static GtidSet Set(string text) => GtidSet.TryParse(text, out var set) ? set : GtidSet.Empty;
}
