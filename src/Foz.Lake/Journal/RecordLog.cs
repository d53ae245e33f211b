using System.Threading.Channels;
using Foz.Lake.Catalog;
using Foz.Lake.Tables;

namespace Foz.Lake.Journal;

/// <summary>How a log of records works.</summary>
public abstract record RecordLogOptions
{
    /// <summary>The most records that wait to be written.</summary>
    public int QueueMax { get; init; } = 10_000;

    /// <summary>How long records stay in their segment before they are committed to their table.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Receives warnings.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>
/// Writes in the background what it is given: to segments of the journal, and from there to a table of the schema
/// <c>foz</c>. Segments of a process that died are committed by the next. Safe for use by many threads.
/// </summary>
/// <typeparam name="T">What it is given.</typeparam>
public abstract class RecordLog<T> : IAsyncDisposable
    where T : class
{
    const int GroupMax = 1000;

    readonly Lakehouse lake;
    readonly string table;
    readonly RecordLogOptions options;
    readonly SegmentCommits commits;
    readonly Channel<Entry> queue;
    readonly CancellationTokenSource stop = new();
    Task writing = Task.CompletedTask;
    Task committing = Task.CompletedTask;

    private protected RecordLog(Lakehouse lake, string table, RecordLogOptions options)
    {
        (this.lake, this.table, this.options) = (lake, table, options);
        Segments = new(lake.JournalFolder, JournalWriter.NewRunId(lake.Clock), table);
        commits = new(lake, Segments, table);
        queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.QueueMax) { SingleReader = true });
    }

    /// <summary>The identifier that the records carry: of this process's time.</summary>
    public string RunId => Segments.Instance;

    private protected RecordSegments Segments { get; }

    private protected TimeProvider Clock => lake.Clock;

    private protected bool IsStopping => stop.IsCancellationRequested;

    /// <summary>Whether nothing waits that could be written next.</summary>
    private protected bool IsIdle => queue.Reader.Count == 0;

    /// <summary>Waits until what was added so far is in its segment, where the table has it.</summary>
    /// <exception cref="FozException">It cannot be kept.</exception>
    public Task FlushAsync(CancellationToken cancellationToken) => AddAndWaitAsync(item: null, cancellationToken);

    /// <summary>Commits what was added so far to the table.</summary>
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
        Segments.Dispose();
        commits.Dispose();
        stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Begins to write and to commit; called once, by its creator.</summary>
    private protected void Start() => (writing, committing) = (Task.Run(WriteAsync), Task.Run(CommitNowAndThenAsync));

    /// <summary>Adds a record; false if too many wait.</summary>
    private protected bool TryAdd(T item) => queue.Writer.TryWrite(new(item, Done: null));

    /// <summary>Adds a record, or none; all are written when this returns.</summary>
    /// <exception cref="FozException">It cannot be kept.</exception>
    /// <exception cref="ChannelClosedException">The log has ended.</exception>
    private protected async Task AddAndWaitAsync(T? item, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await queue.Writer.WriteAsync(new(item, done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes the gathered records, and completes those that callers wait for; throws nothing.</summary>
    private protected abstract Task WriteAsync(List<Entry> group);

    /// <summary>Takes the waiting records, as many as one write holds.</summary>
    private protected void Gather(List<Entry> group)
    {
        while (group.Count < GroupMax && queue.Reader.TryRead(out var entry)) group.Add(entry);
    }

    /// <summary>Waits until segments are to be committed.</summary>
    private protected abstract Task WaitForCommitAsync();

    /// <summary>Called after segments were committed, or a commit of them was tried.</summary>
    private protected virtual void OnCommit()
    {
    }

    private protected async Task DelayAsync(TimeSpan time)
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

    async Task WriteAsync()
    {
        var group = new List<Entry>();
        while (await queue.Reader.WaitToReadAsync())
        {
            Gather(group);
            await WriteAsync(group);
            group.Clear();
        }
    }

    async Task CommitNowAndThenAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await WaitForCommitAsync();
            await TryCommitAsync(stop.Token);
            OnCommit();
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
            options.Warn($"records stay in the journal, as foz.{table} could not be written: {e.Message}");
        }
    }

    /// <summary>Something to be written, and who waits for that; without something, for what came before.</summary>
    private protected readonly record struct Entry(T? Item, TaskCompletionSource? Done);
}
