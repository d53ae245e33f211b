using System.Globalization;
using System.Security.Cryptography;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Wire;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// The changes of a PostgreSQL database, by a replication slot of the output plugin <c>pgoutput</c>.
/// </summary>
/// <param name="options">How the server is reached; the user has the attribute <c>REPLICATION</c>.</param>
/// <param name="changes">Which changes.</param>
public sealed class PgChangeSource(PgOptions options, PgChangeOptions changes) : IChangeSource
{
    const int TriesMax = 50;

    /// <summary>How long the slot of a session that has just ended may stay in use.</summary>
    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Every value is written in one way, as <see cref="SessionSettings"/> has it for a transaction.</summary>
    static readonly string[] SessionOptions =
    [
        "DateStyle=ISO", "IntervalStyle=postgres", "TimeZone=UTC", "extra_float_digits=3", "bytea_output=hex",
        "statement_timeout=0",
    ];

    SlotInCreation? creating;

    PgOptions ReplicationOptions => options with
    {
        IsReplication = true,
        ServerOptions = string.Join(
            ' ', SessionOptions.Select(o => $"-c {o}").Prepend(options.ServerOptions ?? "")).TrimStart(),
    };

    /// <inheritdoc/>
    public ChangePosition ParsePosition(string text) => LogPosition.Parse(text);

    /// <inheritdoc/>
    public async Task<ChangeStart> StartAsync(CancellationToken cancellationToken)
    {
        changes.Validate();
        await WithSessionAsync(
            "preparing to read changes", session => PrepareAsync(session, cancellationToken), cancellationToken);
        return await CreateSlotAsync(changes.Slot, isTemporary: false, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ChangeStart> SnapshotAsync(CancellationToken cancellationToken)
    {
        changes.Validate();
        await WithSessionAsync(
            "preparing to read changes",
            async session =>
            {
                await new Publications(session, changes).ContinueAsync(cancellationToken);
                return true;
            },
            cancellationToken);
        return await CreateSlotAsync($"{changes.Slot}_copy", isTemporary: true, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ChangeStart> LookAsync(CancellationToken cancellationToken) => CreateSlotAsync(
        $"{changes.Slot}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}", isTemporary: true,
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<(string Schema, string Name), long>> FindLoggedAsync(
        CancellationToken cancellationToken) =>
        WithSessionAsync(
            "reading the publications",
            session => new Publications(session, changes).FindLoggedAsync(cancellationToken),
            cancellationToken);

    /// <inheritdoc/>
    public async Task<ChangeOpening> OpenAsync(ChangePosition from, CancellationToken cancellationToken)
    {
        changes.Validate();
        if (from is not LogPosition position)
            return new ChangeOpening.Refused(
                new(ChangeGapKind.OtherServer, $"the position {from} is of no PostgreSQL server"));
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await OpenAsync(position, cancellationToken);
            }
            catch (FozException error) when (tries < TriesMax && SourceFault.IsOf(error, SqlStates.ObjectInUse))
            {
                await Task.Delay(RetryAfter, changes.Time, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public Task<ChangeLag?> FindLagAsync(ChangePosition from, CancellationToken cancellationToken) => WithSessionAsync(
        "reading the state of the replication slot",
        session => ReplicationSlot.FindLagAsync(session, changes.Slot, changes.Publication, cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task<Warning?> FindWaitAsync(CancellationToken cancellationToken) => WithSessionAsync(
        "reading what a replication slot waits for",
        async session => creating is { } slot
            ? await SlotWait.FindAsync(session, slot.Process, slot.Name, cancellationToken)
            : null,
        cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => WithSessionAsync(
        $"dropping the replication slot '{changes.Slot}'",
        session => session.QueryAsync(
            "SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots "
            + $"WHERE slot_name = {SqlText.Literal(changes.Slot)}",
            cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Creates a slot, whose session keeps a snapshot of the moment at which its changes start.</summary>
    async Task<ChangeStart> CreateSlotAsync(string name, bool isTemporary, CancellationToken cancellationToken)
    {
        var replication = await PgConnection.OpenAsync(ReplicationOptions, cancellationToken);
        try
        {
            var server = await ServerHistory.IdentifyAsync(replication, cancellationToken);
            // The snapshot is there for as long as the session is idle in its transaction.
            var commands = new ReplicationCommands(replication.ServerMajorVersion);
            await SessionSettings.SetNoTimeoutsAsync(replication, cancellationToken);
            var time = await replication.QueryAsync(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, "
                + "pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()), pg_catalog.pg_backend_pid()",
                cancellationToken);
            creating = new(name, int.Parse(time[0][2]!, CultureInfo.InvariantCulture));
            var rows = await replication.QueryAsync(commands.CreateSlot(name, isTemporary), cancellationToken);
            return rows is [[_, { } point, { } snapshot, ..]] && Lsn.TryParse(point, out var lsn)
                ? new ChangeStart(new LogPosition(server.History, lsn, 0), snapshot, replication)
                {
                    TakenAt = DateTimeOffset.UnixEpoch.AddMicroseconds(
                        long.Parse(time[0][0]!, CultureInfo.InvariantCulture)),
                    OldestTransaction = long.Parse(time[0][1]!, CultureInfo.InvariantCulture),
                }
                : throw new WireException(
                    WireErrorKind.Malformed, "CREATE_REPLICATION_SLOT: the answer names no position and snapshot");
        }
        catch (Exception error)
        {
            var wait = error is TimeoutException ? await FindWaitAsync(cancellationToken) : null;
            await replication.DisposeAsync();
            if (!SourceFault.IsOfSource(error)) throw;
            var fault = Fault(error, $"creating the replication slot '{name}'");
            throw wait is null
                ? fault
                : new FozException(fault.Kind, $"{fault.Message}; {wait.Message}", error)
                {
                    Hint = wait.Hint, IsTransient = fault.IsTransient,
                };
        }
        finally
        {
            creating = null;
        }
    }

    async Task<ChangeOpening> OpenAsync(LogPosition position, CancellationToken cancellationToken)
    {
        PgConnection? replication = null, control = null;
        try
        {
            replication = await PgConnection.OpenAsync(ReplicationOptions, cancellationToken);
            control = await PgConnection.OpenAsync(options, cancellationToken);
            // Both wait for as long as nothing changes.
            await SessionSettings.SetNoTimeoutsAsync(replication, cancellationToken);
            await SessionSettings.SetNoTimeoutsAsync(control, cancellationToken);
            // The server would refuse to turn texts into UTF-8 that it never checked, and send nothing more.
            if (replication.HasUncheckedText)
                await replication.QueryAsync("SET client_encoding = 'SQL_ASCII'", cancellationToken);
            var server = await ServerHistory.IdentifyAsync(replication, cancellationToken);
            var timelines = position.History.SystemId == server.History.SystemId
                && position.History.Timeline < server.History.Timeline
                ? await TimelinesAsync(replication, server.History.Timeline, cancellationToken)
                : null;
            var slot = await ReplicationSlot.FindAsync(control, changes.Slot, cancellationToken);
            var tables = new Publications(control, changes);
            if ((server.Gap(position, timelines) ?? ReplicationSlot.Gap(slot, changes.Slot, position)
                ?? await tables.FindGapAsync(cancellationToken)) is { } gap)
            {
                await replication.DisposeAsync();
                await control.DisposeAsync();
                return new ChangeOpening.Refused(gap);
            }

            Check(slot!);
            // A timeline that left the position's after it has the same log up to it.
            var start = position with { History = server.History };
            await tables.RemoveOthersAsync(cancellationToken);
            var publications = await tables.FindNamesAsync(cancellationToken);
            await replication.StartReplicationAsync(
                new ReplicationCommands(replication.ServerMajorVersion).Start(
                    changes.Slot, start.Lsn, publications),
                cancellationToken);
            return new ChangeOpening.Opened(new PgChangeStream(replication, control, changes, start));
        }
        catch (Exception error)
        {
            if (replication is not null) await replication.DisposeAsync();
            if (control is not null) await control.DisposeAsync();
            if (SourceFault.IsOfSource(error)) throw Fault(error, $"opening the replication slot '{changes.Slot}'");
            throw;
        }
    }

    /// <summary>Makes sure that the server can keep changes, and of which tables.</summary>
    async Task<bool> PrepareAsync(PgConnection session, CancellationToken cancellationToken)
    {
        const string Logical = "logical";
        var level = (await session.QueryAsync("SHOW wal_level", cancellationToken))[0][0];
        if (level != Logical)
            throw new FozException(
                ErrorKind.Source, $"{options}: the server's log has no changes of rows: wal_level is {level}")
            {
                Hint = $"ALTER SYSTEM SET wal_level = {Logical}, then restart the server",
            };
        var slot = await ReplicationSlot.FindAsync(session, changes.Slot, cancellationToken);
        if (slot is not null)
            throw new FozException(
                ErrorKind.Conflict, $"{options}: the replication slot '{changes.Slot}' exists already")
            {
                Hint = "choose another name, or drop the slot if no other reader uses it: "
                    + $"SELECT pg_drop_replication_slot('{changes.Slot}')",
            };
        await new Publications(session, changes).StartAsync(cancellationToken);
        return true;
    }

    void Check(ReplicationSlot slot)
    {
        var fault = slot switch
        {
            _ when slot.Plugin != ReplicationCommands.Plugin =>
                $"has the output plugin '{slot.Plugin}', not {ReplicationCommands.Plugin}",
            _ when slot.Database != options.Database => $"is of the database {slot.Database}",
            // A prepared transaction that was confirmed is not sent again, so that a restart would lose it.
            { IsTwoPhase: true } => "was created with two_phase, which Foz does not use",
            _ => null,
        };
        if (fault is not null)
            throw new FozException(ErrorKind.Source, $"{options}: the replication slot '{changes.Slot}' {fault}")
            {
                Hint = "choose another name of the slot",
            };
    }

    static async Task<string?> TimelinesAsync(
        PgConnection replication, uint timeline, CancellationToken cancellationToken)
    {
        var rows = await replication.QueryAsync(
            string.Create(CultureInfo.InvariantCulture, $"TIMELINE_HISTORY {timeline}"), cancellationToken);
        return rows is [[_, var content]] ? content : null;
    }

    async Task<T> WithSessionAsync<T>(
        string doing, Func<PgConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var session = await PgConnection.OpenAsync(options, cancellationToken);
        try
        {
            return await work(session);
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            throw Fault(error, doing);
        }
    }

    FozException Fault(Exception error, string doing)
    {
        var fault = SourceFault.Of(error, doing, options);
        return SourceFault.IsOf(error, SqlStates.InsufficientPrivilege)
            ? new FozException(fault.Kind, fault.Message, error)
            {
                Hint = $"ALTER ROLE {SqlText.Name(options.User)} REPLICATION",
            }
            : fault;
    }

    /// <summary>A slot that is being created, by a process of the server.</summary>
    sealed record SlotInCreation(string Name, int Process);
}
