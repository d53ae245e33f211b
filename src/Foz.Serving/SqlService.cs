using System.Collections.Concurrent;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.Bounds;
using Foz.Serving.Catalogs;
using Foz.Serving.Governance;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Transactions;
using Foz.Serving.Trino.Functions;
using Foz.Serving.Workloads;

namespace Foz.Serving;

/// <summary>Serves a lake's SQL to sessions of any protocol. Safe for use by many threads.</summary>
public sealed class SqlService : IDisposable
{
    const long ConstantBytesMax = 1 << 20;

    // The part of the memory that sessions hold at most between statements.
    const int HeldPart = 4;

    readonly EnvironmentNames names;
    readonly SqlServiceOptions options;
    readonly Lazy<StableFunctions> stable;
    readonly TextCache<SqlAnalysis> filters = new();
    readonly ScalarFunction mask;
    readonly MemoryWatcher? watcher;
    readonly ConcurrentDictionary<int, SqlSession> sessions = new();
    int lastId;

    /// <summary>Serves a lake, once for each pool of engines.</summary>
    /// <param name="names">What names stand for.</param>
    /// <param name="options">What all sessions together may use.</param>
    /// <exception cref="FozException">The classes have more memory than there is for them.</exception>
    public SqlService(EnvironmentNames names, SqlServiceOptions options)
    {
        (this.names, this.options) = (names, options);
        (Catalogs, Commits, Lethal) = (new(names, options.Access), new(names.Lake.Clock), new(names.Lake.Clock));
        Results = new(options.ResultBytesMax);
        Held = new("all sessions hold", names.Lake.Engines.MemoryBytes / HeldPart);
        mask = MaskFunction.Of(options.MaskKey);
        stable = new(() =>
        {
            using var engine = Lake.Engines.Open(Workload.Serving);
            return StableFunctions.Read(engine, CancellationToken.None);
            // A failure is not remembered.
        }, LazyThreadSafetyMode.PublicationOnly);
        names.Lake.Confine(options.ClosedFolders);
        // Where statements are bound, and where filters are read from their plans.
        foreach (var workload in new[] { Workload.Serving, Workload.Query, Workload.Binding })
            names.Lake.Engines.Find(workload).Define(Define);
        Workloads = new(options.Workloads, names.Lake.Engines, Define, names.Lake.Clock);
        if (options.ProcessBytes is { } bytes)
            watcher = new(new(bytes, Lake.Engines.MemoryBytes, Workloads, MemoryWatcher.Resident, names.Lake.Clock));
    }

    /// <summary>The lake.</summary>
    public Lakehouse Lake => names.Lake;

    /// <summary>What sessions hold between statements.</summary>
    internal HeldMemory Held { get; }

    /// <summary>The limits.</summary>
    public SqlServiceOptions Options => options;

    /// <summary>The sessions that are open.</summary>
    public IReadOnlyCollection<SqlSession> Sessions => [.. sessions.Values];

    internal EnvironmentNames Names => names;

    internal CatalogImages Catalogs { get; }

    /// <summary>The statements that ended the engine.</summary>
    public LethalStatements Lethal { get; }

    /// <summary>Whether the engine serves: false while an instance is opened again that an error ended.</summary>
    public bool IsReady => Lake.Engines.IsReady;

    /// <summary>The order of what sessions commit.</summary>
    internal CommitOrder Commits { get; }

    /// <summary>Results that may be given again.</summary>
    internal ResultCache Results { get; }

    /// <summary>Where no results are kept, what the last statements gave that read nothing and always give the same.</summary>
    internal ResultCache Constants { get; } = new(ConstantBytesMax);

    /// <summary>Where the rows of a statement may be kept; null where nowhere. Those of one that reads nothing are constants, whatever is kept of others.</summary>
    internal ResultCache? CacheOf(SqlAnalysis statement) =>
        Results.IsOn ? Results : statement is { Tables: [], TableFunctions: [] } ? Constants : null;

    /// <summary>Which statements give the same whenever they read the same.</summary>
    internal StableFunctions Stable => stable.Value;

    /// <summary>Whether a SELECT gives the same whenever it reads the same.</summary>
    internal bool IsStable(string select)
    {
        if (filters.Find(select) is { } known) return Stable.AreAll(known);
        using var engine = Lake.Engines.Find(Workload.Serving).Borrow(EngineSession.TimeZoneDefault, CancellationToken.None);
        var read = SqlAnalysis.Read(engine, select, CancellationToken.None);
        filters.Add(select, read);
        return Stable.AreAll(read);
    }

    /// <summary>The last statements in DuckDB's SQL, where that is the same for all sessions.</summary>
    internal TextCache<RewrittenSql> Translations { get; } = new();

    /// <summary>The classes of statements.</summary>
    internal WorkloadClasses Workloads { get; }

    /// <summary>Begins a session, to be disposed.</summary>
    /// <exception cref="FozException">There are too many, or a setting is unknown or has no such value.</exception>
    public SqlSession Open(SessionUser user, SessionOptions sessionOptions)
    {
        if (sessions.Count >= options.SessionsMax)
            throw new FozException(ErrorKind.Resource, "sorry, too many clients already")
            {
                SqlState = "53300", IsTransient = true,
            };
        if (!user.IsOwner && sessions.Count >= options.SessionsMax - options.SessionsOfOwners)
            throw new FozException(ErrorKind.Resource, "remaining connection slots are reserved for owners") { SqlState = "53300", IsTransient = true };
        var session = new SqlSession(this, Interlocked.Increment(ref lastId), user, sessionOptions);
        sessions[session.Id] = session;
        return session;
    }

    /// <summary>The session of a number; null if there is none.</summary>
    public SqlSession? Find(int id) => sessions.GetValueOrDefault(id);

    /// <summary>Lets go what sessions shared.</summary>
    public void Dispose()
    {
        watcher?.Dispose();
        Workloads.Dispose();
        Catalogs.Dispose();
        Results.Dispose();
        Constants.Dispose();
    }

    void Define(EngineSession engine)
    {
        engine.Define(
            [.. PgFunctions.Of(Catalogs, engine.Instance), .. TrinoNatives.All, mask, .. BoundedFunctions.Of(engine.Instance)],
            BoundedFunctions.Macros + PgTexts.Macros + PgFunctions.Macros + PgTranslator.LikeMacros + PgTranslator.RowMacros + PgGivenTexts.MacrosOf(PgTranslator.Comparisons) + TrinoFunctions.Macros);
        Catalogs.Restore(engine);
    }

    internal void Remove(SqlSession session) => sessions.TryRemove(session.Id, out _);
}
