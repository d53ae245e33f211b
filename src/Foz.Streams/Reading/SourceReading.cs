using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.Streams;
using Foz.Storage;
using Foz.Streams.Batches;
using Foz.Streams.Tables;

namespace Foz.Streams.Reading;

/// <summary>
/// Reads the changes of one source into the tables of its streams, batch by batch. Each batch is written down before
/// any table has it, then each table commits its part with the batch's number, then the source may forget it: a batch
/// that was cut off is read again as it was, by those tables that lack it.
/// </summary>
/// <param name="work">The source, and what it is read for.</param>
sealed partial class SourceReading(ChangeWork work) : IAsyncDisposable
{
    /// <summary>How long a batch gathers changes where all that are there are read: large ones are fast.</summary>
    static readonly TimeSpan drainTime = TimeSpan.FromSeconds(30);

    static readonly TimeSpan waitInterval = TimeSpan.FromMilliseconds(50);

    readonly ChangeBatchLog log = new(work.Lake.Store, work.Project.Environment ?? "", work.Source.Name);
    readonly Dictionary<string, BronzeTable> tables = new(StringComparer.Ordinal);
    readonly DirectoryInfo spool = work.Lake.Engines.CreateTempFolder();
    readonly Dictionary<string, DateTimeOffset> tried = new(StringComparer.Ordinal);
    LogReader reader = null!;
    ChangeFeed feed = null!;
    IChangeStream? stream;
    ChangeBatch last = null!;
    readonly TaskCompletionSource<bool> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile ChangePosition? reached;
    volatile bool isOver, isKeepAsked;

    /// <summary>Gets whether a task that waited for changes is to find how far reading has come.</summary>
    public bool IsKeepAsked => isKeepAsked;

    /// <summary>Gets the position up to which all tables have all changes.</summary>
    public ChangePosition Position => feed.Source.ParsePosition(last.Position);

    /// <summary>
    /// Opens the log where the tables stand: starts it the first time, copies tables that were not copied yet, and ends
    /// a batch that was cut off.
    /// </summary>
    /// <exception cref="FozException">The source refuses, or does not have all changes any more.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        reader = await log.OpenReaderAsync(cancellationToken);
        feed = await work.Opened.OpenChangesAsync(
            [.. work.Streams.Select(known => known.Definition)], reader.Name, spool.FullName, cancellationToken);
        foreach (var warning in feed.Warnings) work.Warn(warning);
        if (await log.IsResetAskedForAsync(cancellationToken))
        {
            await feed.Source.StopAsync(cancellationToken);
            await KeepAsync(new(reader.Name), cancellationToken);
            await log.ResetAsync(cancellationToken);
        }
        // Changes that the source did not log, or that were read over, are missing: these tables are copied again. That
        // is kept before the source logs them, or changes are read without them.
        var logged = await feed.Source.FindLoggedAsync(cancellationToken);
        var whole = feed.Tables.Where(known => IsWhole(known, logged)).Select(known => known.Stream).ToHashSet();
        await OpenTablesAsync(whole, cancellationToken);
        if (whole.Count < reader.Streams.Count)
            await KeepAsync(reader.Without([.. reader.Streams.Keys.Except(whole)]), cancellationToken);
        foreach (var (name, table) in tables)
            await table.OpenAsync(
                text => NumberOf(feed.Source.ParsePosition(text)), whole.Contains(name), cancellationToken);
        copies = new(work, feed.Source, KeepCopyAsync);
        if (await log.FindLastAsync(cancellationToken) is { } found)
        {
            last = found;
            await log.SweepAsync(last.Number, cancellationToken);
            await ResumeAsync(cancellationToken);
        }
        else
        {
            await StartAsync(cancellationToken);
        }
        isCopying = tables.Values.Any(table => table.NeedsCopy);
        opened.TrySetResult(true);
    }

    /// <summary>Opens the tables; those with other masks than their rows were written with are not whole.</summary>
    async Task OpenTablesAsync(HashSet<string> whole, CancellationToken cancellationToken)
    {
        foreach (var known in work.Streams)
        {
            var name = known.Definition.Name;
            if (feed.Refused.ContainsKey(name)) continue;
            var table = new BronzeTable(
                work, known, await work.DefineAsync(known.Table, known.Description, cancellationToken));
            tables[name] = table;
            if (await table.FindRemaskedAsync(cancellationToken) is { } column && whole.Remove(name))
                work.Warn(new(
                    $"the mask of {column} changed: {known.Table} is copied again; its earlier rows stay as history, "
                        + "with the values that they have"));
        }
    }

    /// <summary>
    /// Takes what users did meanwhile in the source, and asked for. Returns whether they stopped it, or asked for a
    /// start from the beginning or for held changes, which the next opening answers.
    /// </summary>
    public async Task<bool> TakeAskedAsync(CancellationToken cancellationToken)
    {
        if (await log.IsStoppedAsync(cancellationToken)) return true;
        await CheckLoggedAsync(cancellationToken);
        await TakeAskedCopiesAsync(cancellationToken);
        return await log.IsResetAskedForAsync(cancellationToken)
            || (await log.FindAskedAsync(StreamRequest.Resume, cancellationToken))
                .Any(known => tried.GetValueOrDefault(known.Key) != known.Value);
    }

    /// <summary>
    /// Reads a batch, and commits it to the tables that it changes; then copies a part of a table that needs it.
    /// </summary>
    /// <returns>Whether a table changed.</returns>
    /// <exception cref="FozException">
    /// The source failed, or changes do not fit a table: the batch is read again then.
    /// </exception>
    public async Task<bool> ReadBatchAsync(ChangeLimits limits, CancellationToken cancellationToken)
    {
        await using var staged = new StagedTables(
            work.Lake.Engines, () => new(last.Number + 1, work.Lake.Clock.GetUtcNow(), reader.Offset));
        if (isCopying) limits = limits with { IdleMax = copyingIdleTime };
        var end = await ReadAsync(staged, limits, cancellationToken);
        if (staged.Tables.Count > 0)
        {
            await using var commits = await staged.EndAsync(tables: null, cancellationToken);
            var batch = NextBatch(end) with
            {
                Tables = [.. staged.Tables.Select(table => $"{table.Stream.Table}")],
                SyncedAt = staged.Part.SyncedAt,
            };
            Failpoint.Hit("streams.staged");
            await AddAsync(batch, cancellationToken);
            await CommitAsync(commits, cancellationToken);
        }
        var isCopied = await CopyNextAsync(waits: false, cancellationToken);
        reached = end.Position;
        return staged.Tables.Count > 0 || isCopied;
    }

    /// <summary>
    /// Waits until all that was committed before now is in the tables, while another task opens the log and reads batch
    /// after batch.
    /// </summary>
    /// <returns>Whether it is; false where reading has ended before.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await opened.Task.WaitAsync(cancellationToken)) return false;
            var end = await stream!.FindEndAsync(cancellationToken);
            await stream.BeatAsync(cancellationToken);
            while (isCopying || reached is not { } now
                || now.CompareWith(end) is not PositionOrder.Ordered { Sign: >= 0 })
            {
                if (isOver) return false;
                await Task.Delay(waitInterval, work.Lake.Clock, cancellationToken);
            }
            isKeepAsked = true;
            return true;
        }
        catch (Exception e) when (isOver && e is FozException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Returns what the tables got since the last call; those that got nothing, and do not stand still, are not in it.
    /// </summary>
    public IReadOnlyDictionary<TableName, StepResult> TakeResults() =>
        tables.Values.Select(table => table.TakeResult()).Where(result => result.Outcome is not Outcome.Skipped)
            .Concat(Refused).ToDictionary(result => result.Step);

    /// <summary>Returns how the tables stand that stand still, and those that cannot be read.</summary>
    public IEnumerable<StepResult> Faults =>
        tables.Values.Select(table => table.Fault).OfType<StepResult>().Concat(Refused);

    IEnumerable<StepResult> Refused =>
        from known in work.Streams
        where feed.Refused.ContainsKey(known.Definition.Name)
        select BronzeTable.FaultOf(known.Table, feed.Refused[known.Definition.Name]);

    /// <summary>
    /// Keeps how far reading has come where no table changed, so that the source can forget the log up to there.
    /// </summary>
    public async Task KeepPositionAsync(CancellationToken cancellationToken)
    {
        isKeepAsked = false;
        if ($"{stream!.Position}" is var now && now == last.Position) return;
        await AddAsync(NextBatch(new(stream.Position)), cancellationToken);
        await stream.ConfirmAsync(stream.Position, cancellationToken);
    }

    /// <summary>Copies the tables that need it, and reads all that was committed before now.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await CopyAllAsync(cancellationToken);
        var end = await stream!.FindEndAsync(cancellationToken);
        await stream.BeatAsync(cancellationToken);
        var limits = new ChangeLimits { Until = end, WaitMax = drainTime };
        while (stream.Position.CompareWith(end) is not PositionOrder.Ordered { Sign: >= 0 })
        {
            await ReadBatchAsync(limits, cancellationToken);
            await CopyAllAsync(cancellationToken);
        }
        await KeepPositionAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        isOver = true;
        opened.TrySetResult(false);
        if (copies is not null) await copies.DisposeAsync();
        if (stream is not null) await stream.DisposeAsync();
        if (feed is not null) await feed.Source.DisposeAsync();
        spool.Delete(recursive: true);
    }

    async Task StartAsync(CancellationToken cancellationToken)
    {
        // Its name was kept here first: what the source has under it, a run made that ended before it kept more.
        await feed.Source.StopAsync(cancellationToken);
        Failpoint.Hit("streams.start");
        var starting = feed.Source.StartAsync(cancellationToken);
        await MomentWait.WarnAsync(starting, feed.Source, work.Warn, work.Lake.Clock, cancellationToken);
        var start = await starting;
        copies.Begin(tables.Values, start);
        Failpoint.Hit("streams.started");
        await KeepAsync(reader with { Offset = await FindOffsetAsync(start, cancellationToken) }, cancellationToken);
        last = new()
        {
            Number = await FirstNumberAsync(cancellationToken),
            From = $"{start.Position}",
            Position = $"{start.Position}",
            RunId = work.RunId,
            SyncedAt = work.Lake.Clock.GetUtcNow(),
        };
        await log.AddAsync(last, cancellationToken);
        foreach (var name in (await log.FindAskedAsync(StreamRequest.Snapshot, cancellationToken)).Keys)
            await log.ForgetAskedAsync(StreamRequest.Snapshot, name, cancellationToken);
        await BeginCopiesAsync(cancellationToken);
        stream = await OpenStreamAsync(last.Position, cancellationToken);
    }

    /// <summary>
    /// What is to be added to numbers of positions so that they grow on: another server's may be lower than those that
    /// the tables have.
    /// </summary>
    async Task<long> FindOffsetAsync(ChangeStart start, CancellationToken cancellationToken)
    {
        var offset = 0L;
        foreach (var table in tables.Values)
            if (await table.LastPositionAsync(cancellationToken) is { } last)
                // A truncation comes before the copy, by one.
                offset = Math.Max(offset, last + 2 - start.Position.Number);
        return offset;
    }

    long NumberOf(ChangePosition position) => position.Number + reader.Offset;

    /// <summary>A number after those of all batches that the tables have: numbers never count again.</summary>
    async Task<long> FirstNumberAsync(CancellationToken cancellationToken)
    {
        var number = 0L;
        foreach (var table in tables.Values)
            number = Math.Max(number, await table.LastNumberAsync(cancellationToken) + 1);
        return number;
    }

    async Task ResumeAsync(CancellationToken cancellationToken)
    {
        var lacking = new List<BronzeTable>();
        foreach (var table in tables.Values)
            if (last.Tables.Contains($"{table.Stream.Table}", StringComparer.Ordinal)
                && !await table.HasAsync(last, cancellationToken))
                lacking.Add(table);
        stream = await OpenStreamAsync(lacking.Count > 0 ? last.From : last.Position, cancellationToken);
        if (lacking.Count > 0) await RepeatAsync(lacking, cancellationToken);
        await stream.ConfirmAsync(Position, cancellationToken);
        foreach (var (name, at) in await log.FindAskedAsync(StreamRequest.Resume, cancellationToken))
            // What lets the table take them may come later than the request, or reach this process later.
            if (tables.TryGetValue(name, out var table)
                ? await table.TryResumeAsync(last.Position, cancellationToken)
                : work.Streams.All(known => known.Definition.Name != name))
                await log.ForgetAskedAsync(StreamRequest.Resume, name, cancellationToken);
            else
                tried[name] = at;
        await TakeAskedCopiesAsync(cancellationToken);
        await BeginCopiesAsync(cancellationToken);
    }

    async Task<IChangeStream> OpenStreamAsync(string position, CancellationToken cancellationToken) =>
        await feed.Source.OpenAsync(feed.Source.ParsePosition(position), cancellationToken) switch
        {
            ChangeOpening.Opened(var opened) => opened,
            ChangeOpening.Refused(var gap) => throw new FozException(
                ErrorKind.Source,
                $"the changes of {work.Source.Name} cannot be read on from {position}: {gap.Message}")
            {
                Hint = $"foz stream reset {work.Source.Name} starts again with a copy of its tables; the rows that are "
                    + "in the lake stay as history",
            },
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Reads the last batch again, which tables lack.</summary>
    async Task RepeatAsync(List<BronzeTable> lacking, CancellationToken cancellationToken)
    {
        await using var staged = new StagedTables(
            work.Lake.Engines, () => new(last.Number, last.SyncedAt, reader.Offset));
        var limits = new ChangeLimits
        {
            RowsMax = last.Changes, BytesMax = long.MaxValue, WaitMax = TimeSpan.FromDays(1),
        };
        var end = await ReadAsync(staged, limits, cancellationToken);
        if (end.ChangeCount != last.Changes
            || end.Position.CompareWith(Position) is not PositionOrder.Ordered { Sign: <= 0 })
            throw new FozException(
                ErrorKind.Source,
                $"the source sent other changes than before for batch {last.Number} of {work.Source.Name}: "
                    + $"{end.ChangeCount:N0} up to {end.Position}, not {last.Changes:N0} up to {last.Position}")
            {
                Hint = $"foz stream reset {work.Source.Name} starts again with a copy of its tables",
            };
        await using var commits = await staged.EndAsync(lacking, cancellationToken);
        await CommitAsync(commits, cancellationToken);
    }

    async Task<ChangePart.End> ReadAsync(
        StagedTables staged, ChangeLimits limits, CancellationToken cancellationToken)
    {
        await foreach (var part in stream!.ReadBatchAsync(limits, cancellationToken))
            switch (part)
            {
                case ChangePart.Rows(var changes) when TableOf(changes.Table) is { CopiedAt: { } copy } table
                    && !IsOlder(changes, copy):
                    await staged.AddAsync(table, changes, cancellationToken);
                    work.Meter.AddRows(changes.Rows.RowCount);
                    break;
                case ChangePart.Replaced replaced when feed.Find(replaced.TableSchema, replaced.TableName) is { } known:
                    await ForgetCopyAsync(known, cancellationToken);
                    break;
                case ChangePart.End end:
                    return end;
            }
        throw new System.Diagnostics.UnreachableException();
    }

    BronzeTable? TableOf(ChangeTable table) => feed.Find(table) is { } known ? tables[known.Stream] : null;

    static long NumberOf(FeedTable table) => table.Shape ?? -1;

    /// <summary>Whether the changes of a table were read without a gap.</summary>
    bool IsWhole(FeedTable known, IReadOnlyDictionary<(string Schema, string Name), long> logged) => reader.Has(
        known.Stream, NumberOf(known),
        logged.TryGetValue((known.Schema, known.Name), out var number) ? number : null);

    async Task KeepAsync(LogReader kept, CancellationToken cancellationToken)
    {
        await log.KeepAsync(kept, cancellationToken);
        reader = kept;
    }

    ChangeBatch NextBatch(ChangePart.End end) => new()
    {
        Number = last.Number + 1,
        From = last.Position,
        Position = $"{end.Position}",
        Changes = end.ChangeCount,
        CommittedAt = end.CommittedAt,
        SyncedAt = work.Lake.Clock.GetUtcNow(),
        RunId = work.RunId,
    };

    async Task CommitAsync(StagedCommits commits, CancellationToken cancellationToken)
    {
        Failpoint.Hit("streams.batch");
        await commits.CommitAsync(last.Position, cancellationToken);
        Failpoint.Hit("streams.committed");
        await stream!.ConfirmAsync(Position, cancellationToken);
    }

    async Task AddAsync(ChangeBatch batch, CancellationToken cancellationToken)
    {
        await log.AddAsync(batch, cancellationToken);
        last = batch;
        await log.ForgetAsync(batch.Number, cancellationToken);
    }
}
