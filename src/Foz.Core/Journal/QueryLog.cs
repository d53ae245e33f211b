using System.Globalization;
using System.Threading.Channels;
using Foz.Core.Catalog;
using Foz.Core.Tables;

namespace Foz.Core.Journal;

/// <summary>How the log of queries works.</summary>
public sealed record QueryLogOptions
{
    /// <summary>The most records that wait to be written; what comes when so many wait is left out.</summary>
    public int QueueMax { get; init; } = 10_000;

    /// <summary>How long records are gathered before they are written to a segment together.</summary>
    public TimeSpan WriteInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long records stay in their segment before they are committed to <c>foz.queries</c>.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told of what does not go well.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>
/// Writes in the background what is told of queries: to segments of the journal, and from there to <c>foz.queries</c>. It never delays
/// or fails what it is told of: what cannot be written is left out, and counted in a warning. Safe for use by many threads.
/// </summary>
public sealed class QueryLog : IAsyncDisposable
{
    const int GroupMax = 1000;

    readonly Lake lake;
    readonly QueryLogOptions options;
    readonly RecordSegments segments;
    readonly SegmentCommits commits;
    readonly Channel<Entry> queue;
    readonly CancellationTokenSource stop = new();
    readonly Task writing;
    readonly Task committing;
    long leftOut;
    bool isFailing;

    QueryLog(Lake lake, QueryLogOptions options)
    {
        (this.lake, this.options) = (lake, options);
        segments = new(lake.JournalFolder, JournalWriter.NewRunId(lake.Clock), QueryRecord.Table);
        commits = new(lake, segments, QueryRecord.Table);
        queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.QueueMax) { SingleReader = true });
        writing = Task.Run(WriteAsync);
        committing = Task.Run(CommitNowAndThenAsync);
    }

    /// <summary>Begins a log; to be disposed.</summary>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static QueryLog Open(Lake lake, QueryLogOptions options) => new(lake, options);

    /// <summary>The identifier that the records carry: of this process's time.</summary>
    public string RunId => segments.Instance;

    /// <summary>How many records were left out.</summary>
    public long LeftOut => Interlocked.Read(ref leftOut);

    /// <summary>Takes a record, which is made in the background.</summary>
    public void Add(Func<QueryRecord> record)
    {
        if (!queue.Writer.TryWrite(new(record, Done: null))) Interlocked.Increment(ref leftOut);
    }

    /// <summary>Waits until what was added so far is in its segment, where <c>foz.queries</c> has it.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await queue.Writer.WriteAsync(new(Record: null, done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Commits what was added so far to <c>foz.queries</c>.</summary>
    /// <exception cref="FozException">It cannot be written.</exception>
    /// <exception cref="Foz.Delta.DeltaException">The table cannot be written; the records stay.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await commits.CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!queue.Writer.TryComplete()) return;
        await stop.CancelAsync();
        await writing;
        await committing;
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
            Write(group);
            // Somebody who waits is not kept waiting.
            var isAwaited = group.Exists(entry => entry.Done is not null);
            group.Clear();
            if (!isAwaited && queue.Reader.Count == 0) await DelayAsync(options.WriteInterval);
        }
    }

    void Write(List<Entry> group)
    {
        var records = group.Select(entry => entry.Record).OfType<Func<QueryRecord>>().Select(make => make()).ToList();
        try
        {
            segments.Append(records);
            isFailing = false;
        }
        catch (FozException e)
        {
            Interlocked.Add(ref leftOut, records.Count);
            if (!isFailing) options.Warn($"what is left out of foz.queries: {e.Message}");
            isFailing = true;
        }
        foreach (var entry in group) entry.Done?.TrySetResult();
    }

    async Task CommitNowAndThenAsync()
    {
        var told = 0L;
        while (!stop.IsCancellationRequested)
        {
            await DelayAsync(options.CommitInterval);
            await TryCommitAsync(stop.Token);
            if (LeftOut == told) continue;
            options.Warn(string.Create(CultureInfo.InvariantCulture, $"{LeftOut - told} statements are left out of foz.queries: more ran than could be written"));
            told = LeftOut;
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
            await commits.CommitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // It ends, and is tried once more then.
        }
        catch (Exception e) when (e is FozException || DeltaErrors.Find(e) is not null)
        {
            options.Warn($"what is told of queries stays in the journal, as foz.queries could not be written: {e.Message}");
        }
    }

    /// <summary>A record to be written, or who waits until those before are.</summary>
    readonly record struct Entry(Func<QueryRecord>? Record, TaskCompletionSource? Done);
}
