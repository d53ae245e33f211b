using System.Runtime.CompilerServices;
using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What a stream needs to know of its source.</summary>
sealed record StreamContext(MySqlOptions Options, MySqlChangeOptions Changes, ServerState State);

/// <summary>The changes that a server sends from its binary logs.</summary>
sealed class MySqlChangeStream : IChangeStream
{
    readonly ReplicationSession replication;
    readonly MySqlConnection control;
    readonly BinlogAssembler assembler;
    readonly TableResolver resolver;
    readonly StreamContext context;
    readonly SemaphoreSlim querying = new(1, 1);
    long heardAt;

    /// <param name="replication">The session that reads; owned.</param>
    /// <param name="control">A session for statements; owned.</param>
    /// <param name="charsets">The server's character sets.</param>
    /// <param name="assembler">Puts events together; owned.</param>
    /// <param name="context">What is read.</param>
    public MySqlChangeStream(
        ReplicationSession replication, MySqlConnection control, Charsets charsets, BinlogAssembler assembler,
        StreamContext context)
    {
        this.replication = replication;
        this.control = control;
        this.assembler = assembler;
        this.context = context;
        resolver = new TableResolver(control, charsets);
        heardAt = Time.GetTimestamp();
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

    TimeProvider Time => context.Changes.Time;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChangePart> ReadBatchAsync(
        ChangeLimits limits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var timing = new BatchTiming(limits, Time);
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
    public Task ConfirmAsync(ChangePosition position, CancellationToken cancellationToken) =>
        position is BinlogPosition
            ? Task.CompletedTask
            : throw new ArgumentException($"{position} is no position of binary logs", nameof(position));

    /// <inheritdoc/>
    public async Task<ChangePosition> FindEndAsync(CancellationToken cancellationToken) =>
        await QueryAsync(
            "finding the end of the log",
            () => context.State.FindEndAsync(control, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The server keeps its logs by rules of its own, so that an idle reader holds nothing back.</remarks>
    public Task BeatAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await replication.DisposeAsync();
        await control.DisposeAsync();
        assembler.Dispose();
        querying.Dispose();
    }

    async Task StepAsync(BatchTiming timing, CancellationToken cancellationToken)
    {
        try
        {
            switch (Read(timing))
            {
                case Step.TableIsNeeded:
                    assembler.Open(await QueryAsync("reading the catalog", ResolveAsync, cancellationToken));
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
        catch (Exception error) when (MySqlFault.IsOfSource(error))
        {
            throw MySqlFault.Of(
                error, $"reading changes after {assembler.Position.File}:{assembler.Position.Offset}", context.Options);
        }

        Task<SourceTable> ResolveAsync() => assembler.WantedMap is { } map
            ? resolver.ResolveAsync(map, cancellationToken)
            : resolver.ResolveAsync(assembler.Wanted.Database, assembler.Wanted.Name, cancellationToken);
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
            if (!replication.TryReadEvent(out var data)) return Step.MoreIsNeeded;
            var result = assembler.Feed(data);
            if (result == Assembled.NeedsTable && !assembler.IsReplaying) replication.PutBack();
            if (result != Assembled.Taken) return StepOf(result);
        }
    }

    static Step StepOf(Assembled result) =>
        result == Assembled.NeedsTable ? Step.TableIsNeeded : Step.PartsAreReady;

    async Task WaitAsync(BatchTiming timing, CancellationToken cancellationToken)
    {
        if (await replication.TryFillAsync(timing.Wait(assembler), Time, cancellationToken))
            heardAt = Time.GetTimestamp();
        else if (Time.GetElapsedTime(heardAt) > context.Options.ReadTimeout)
            throw DatabaseOptions.Stalled(context.Options.ReadTimeout);
    }

    async Task<T> QueryAsync<T>(string doing, Func<Task<T>> query, CancellationToken cancellationToken)
    {
        await querying.WaitAsync(cancellationToken);
        try
        {
            return await MySqlFault.GuardAsync(doing, context.Options, query);
        }
        finally
        {
            querying.Release();
        }
    }
}
