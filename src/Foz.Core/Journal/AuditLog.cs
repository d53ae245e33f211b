using System.Threading.Channels;
using Foz.Core.Catalog;
using Foz.Core.Tables;

namespace Foz.Core.Journal;

/// <summary>How the audit log works.</summary>
public sealed record AuditOptions
{
    /// <summary>The most records that wait to be written.</summary>
    public int QueueMax { get; init; } = 10_000;

    /// <summary>How long records stay in their segment before they are committed to <c>foz.audit</c>.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many records a segment has at most before it is committed.</summary>
    public int SegmentRecordsMax { get; init; } = 20_000;

    /// <summary>Told of what does not go well; the records stay in their segments.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>
/// Writes what is audited to segments of the journal, synced, and from there to <c>foz.audit</c>. Nothing is lost while the disk
/// takes it; while it does not, or more waits than may, whoever asks to be audited is refused. Segments of a process that died
/// are committed by the next. Safe for use by many threads.
/// </summary>
public sealed class AuditLog : IAsyncDisposable
{
    const int GroupMax = 1000;
    static readonly TimeSpan retryDelay = TimeSpan.FromSeconds(1);

    readonly Lake lake;
    readonly AuditOptions options;
    readonly RecordSegments segments;
    readonly SegmentCommits commits;
    readonly Channel<Entry> queue;
    readonly CancellationTokenSource stop = new();
    readonly Task writing;
    readonly Task watching;
    volatile FozException? fault;
    long committedAt;

    AuditLog(Lake lake, AuditOptions options)
    {
        (this.lake, this.options) = (lake, options);
        segments = new(lake.JournalFolder, JournalWriter.NewRunId(lake.Clock), AuditRecord.Table);
        commits = new(lake, segments, AuditRecord.Table);
        queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.QueueMax) { SingleReader = true });
        committedAt = lake.Clock.GetTimestamp();
        writing = Task.Run(WriteAsync);
        watching = Task.Run(WatchAsync);
    }

    /// <summary>Begins to audit; to be disposed.</summary>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static AuditLog Open(Lake lake, AuditOptions options) => new(lake, options);

    /// <summary>The identifier that the records carry: of this process's time.</summary>
    public string RunId => segments.Instance;

    /// <summary>Takes a record, which is on the disk shortly.</summary>
    /// <exception cref="FozException">It cannot be kept: what it is about is not to be done.</exception>
    public void Add(AuditRecord record)
    {
        if (fault is { } known) throw Refused(known);
        if (!queue.Writer.TryWrite(new(record, Done: null))) throw Refused(cause: null);
    }

    /// <summary>Takes a record; it is on the disk when this returns.</summary>
    /// <exception cref="FozException">It cannot be kept.</exception>
    public async Task AddDurablyAsync(AuditRecord? record, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await queue.Writer.WriteAsync(new(record, done), cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw Refused(e);
        }
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Commits what was added so far to <c>foz.audit</c>.</summary>
    /// <exception cref="FozException">It cannot be written.</exception>
    /// <exception cref="Foz.Delta.DeltaException">The table cannot be written; the records stay.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await AddDurablyAsync(record: null, cancellationToken);
        await CommitSegmentsAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!queue.Writer.TryComplete()) return;
        await stop.CancelAsync();
        await writing;
        await watching;
        await TryCommitAsync(CancellationToken.None);
        segments.Dispose();
        commits.Dispose();
        stop.Dispose();
    }

    async Task WriteAsync()
    {
        var group = new List<Entry>();
        while (await queue.Reader.WaitToReadAsync())
        {
            while (group.Count < GroupMax && queue.Reader.TryRead(out var entry)) group.Add(entry);
            while (!TryWrite(group) && !stop.IsCancellationRequested) await DelayAsync(retryDelay);
            group.Clear();
        }
    }

    /// <summary>Writes records; where that fails, who waits for them is told, and they are to be tried again.</summary>
    bool TryWrite(List<Entry> group)
    {
        try
        {
            segments.Append([.. group.Select(entry => entry.Record).OfType<AuditRecord>()]);
            fault = null;
            foreach (var entry in group) entry.Done?.TrySetResult();
            return true;
        }
        catch (FozException e)
        {
            if (fault is null) options.Warn($"nothing is served until what is audited can be written: {e.Message}");
            fault = e;
            foreach (var entry in group) entry.Done?.TrySetException(Refused(e));
            return false;
        }
    }

    async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await DelayAsync(TimeSpan.FromTicks(Math.Min(options.CommitInterval.Ticks, retryDelay.Ticks)));
            if (lake.Clock.GetElapsedTime(committedAt) >= options.CommitInterval || segments.Records >= options.SegmentRecordsMax)
                await TryCommitAsync(stop.Token);
        }
    }

    async Task DelayAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, lake.Clock, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    async Task TryCommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CommitSegmentsAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // It ends, and is tried once more then.
        }
        catch (Exception e) when (e is FozException || DeltaErrors.Find(e) is not null)
        {
            options.Warn($"what is audited stays in the journal, as foz.audit could not be written: {e.Message}");
        }
    }

    Task CommitSegmentsAsync(CancellationToken cancellationToken)
    {
        committedAt = lake.Clock.GetTimestamp();
        return commits.CommitAsync(cancellationToken);
    }

    static FozException Refused(Exception? cause) => new(
        ErrorKind.Resource,
        cause is null ? "more is to be audited than can be written, and nothing goes unaudited" : "it cannot be audited, and nothing goes unaudited",
        cause)
    {
        IsTransient = true, Hint = "tell who runs this server: its log says what is wrong",
    };

    /// <summary>A record to be written, and who waits for that.</summary>
    readonly record struct Entry(AuditRecord? Record, TaskCompletionSource? Done);
}
