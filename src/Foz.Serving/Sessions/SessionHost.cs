using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Catalogs;
using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Sql;
using Foz.Serving.Transactions;
using Foz.Serving.Workloads;

namespace Foz.Serving.Sessions;

/// <summary>What the sessions of a lake share. Safe for use by many threads.</summary>
public sealed class SessionHost : IDisposable
{
    const long ConstantBytesMax = 1 << 20;

    // The part of the memory that sessions hold at most between statements.
    const int HeldPart = 4;

    readonly Lazy<StableFunctions> stable;
    readonly TextCache<SqlAnalysis> filters = new();
    readonly ConcurrentDictionary<int, SqlSession> sessions = new();
    int lastId;

    /// <param name="names">What names refer to.</param>
    /// <param name="options">What all sessions together may use.</param>
    /// <param name="catalogs">The images of the catalog.</param>
    /// <param name="workloads">The classes of statements.</param>
    /// <param name="dialect">The dialect of sessions that name none.</param>
    internal SessionHost(
        EnvironmentNameResolver names, SqlServiceOptions options, CatalogImages catalogs, WorkloadClasses workloads,
        ISqlDialect dialect)
    {
        (Names, Options, Catalogs, Workloads, Dialect) = (names, options, catalogs, workloads, dialect);
        (Commits, Crashing, Results) = (new(names.Lake), new(names.Lake.Clock), new(options.ResultBytesMax));
        Held = new("all sessions hold", names.Lake.Engines.MemoryBytes / HeldPart);
        stable = new(() =>
        {
            using var engine = Lake.Engines.Open(Workload.Serving);
            return StableFunctions.Read(engine, CancellationToken.None);
            // A failure is not remembered.
        }, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The lake.</summary>
    public Lakehouse Lake => Names.Lake;

    /// <summary>The limits.</summary>
    public SqlServiceOptions Options { get; }

    /// <summary>The sessions that are open.</summary>
    public IReadOnlyCollection<SqlSession> Sessions => [.. sessions.Values];

    /// <summary>The statements that ended the engine.</summary>
    public CrashingStatements Crashing { get; }

    /// <summary>What sessions hold between statements.</summary>
    internal ClientMemory Held { get; }

    /// <summary>The dialect of sessions that name none.</summary>
    internal ISqlDialect Dialect { get; }

    internal EnvironmentNameResolver Names { get; }

    internal CatalogImages Catalogs { get; }

    /// <summary>The order of what sessions commit.</summary>
    internal CommitOrder Commits { get; }

    /// <summary>Results that may be given again.</summary>
    internal ResultCache Results { get; }

    /// <summary>
    /// Where no results are kept, what the last statements gave that read nothing and always give the same.
    /// </summary>
    internal ResultCache Constants { get; } = new(ConstantBytesMax);

    /// <summary>
    /// Where the rows of a statement may be kept; null where nowhere. Those of one that reads nothing are constants,
    /// whatever is kept of others.
    /// </summary>
    internal ResultCache? CacheOf(SqlAnalysis statement) =>
        Results.IsOn ? Results : statement is { Tables: [], TableFunctions: [] } ? Constants : null;

    /// <summary>Which statements give the same whenever they read the same.</summary>
    internal StableFunctions Stable => stable.Value;

    /// <summary>Whether a SELECT gives the same whenever it reads the same.</summary>
    internal bool IsStable(string select)
    {
        if (filters.Find(select) is { } known) return Stable.AreAll(known);
        using var engine = Lake.Engines.Find(Workload.Serving)
            .Borrow(EngineSession.TimeZoneDefault, CancellationToken.None);
        var read = engine.Analyze(select, CancellationToken.None);
        filters.Add(select, read);
        return Stable.AreAll(read);
    }

    /// <summary>The last statements in DuckDB's SQL, where that is the same for all sessions.</summary>
    internal TextCache<RewrittenSql> Translations { get; } = new();

    /// <summary>The classes of statements.</summary>
    internal WorkloadClasses Workloads { get; }

    /// <summary>Begins a session, to be disposed.</summary>
    /// <exception cref="FozException">There are too many, or a setting is unknown or has no such value.</exception>
    public SqlSession Open(SessionUser user, SessionOptions options)
    {
        if (sessions.Count >= Options.SessionsMax)
            throw new FozException(ErrorKind.Resource, "sorry, too many clients already")
            {
                SqlState = "53300", IsTransient = true,
            };
        if (!user.IsOwner && sessions.Count >= Options.SessionsMax - Options.SessionsOfOwners)
            throw new FozException(ErrorKind.Resource, "remaining connection slots are reserved for owners")
            {
                SqlState = "53300", IsTransient = true,
            };
        var session = new SqlSession(this, Interlocked.Increment(ref lastId), user, options);
        sessions[session.Id] = session;
        return session;
    }

    /// <summary>The session of a number; null if there is none.</summary>
    public SqlSession? Find(int id) => sessions.GetValueOrDefault(id);

    /// <summary>
    /// Does what <c>pg_cancel_backend</c> and <c>pg_terminate_backend</c> say: owners stop every session, others their
    /// user's own.
    /// </summary>
    /// <param name="user">Who asks.</param>
    /// <param name="function">The function.</param>
    /// <param name="id">The session's number.</param>
    /// <returns>Whether there is such a session for who asks.</returns>
    internal bool Signal(SessionUser user, string function, int id)
    {
        if (Find(id) is not { } other || !user.MayKnowOf(other.User)) return false;
        Action stop = function == "pg_terminate_backend" ? other.Work.Terminate : other.Work.Cancel;
        // The engine calls from inside of a statement, which may be the one that is stopped.
        ThreadPool.UnsafeQueueUserWorkItem(static action => action(), stop, preferLocal: false);
        return true;
    }

    /// <summary>Lets go what sessions shared.</summary>
    public void Dispose()
    {
        Results.Dispose();
        Constants.Dispose();
    }

    internal void Remove(SqlSession session) => sessions.TryRemove(session.Id, out _);
}
