using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Wire.MySql.Binlog;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>
/// The changes of a MySQL or MariaDB server, by its binary logs. The server keeps these by rules of its own: nothing
/// is confirmed to it.
/// </summary>
/// <param name="changes">Which changes, and how the server is reached.</param>
public sealed class MySqlChangeSource(MySqlChangeOptions changes) : IChangeSource
{
    const int LogFault = 1236;
    const uint FileStart = 4;

    readonly MySqlOptions options = new(changes.ConnectionString);

    /// <inheritdoc/>
    public ChangePosition ParsePosition(string text) => BinlogPosition.Parse(text);

    /// <inheritdoc/>
    public Task<ChangeStart> StartAsync(CancellationToken cancellationToken) => SnapshotAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ChangeStart> SnapshotAsync(CancellationToken cancellationToken) => GuardAsync(
        "taking a snapshot", () => MySqlSnapshot.TakeAsync(options, cancellationToken));

    /// <inheritdoc/>
    public Task<ChangeStart> LookAsync(CancellationToken cancellationToken) => SnapshotAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The server logs all tables.</remarks>
    public Task<IReadOnlyDictionary<(string Schema, string Name), long>> FindLoggedAsync(
        CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<(string, string), long>>(
            changes.Tables.ToDictionary(table => (table.Item1, table.Item2), _ => 0L));

    /// <inheritdoc/>
    public Task<ChangeOpening> OpenAsync(ChangePosition from, CancellationToken cancellationToken) =>
        from is BinlogPosition position
            ? GuardAsync("opening the binary logs", () => OpenAsync(position, cancellationToken))
            : Task.FromResult<ChangeOpening>(new ChangeOpening.Refused(new(
                ChangeGapKind.OtherServer, $"the position {from} is of no MySQL or MariaDB server")));

    /// <inheritdoc/>
    public Task<ChangeLag?> FindLagAsync(ChangePosition from, CancellationToken cancellationToken) => GuardAsync(
        "looking at the binary logs", async () =>
        {
            await using var connection = await options.OpenAsync(cancellationToken);
            return from is BinlogPosition position
                ? await ServerState.FindLagAsync(connection, position, cancellationToken)
                : null;
        });

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async Task<ChangeOpening> OpenAsync(BinlogPosition from, CancellationToken cancellationToken)
    {
        var isWanted = changes.Filter(options.Database);
        MySqlConnection? control = null;
        ReplicationSession? replication = null;
        BinlogAssembler? assembler = null;
        try
        {
            control = await options.OpenAsync(cancellationToken);
            var state = await ServerState.ReadAsync(control, options, cancellationToken);
            var gap = await state.FindGapAsync(control, from, cancellationToken);
            if (gap is null)
            {
                assembler = new BinlogAssembler(new BinlogFeed(isWanted, state.HasBefore)
                {
                    Tables = changes.Tables,
                    Databases = changes.Tables.Count == 0
                        ? [options.Database]
                        : [.. changes.Tables.Select(table => table.Database).Distinct()],
                    HasSmallNames = state.HasSmallNames,
                }, from);
                replication = await ReplicationSession.OpenAsync(options, cancellationToken);
                gap = await StartAsync(replication, assembler, from, cancellationToken);
            }

            if (gap is null)
            {
                var charsets = await Charsets.LoadAsync(control, state.IsMariaDb, cancellationToken);
                return new ChangeOpening.Opened(
                    new MySqlChangeStream(replication!, control, charsets, assembler!, new(options, changes, state)));
            }

            await CloseAsync(control, replication, assembler);
            return new ChangeOpening.Refused(gap);
        }
        catch
        {
            await CloseAsync(control, replication, assembler);
            throw;
        }
    }

    /// <summary>Starts to read; the server says first whether it has the position.</summary>
    async Task<ChangeGap?> StartAsync(
        ReplicationSession replication, BinlogAssembler assembler, BinlogPosition from,
        CancellationToken cancellationToken)
    {
        var nanoseconds = changes.HeartbeatInterval.Ticks * TimeSpan.NanosecondsPerTick;
        await replication.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"SET @master_heartbeat_period = {nanoseconds}"),
            cancellationToken);
        await replication.ExecuteAsync("SET @master_binlog_checksum = @@global.binlog_checksum", cancellationToken);
        await replication.ExecuteAsync("SET net_write_timeout = 3600", cancellationToken);
        if (from.IsMariaDb)
        {
            await replication.ExecuteAsync("SET @mariadb_slave_capability = 4", cancellationToken);
            await replication.ExecuteAsync($"SET @slave_connect_state = '{from.Gtids}'", cancellationToken);
            await replication.ExecuteAsync("SET @slave_gtid_strict_mode = 1", cancellationToken);
        }
        else
            await replication.ExecuteAsync($"SET @slave_uuid = '{Guid.NewGuid()}'", cancellationToken);
        await replication.RegisterAsync(changes.ServerId, cancellationToken);
        var read = !from.IsMariaDb && GtidSet.TryParse(from.Gtids, out var set) ? set : GtidSet.Empty;
        await replication.StartAsync(
            from.IsMariaDb
                ? ReplicaPackets.Dump(changes.ServerId, "", FileStart)
                : ReplicaPackets.DumpGtid(changes.ServerId, read),
            cancellationToken);
        try
        {
            while (!assembler.HasFormat)
            {
                if (replication.TryReadEvent(out var data)) assembler.Feed(data);
                else await replication.TryFillAsync(options.ReadTimeout, changes.Time, cancellationToken);
            }

            return null;
        }
        catch (MySqlServerException error) when (error.Code == LogFault)
        {
            return new ChangeGap(
                ChangeGapKind.SlotLost, $"the server no longer has the logs after {from.Gtids}: {error.Message}");
        }
    }

    static async Task CloseAsync(
        MySqlConnection? control, ReplicationSession? replication, BinlogAssembler? assembler)
    {
        assembler?.Dispose();
        if (replication is not null) await replication.DisposeAsync();
        if (control is not null) await control.DisposeAsync();
    }

    async Task<T> GuardAsync<T>(string doing, Func<Task<T>> work)
    {
        const int NoPrivilege = 1227, NoPrivilegeOfTable = 1142, NoStatus = 1045;
        try
        {
            return await work();
        }
        catch (Exception error) when (MySqlFault.IsOfSource(error))
        {
            var fault = MySqlFault.Of(error, doing, options);
            var code = error is MySqlException own ? own.Number : (error as MySqlServerException)?.Code;
            // A session for statements was opened before: the password is right where the log is refused.
            throw code is NoPrivilege or NoPrivilegeOfTable || error is MySqlServerException && code == NoStatus
                ? new FozException(fault.Kind, fault.Message, error)
                {
                    Hint = $"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '{options.User}'"
                        + " (of MySQL also RELOAD)",
                }
                : code == NoStatus
                    ? new FozException(fault.Kind, fault.Message, error) { Hint = "check user and password" }
                    : fault;
        }
    }
}
