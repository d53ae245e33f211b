using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Wire.PostgreSql;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>The changes that a slot sends. A task of its own tells the server how far they were confirmed.</summary>
sealed class PgChangeStream : IChangeStream
{
    const string Doing = "reading changes";

    readonly PgConnection replication;
    readonly PgConnection control;
    readonly PgChangeOptions changes;
    readonly OutputAssembler assembler;
    readonly LogHistory history;
    readonly MessageWriter writer = new();
    readonly SemaphoreSlim writing = new(1, 1);
    readonly SemaphoreSlim querying = new(1, 1);
    readonly CancellationTokenSource ending = new();
    readonly Task reporting;
    Lsn received;
    ulong confirmed;
    long heardAt;
    bool isReplyWanted;

    /// <param name="replication">The session that replicates; owned.</param>
    /// <param name="control">A session for statements; owned.</param>
    /// <param name="changes">What is read.</param>
    /// <param name="from">The position that it starts at.</param>
    public PgChangeStream(
        PgConnection replication, PgConnection control, PgChangeOptions changes, LogPosition from)
    {
        this.replication = replication;
        this.control = control;
        this.changes = changes;
        history = from.History;
        received = from.Lsn;
        confirmed = from.Lsn.Value;
        heardAt = changes.Time.GetTimestamp();
        assembler = new OutputAssembler(
            history, from.Lsn, new ChangeSpools(changes.SpoolFolder, changes.SpoolMemoryBytesMax))
        {
            HasUncheckedText = control.HasUncheckedText,
            BeatPrefix = PgChangeOptions.BeatPrefix,
        };
        reporting = ReportAsync();
    }

    enum Step
    {
        MoreIsNeeded,
        TableIsNeeded,
        PartsAreReady,
        BatchIsFull,
    }

    /// <inheritdoc/>
    public ChangePosition Position => assembler.Position;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChangePart> ReadBatchAsync(
        ChangeLimits limits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var timing = new BatchTiming(limits, changes.Time);
        while (true)
        {
            await StepAsync(timing, cancellationToken);
            while (assembler.TryTakePart(out var part))
            {
                yield return part;
                if (part is ChangePart.End) yield break;
            }
        }
    }

    /// <inheritdoc/>
    public async Task ConfirmAsync(ChangePosition position, CancellationToken cancellationToken)
    {
        if (position is not LogPosition log || log.History != history)
            throw new ArgumentException($"{position} is no position of {history}", nameof(position));
        if (log.Lsn.Value <= Volatile.Read(ref confirmed)) return;
        Volatile.Write(ref confirmed, log.Lsn.Value);
        await SourceFault.GuardAsync(
            "confirming changes", replication.Options, () => SendStatusAsync(false, cancellationToken));
    }

    /// <inheritdoc/>
    public Task BeatAsync(CancellationToken cancellationToken) => SourceFault.GuardAsync(
        "writing a message into the log",
        replication.Options,
        () => QueryAsync(
            c => c.QueryAsync(
                $"SELECT pg_catalog.pg_logical_emit_message(false, '{PgChangeOptions.BeatPrefix}', '')",
                cancellationToken),
            cancellationToken));

    /// <inheritdoc/>
    public Task<ChangePosition> FindEndAsync(CancellationToken cancellationToken) => SourceFault.GuardAsync(
        "reading the end of the log",
        replication.Options,
        () => QueryAsync<ChangePosition>(
            async c =>
            {
                // Commits that are not flushed yet may be asked for: their clients may have their answers.
                var rows = await c.QueryAsync("SELECT pg_catalog.pg_current_wal_insert_lsn()", cancellationToken);
                return new LogPosition(history, Lsn.TryParse(rows[0][0]!, out var lsn) ? lsn : Lsn.None, 0);
            },
            cancellationToken));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await reporting;
        await replication.DisposeAsync();
        await control.DisposeAsync();
        assembler.Dispose();
        ending.Dispose();
        writing.Dispose();
        querying.Dispose();
    }

    async Task StepAsync(BatchTiming timing, CancellationToken cancellationToken)
    {
        try
        {
            var step = Read(timing);
            if (isReplyWanted)
            {
                isReplyWanted = false;
                await SendStatusAsync(wantsReply: false, cancellationToken);
            }

            switch (step)
            {
                case Step.TableIsNeeded:
                    assembler.Open(await QueryAsync(
                        c => RelationResolver.ResolveAsync(c, assembler.Wanted!, changes, cancellationToken),
                        cancellationToken));
                    break;
                case Step.BatchIsFull:
                    assembler.EndBatch();
                    break;
                case Step.MoreIsNeeded when assembler.IsAtEnd && timing.IsOver(assembler):
                    assembler.EndBatch();
                    break;
                case Step.MoreIsNeeded:
                    await WaitAsync(timing, cancellationToken);
                    break;
            }
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            var fault = SourceFault.Of(
                error,
                string.Create(CultureInfo.InvariantCulture, $"{Doing} after {assembler.Lsn}"),
                replication.Options);
            // A publication that did not exist when a change was made: the server never sends that change.
            throw SourceFault.IsOf(error, SqlStates.UndefinedObject)
                ? new FozException(
                    fault.Kind, $"{fault.Message}: changes that were made without it are lost", fault.InnerException)
                {
                    Hint = Publications.ResetHint,
                }
                : fault;
        }
    }

    /// <summary>Reads what has arrived, as far as no I/O is needed.</summary>
    Step Read(BatchTiming timing)
    {
        while (true)
        {
            if (assembler.IsReplaying)
            {
                var replayed = assembler.Replay();
                if (replayed != Assembled.Taken) return StepOf(replayed);
            }

            if (assembler.IsAtEnd && timing.IsFull(assembler)) return Step.BatchIsFull;
            if (!replication.TryReadMessage(out var message)) return Step.MoreIsNeeded;
            switch (message.Type)
            {
                case MessageType.CopyData:
                    var result = Take(ReplicationFrame.Read(message.Payload));
                    if (result == Assembled.NeedsTable) replication.PutBack(message);
                    if (result != Assembled.Taken) return StepOf(result);
                    break;
                case MessageType.CopyDone:
                    throw new EndOfStreamException();
                default:
                    replication.Note(message);
                    break;
            }
        }
    }

    Assembled Take(ReplicationFrame frame)
    {
        if (frame.WalEnd > received) received = frame.WalEnd;
        if (frame.Type == ReplicationFrameType.Data) return assembler.Feed(frame.Payload);
        isReplyWanted |= frame.WantsReply;
        assembler.Advance(frame.WalEnd);
        return Assembled.Taken;
    }

    static Step StepOf(Assembled result) =>
        result == Assembled.NeedsTable ? Step.TableIsNeeded : Step.PartsAreReady;

    async Task WaitAsync(BatchTiming timing, CancellationToken cancellationToken)
    {
        if (await replication.TryFillAsync(timing.Wait(assembler), changes.Time, cancellationToken))
            Volatile.Write(ref heardAt, changes.Time.GetTimestamp());
        else if (changes.Time.GetElapsedTime(heardAt) > replication.Options.ReadTimeout)
            throw DatabaseOptions.Stalled(replication.Options.ReadTimeout);
    }

    /// <summary>Says regularly how far the reader has come; a server that is silent is asked to answer.</summary>
    async Task ReportAsync()
    {
        using var timer = new PeriodicTimer(changes.StatusInterval, changes.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token))
                await SendStatusAsync(
                    changes.Time.GetElapsedTime(Volatile.Read(ref heardAt)) > changes.StatusInterval, ending.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || SourceFault.IsOfSource(error))
        {
            // The reader gets the error of a connection that broke.
        }
    }

    async Task<bool> SendStatusAsync(bool wantsReply, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            var now = (changes.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            var flushed = new Lsn(Volatile.Read(ref confirmed));
            new StandbyStatus(received > flushed ? received : flushed, flushed).Write(writer, now, wantsReply);
            await replication.FlushAsync(writer, cancellationToken);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    async Task<T> QueryAsync<T>(Func<PgConnection, Task<T>> query, CancellationToken cancellationToken)
    {
        await querying.WaitAsync(cancellationToken);
        try
        {
            return await query(control);
        }
        finally
        {
            querying.Release();
        }
    }
}
