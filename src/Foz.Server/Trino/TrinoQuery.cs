using System.Security.Cryptography;
using System.Threading.Channels;
using Foz.Lake;
using Foz.Server.Logging;
using Foz.Server.Trino.Rows;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Trino;

namespace Foz.Server.Trino;

/// <summary>The answer that a client gets for a token.</summary>
/// <param name="Page">The page.</param>
/// <param name="NextToken">The token of the next; null where none follows.</param>
readonly record struct TrinoAnswer(TrinoPage Page, long? NextToken);

/// <summary>
/// A statement of a client: it runs one page ahead of the client, and waits there. Each page has a token, and is
/// repeated whenever it is requested, until the next one is. For many threads.
/// </summary>
sealed class TrinoQuery : IAsyncDisposable
{
    const int SqlKeptMax = 10_000, NameKeptMax = 200;

    // Rows that come slowly are not kept from the client until a page is full.
    static readonly TimeSpan PageTimeMax = TimeSpan.FromMilliseconds(200);

    readonly TrinoHost host;
    readonly Channel<TrinoPage> pages = Channel.CreateBounded<TrinoPage>(1);
    readonly CancellationTokenSource stopping = new();
    readonly SemaphoreSlim gate = new(1);
    readonly byte[] slug = RandomNumberGenerator.GetBytes(16);
    readonly long createdAt;
    readonly Lock ending = new();
    volatile SqlSession? session;
    Task running = Task.CompletedTask;
    TrinoError? failure;
    TrinoPage? served;
    long servedToken;
    long touchedAt;
    long endedAt;
    int waiting;
    volatile bool isForgotten;
    bool isDisposed;

    /// <summary>A statement that has not begun.</summary>
    public TrinoQuery(TrinoHost host, string id, SessionUser user, TrinoRequest request)
    {
        (this.host, Id, User) = (host, id, user);
        Request = request with { Opened = Follow };
        Created = host.Clock.GetUtcNow();
        createdAt = touchedAt = host.Clock.GetTimestamp();
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>Gets an unguessable text: a client that knows it may read the rows.</summary>
    public string Slug => Convert.ToHexStringLower(slug);

    /// <summary>Gets its user.</summary>
    public SessionUser User { get; }

    /// <summary>What the client sent; once it has ended, what people want to know of it.</summary>
    public TrinoRequest Request { get; private set; }

    /// <summary>When it came.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Where it is.</summary>
    public TrinoState State
    {
        get => field is TrinoState.Planning or TrinoState.Running && session?.Activity.QueuedIn is not null
            ? TrinoState.Queued
            : field;
        private set;
    } = TrinoState.Queued;

    /// <summary>How long it has waited for a slot of its class.</summary>
    public TimeSpan Queued => session?.Activity.Queued ?? TimeSpan.Zero;

    /// <summary>What went wrong; null where nothing did.</summary>
    public TrinoError? Failure => failure;

    /// <summary>Rows that it gave so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Bytes of the rows that it gave so far, as JSON.</summary>
    public long Bytes { get; private set; }

    /// <summary>How long it has run, or ran.</summary>
    public TimeSpan Elapsed => endedAt == 0
        ? host.Clock.GetElapsedTime(createdAt)
        : host.Clock.GetElapsedTime(createdAt, endedAt);

    /// <summary>Whether it has ended, and the client knows.</summary>
    public bool IsDone => isForgotten || served is { IsLast: true } || failure is not null;

    /// <summary>Whether it has ended: it has nothing open any more.</summary>
    public bool HasEnded => endedAt != 0;

    /// <summary>Gets the time since the last request; zero while one waits.</summary>
    public TimeSpan Idle => Volatile.Read(ref waiting) > 0
        ? TimeSpan.Zero
        : host.Clock.GetElapsedTime(Volatile.Read(ref touchedAt));

    /// <summary>Whether a user may know of it.</summary>
    public bool IsOf(SessionUser user) => user.MayKnowOf(User);

    /// <summary>It as clients find it in SQL.</summary>
    public TrinoQueryRow ToRow() =>
        new(Id, State.ToString().ToUpperInvariant(), User.Name, Request.Source, Request.Sql, Created, failure?.Name)
        {
            Workload = session?.Workload, Queued = Queued,
        };

    /// <summary>Begins it.</summary>
    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Whether a client knows the slug.</summary>
    public bool IsSlug(string text) => CryptographicOperations.FixedTimeEquals(
        System.Text.Encoding.UTF8.GetBytes(text), System.Text.Encoding.UTF8.GetBytes(Slug));

    /// <summary>Stops it, if it has not ended.</summary>
    public void Stop(TrinoError why)
    {
        Fail(why);
        lock (ending)
        {
            // Another thread may forget it at this very moment.
            if (!isDisposed) stopping.Cancel();
        }
    }

    /// <summary>Returns the page of a token.</summary>
    /// <param name="token">1 for the first page; one more for each next.</param>
    /// <param name="wait">How long to wait for it.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>
    /// The page, or <see cref="TrinoPage.Nothing"/> with the same token; null for a token whose page is gone.
    /// </returns>
    public async Task<TrinoAnswer?> AnswerAsync(long token, TimeSpan wait, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                if (isForgotten) return null;
                if (token == servedToken && served is not null) return Answer(served, token);
                if (token != servedToken + 1 || served is { IsLast: true }) return null;
                if (await NextAsync(wait, cancellationToken) is not { } page) return new(TrinoPage.Nothing, token);
                (served, servedToken) = (page, token);
                if (page.IsLast) Enter(TrinoState.Finished);
                return Answer(page, token);
            }
            finally
            {
                gate.Release();
            }
        }
        finally
        {
            Volatile.Write(ref touchedAt, host.Clock.GetTimestamp());
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Lets go of the page that could be asked for again.</summary>
    public void Forget()
    {
        isForgotten = true;
        served = null;
    }

    /// <summary>Waits until it has nothing open any more.</summary>
    public Task EndAsync() => running;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Stop(TrinoError.Canceled);
        await running;
        lock (ending)
        {
            isDisposed = true;
            stopping.Dispose();
        }
        gate.Dispose();
    }

    void Follow(SqlSession opened)
    {
        session = opened;
        opened.Work.Terminated = () => Stop(TrinoError.Killed);
    }

    static TrinoAnswer Answer(TrinoPage page, long token) => new(page, page.IsLast ? null : token + 1);

    async Task<TrinoPage?> NextAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (failure is null)
        {
            try
            {
                if (await pages.Reader.WaitToReadAsync(cancellationToken).AsTask()
                    .WaitAsync(wait, host.Clock, cancellationToken)
                    && failure is null && pages.Reader.TryRead(out var page))
                    return page;
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        return new() { Error = failure, IsLast = true };
    }

    async Task RunAsync()
    {
        using var limit = new CancellationTokenSource(
            TrinoProperties.TimeMax(Request.Properties) ?? Timeout.InfiniteTimeSpan, host.Clock);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, limit.Token);
        try
        {
            Enter(TrinoState.Planning);
            await ProduceAsync(source.Token);
            Enter(TrinoState.Finished);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Fail(TrinoError.TimedOut);
        }
        catch (ChannelClosedException) when (failure is not null)
        {
            // It was stopped while a page waited for the client.
        }
        catch (Exception e)
        {
            if (e is not (FozException or OperationCanceledException)) host.Log.Failed(Id, e);
            Fail(TrinoError.Of(e, Request.Sql));
        }

        Request = ShortenedOf(Request);
        endedAt = host.Clock.GetTimestamp();
        pages.Writer.TryComplete();
    }

    async Task ProduceAsync(CancellationToken cancellationToken)
    {
        // A client with the last page may continue its transaction: the statement has released it by then.
        var last = await RunStatementAsync(cancellationToken);
        await pages.Writer.WriteAsync(last, cancellationToken);
    }

    /// <returns>The last page, which is not given yet.</returns>
    async Task<TrinoPage> RunStatementAsync(CancellationToken cancellationToken)
    {
        await using var statement = await host.Service.StartAsync(User, Request, cancellationToken);
        Enter(TrinoState.Running);
        var page = statement.Columns is { } columns
            ? await ProduceRowsAsync(statement, columns, new() { Columns = columns }, cancellationToken)
            : TrinoPage.Done(statement.UpdateCount);
        return page with
        {
            IsLast = true,
            Effects = statement.Effects,
            UpdateType = statement.UpdateType,
            UpdateCount = statement.UpdateCount,
        };
    }

    /// <returns>The last page, which is not given yet.</returns>
    async Task<TrinoPage> ProduceRowsAsync(
        TrinoStatement statement, IReadOnlyList<TrinoColumn> columns, TrinoPage page,
        CancellationToken cancellationToken)
    {
        var rows = new JsonRows(statement.Rows.Columns!, columns);
        var begun = host.Clock.GetTimestamp();
        while (await statement.Rows.FetchAsync(int.MaxValue, cancellationToken) is { } slice)
        {
            for (var row = slice.Start; row < slice.Start + slice.Count;)
            {
                var next = rows.Add(slice, row, host.PageBytes);
                RowCount += next - row;
                row = next;
                if (rows.Bytes < host.PageBytes && host.Clock.GetElapsedTime(begun) < PageTimeMax) continue;
                await pages.Writer.WriteAsync(page with { Rows = Take(rows) }, cancellationToken);
                begun = host.Clock.GetTimestamp();
            }
        }

        return page with { Rows = Take(rows) };
    }

    byte[] Take(JsonRows rows)
    {
        Bytes += rows.Bytes;
        return rows.Take();
    }

    /// <summary>
    /// Returns what is kept of a statement that has ended: nothing that grows with what clients send.
    /// </summary>
    static TrinoRequest ShortenedOf(TrinoRequest request) => new()
    {
        Sql = Shortened(request.Sql, SqlKeptMax)!, Catalog = Shortened(request.Catalog, NameKeptMax),
        Schema = Shortened(request.Schema, NameKeptMax),
        TimeZone = Shortened(request.TimeZone, NameKeptMax), Source = Shortened(request.Source, NameKeptMax),
        ClientAddress = request.ClientAddress,
    };

    static string? Shortened(string? text, int lengthMax) => text?.Length > lengthMax ? text[..lengthMax] + "…" : text;

    /// <summary>Changes to the next state, unless it has failed.</summary>
    void Enter(TrinoState next)
    {
        lock (ending)
            if (failure is null) State = next;
    }

    void Fail(TrinoError error)
    {
        lock (ending)
        {
            if (failure is not null || served is { IsLast: true }) return;
            (failure, State) = (error, TrinoState.Failed);
        }

        pages.Writer.TryComplete();
    }
}
