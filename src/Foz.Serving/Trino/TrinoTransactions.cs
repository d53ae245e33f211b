using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Transactions;

namespace Foz.Serving.Trino;

/// <summary>
/// The sessions whose transactions are open: a client names its transaction with each statement. One that is not named
/// for a time is rolled back. Safe for use by many threads.
/// </summary>
/// <param name="clock">The time.</param>
sealed class TrinoTransactions(TimeProvider clock)
{
    static readonly TimeSpan idleMax = TimeSpan.FromMinutes(5);

    readonly ConcurrentDictionary<string, Open> open = new(StringComparer.Ordinal);

    /// <summary>Keeps a session whose transaction has begun.</summary>
    /// <returns>The transaction's name.</returns>
    public string Add(TrinoSession session)
    {
        var id = Guid.NewGuid().ToString();
        open[id] = new(session, clock.GetTimestamp());
        return id;
    }

    /// <summary>Takes the session of a transaction for one statement; it is to be given back, or disposed.</summary>
    /// <exception cref="FozException">
    /// There is none of the name, another statement of it runs, or who names it has other rights than who began it.
    /// </exception>
    public TrinoSession Take(string id, SessionUser user)
    {
        if (open.TryGetValue(id, out var found) && found.Session.Session.User.IsLike(user)
            && open.TryRemove(new(id, found)))
            return found.Session;
        throw new FozException(ErrorKind.Sql, $"Unknown transaction ID: {id}. Possibly expired?")
        {
            SqlState = "25000",
        };
    }

    /// <summary>
    /// Gives a session back for the next statement of its transaction; one whose transaction has ended is closed.
    /// </summary>
    public async ValueTask ReturnAsync(string id, TrinoSession session)
    {
        if (session.Session.State is TransactionState.Idle) await session.Session.DisposeAsync();
        else open[id] = new(session, clock.GetTimestamp());
    }

    /// <summary>Rolls back transactions that no request has named for a time.</summary>
    public async Task CloseIdleAsync()
    {
        foreach (var (id, transaction) in open)
            if (clock.GetElapsedTime(transaction.UsedAt) > idleMax && open.TryRemove(new(id, transaction)))
                await transaction.Session.Session.DisposeAsync();
    }

    /// <summary>Rolls back all of them.</summary>
    public async Task CloseAsync()
    {
        foreach (var (id, transaction) in open)
            if (open.TryRemove(new(id, transaction))) await transaction.Session.Session.DisposeAsync();
    }

    /// <summary>A session in the time between two statements.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="UsedAt">When the last one ended.</param>
    sealed record Open(TrinoSession Session, long UsedAt);
}
