using System.Collections.Concurrent;
using Foz.Core.Catalog;
using Foz.Core.Engine;
using Foz.Core.Governance;
using Foz.Core.Journal;
using Foz.Core.Serving.PostgreSql;
using Foz.Core.Serving.Trino;

namespace Foz.Core.Serving;

/// <summary>What all sessions together may use.</summary>
public sealed record SqlServiceOptions
{
    /// <summary>The most sessions at the same time.</summary>
    public int SessionsMax { get; init; } = 500;

    /// <summary>The most cursors that are open in a session at the same time.</summary>
    public int CursorsMax { get; init; } = 100;

    /// <summary>Who may read what; nobody but owners anything by default.</summary>
    public Func<AccessList> Access { get; init; } = static () => AccessList.Empty;

    /// <summary>Where it is written who reads and changes what; null for nowhere.</summary>
    public AuditLog? Audit { get; init; }

    /// <summary>The most statements that a session keeps prepared by names.</summary>
    public int StatementsMax { get; init; } = 1000;
}

/// <summary>Serves a lake's SQL to sessions of any protocol. Safe for use by many threads.</summary>
public sealed class SqlService : IDisposable
{
    static readonly TimeSpan AheadMax = TimeSpan.FromSeconds(1);

    readonly EnvironmentNames names;
    readonly SqlServiceOptions options;
    readonly ConcurrentDictionary<int, SqlSession> sessions = new();
    int lastId;
    long committedTicks;

    /// <summary>Serves a lake, once for each pool of engines.</summary>
    /// <param name="names">What names stand for.</param>
    /// <param name="options">What all sessions together may use.</param>
    public SqlService(EnvironmentNames names, SqlServiceOptions options)
    {
        (this.names, this.options) = (names, options);
        Catalogs = new(this);
        // Where statements are bound, and where filters are read from their plans.
        foreach (var workload in new[] { Workload.Serving, Workload.Query, Workload.Binding })
        {
            using var engine = names.Lake.Engines.Open(workload);
            engine.Define([.. PgFunctions.Of(Catalogs), .. TrinoFunctions.Natives], PgFunctions.Macros + TrinoFunctions.Macros);
        }
    }

    /// <summary>The lake.</summary>
    public Lake Lake => names.Lake;

    /// <summary>The limits.</summary>
    public SqlServiceOptions Options => options;

    /// <summary>The sessions that are open.</summary>
    public IReadOnlyCollection<SqlSession> Sessions => [.. sessions.Values];

    internal EnvironmentNames Names => names;

    internal CatalogImages Catalogs { get; }

    /// <summary>The users and roles, as the catalogs tell of them; <c>foz</c> owns everything.</summary>
    internal IReadOnlyList<string> Roles { get; } = ["foz"];

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

    /// <summary>Lets go what sessions shared.</summary>
    public void Dispose() => Catalogs.Dispose();

    /// <summary>Notes when a session's commit was made.</summary>
    internal void NoteCommit(DateTimeOffset instant)
    {
        for (var known = Interlocked.Read(ref committedTicks); known < instant.UtcTicks;)
        {
            var before = Interlocked.CompareExchange(ref committedTicks, instant.UtcTicks, known);
            if (before == known) break;
            known = before;
        }
    }

    /// <summary>
    /// The instant at which a transaction reads that begins now: not before what sessions have committed, whose times may be ahead
    /// by a tick, since versions of a table differ in them.
    /// </summary>
    internal async Task<DateTimeOffset> InstantAsync(CancellationToken cancellationToken)
    {
        var committed = Interlocked.Read(ref committedTicks);
        var ahead = TimeSpan.FromTicks(committed - Lake.Clock.GetUtcNow().UtcTicks);
        if (ahead <= TimeSpan.Zero) return Lake.Clock.GetUtcNow();
        // Timers count whole milliseconds.
        await Task.Delay(ahead < AheadMax ? ahead + TimeSpan.FromMilliseconds(1) : AheadMax, Lake.Clock, cancellationToken);
        var now = Lake.Clock.GetUtcNow();
        return ahead < AheadMax && now.UtcTicks < committed ? new(committed, TimeSpan.Zero) : now;
    }

    internal void Remove(SqlSession session) => sessions.TryRemove(session.Id, out _);
}
