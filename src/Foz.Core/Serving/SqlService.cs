using System.Collections.Concurrent;
using Foz.Core.Catalog;

namespace Foz.Core.Serving;

/// <summary>What all sessions together may use.</summary>
public sealed record SqlServiceOptions
{
    /// <summary>The most sessions at the same time.</summary>
    public int SessionsMax { get; init; } = 500;

    /// <summary>The most cursors that are open in a session at the same time.</summary>
    public int CursorsMax { get; init; } = 100;

    /// <summary>The most statements that a session keeps prepared by names.</summary>
    public int StatementsMax { get; init; } = 1000;
}

/// <summary>Serves a lake's SQL to sessions of any protocol. Safe for use by many threads.</summary>
/// <param name="names">What names stand for.</param>
/// <param name="options">What all sessions together may use.</param>
public sealed class SqlService(EnvironmentNames names, SqlServiceOptions options)
{
    readonly ConcurrentDictionary<int, SqlSession> sessions = new();
    int lastId;

    /// <summary>The lake.</summary>
    public Lake Lake => names.Lake;

    /// <summary>The limits.</summary>
    public SqlServiceOptions Options => options;

    /// <summary>The sessions that are open.</summary>
    public IReadOnlyCollection<SqlSession> Sessions => [.. sessions.Values];

    internal EnvironmentNames Names => names;

    /// <summary>Begins a session, to be disposed.</summary>
    /// <exception cref="FozException">There are too many, or a setting is unknown or has no such value.</exception>
    public SqlSession Open(SessionUser user, SessionOptions sessionOptions)
    {
        if (sessions.Count >= options.SessionsMax)
            throw new FozException(ErrorKind.Resource, "sorry, too many clients already")
            {
                SqlState = "53300", IsTransient = true,
            };
        var session = new SqlSession(this, Interlocked.Increment(ref lastId), user, sessionOptions);
        sessions[session.Id] = session;
        return session;
    }

    /// <summary>The session of a number; null if there is none.</summary>
    public SqlSession? Find(int id) => sessions.GetValueOrDefault(id);

    internal void Remove(SqlSession session) => sessions.TryRemove(session.Id, out _);
}
