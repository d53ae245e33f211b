using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Foz.Server.Logging;
using Foz.Serving.Governance;
using Foz.Serving.Trino;

namespace Foz.Server.Trino;

/// <summary>
/// The statements of Trino's protocol that run, and those that ended lately. Safe for use by many threads.
/// </summary>
/// <param name="host">What they share.</param>
sealed class TrinoQueries(TrinoHost host) : IAsyncDisposable
{
    const int EndedMax = 1000;
    const string Letters = "abcdefghijkmnpqrstuvwxyz23456789";

    static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan PageKept = TimeSpan.FromMinutes(1);
    static readonly TimeSpan EndedKept = TimeSpan.FromMinutes(15);

    readonly ConcurrentDictionary<string, TrinoQuery> queries = new(StringComparer.Ordinal);
    readonly CancellationTokenSource stopping = new();
    readonly string process = RandomNumberGenerator.GetString(Letters, 5);
    Task looking = Task.CompletedTask;
    int last;
    volatile bool isClosed;

    /// <summary>All of them, the latest first.</summary>
    public IReadOnlyList<TrinoQuery> All =>
        [.. queries.Values.OrderByDescending(q => q.Created).ThenByDescending(q => q.Id, StringComparer.Ordinal)];

    /// <summary>Begins to look after them.</summary>
    public void Start()
    {
        host.Service.Queries = user => [.. All.Where(q => q.IsOf(user)).Select(q => q.ToRow())];
        host.Service.Kill = Kill;
        looking = CheckAsync();
    }

    /// <summary>Begins a statement.</summary>
    /// <returns>It; null where no more are taken.</returns>
    public TrinoQuery? Begin(SessionUser user, TrinoRequest request)
    {
        if (isClosed
            || queries.Values.Count(q => !q.HasEnded) >= host.QueriesMax - (user.IsOwner ? 0 : host.QueriesOfOwners))
            return null;
        var number = Interlocked.Increment(ref last) % 100_000;
        var id = string.Create(
            CultureInfo.InvariantCulture, $"{host.Clock.GetUtcNow():yyyyMMdd_HHmmss}_{number:00000}_{process}");
        var query = new TrinoQuery(host, id, user, request);
        queries[id] = query;
        query.Start();
        return query;
    }

    /// <summary>The statement of a name; null for none.</summary>
    public TrinoQuery? Find(string id) => queries.GetValueOrDefault(id);

    /// <summary>Accepts no more statements, and lets running ones continue for a time.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        isClosed = true;
        var running = queries.Values.Where(q => !q.HasEnded).ToList();
        try
        {
            await Task.WhenAll(running.Select(q => q.EndAsync())).WaitAsync(limit, host.Clock);
        }
        catch (TimeoutException)
        {
            foreach (var query in running) query.Stop(TrinoError.ShuttingDown);
            await Task.WhenAll(running.Select(q => q.EndAsync()));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        isClosed = true;
        await stopping.CancelAsync();
        await looking;
        foreach (var query in queries.Values) await query.DisposeAsync();
        await host.Service.CloseAsync();
        stopping.Dispose();
    }

    bool Kill(SessionUser user, string id)
    {
        if (Find(id) is not { } query || !query.IsOf(user)) return false;
        query.Stop(TrinoError.Killed);
        return true;
    }

    async Task CheckAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, host.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token)) await TryLookAsync();
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    async Task TryLookAsync()
    {
        try
        {
            await LookOnceAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What fails for one statement is tried again, and keeps no other from being looked after.
            host.Log.Failed("Trino", e);
        }
    }

    async Task LookOnceAsync()
    {
        await host.Service.CloseIdleAsync();
        var ended = new List<TrinoQuery>();
        foreach (var query in queries.Values)
        {
            if (!query.IsDone && query.Idle > host.IdleMax) query.Stop(TrinoError.Abandoned);
            if (!query.HasEnded || !query.IsDone) continue;
            if (query.Idle > PageKept) query.Forget();
            ended.Add(query);
        }

        var many = ended.Count - EndedMax;
        foreach (var query in ended.OrderByDescending(q => q.Idle).TakeWhile((q, i) => i < many || q.Idle > EndedKept))
            if (queries.TryRemove(query.Id, out _)) await query.DisposeAsync();
    }
}
