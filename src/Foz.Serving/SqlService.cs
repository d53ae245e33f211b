using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.Bounds;
using Foz.Serving.Catalogs;
using Foz.Serving.Governance;
using Foz.Serving.Metrics;
using Foz.Serving.PostgreSql;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Trino.Functions;
using Foz.Serving.Workloads;

namespace Foz.Serving;

/// <summary>Serves a lake's SQL to sessions of any protocol. Safe for use by many threads.</summary>
public sealed class SqlService : IDisposable
{
    readonly CatalogImages catalogs;
    readonly WorkloadClasses workloads;
    readonly ScalarFunction mask;
    readonly MemoryWatcher? watcher;
    readonly ServingInstruments instruments;

    /// <summary>Serves a lake; one service for each pool of engines.</summary>
    /// <param name="names">Resolves names.</param>
    /// <param name="options">The limits of all sessions together.</param>
    /// <exception cref="FozException">The classes have more memory than there is for them.</exception>
    public SqlService(EnvironmentNameResolver names, SqlServiceOptions options)
    {
        var lake = names.Lake;
        catalogs = new(names, options.Access);
        mask = MaskFunction.Of(options.MaskKey);
        lake.Confine(options.ClosedFolders);
        // Where statements are bound, and where filters are read from their plans.
        foreach (var workload in new[] { Workload.Serving, Workload.Query, Workload.Binding })
            lake.Engines.Find(workload).Define(Define);
        workloads = new(options.Workloads, lake.Engines, Define, options.Access, lake.Clock);
        Host = new(names, options, catalogs, workloads, PgDialect.Instance);
        instruments = new(Host);
        if (options.ProcessBytes is { } bytes)
        {
            watcher = new(new(bytes, lake.Engines.MemoryBytes, workloads, MemoryWatcher.Resident, lake.Clock));
            foreach (var known in workloads.All) known.Worked = watcher.Wake;
        }
    }

    /// <summary>What its sessions share.</summary>
    public SessionHost Host { get; }

    /// <summary>The lake.</summary>
    public Lakehouse Lake => Host.Lake;

    /// <summary>The limits.</summary>
    public SqlServiceOptions Options => Host.Options;

    /// <summary>The sessions that are open.</summary>
    public IReadOnlyCollection<SqlSession> Sessions => Host.Sessions;

    /// <summary>Gets how many statements wait for a slot.</summary>
    public int StatementsWaiting => workloads.All.Sum(static own => own.Slots.Waiting);

    /// <summary>Whether no statement works, and none has for some time.</summary>
    public bool IsQuietFor(TimeSpan time) => workloads.All.All(own => own.Slots.IsQuietFor(time));

    /// <summary>The statements that ended the engine.</summary>
    public CrashingStatements Crashing => Host.Crashing;

    /// <summary>Whether the engine serves: false while an instance is opened again that an error ended.</summary>
    public bool IsReady => Lake.Engines.IsReady;

    /// <inheritdoc cref="SessionHost.Open"/>
    public SqlSession Open(SessionUser user, SessionOptions sessionOptions) => Host.Open(user, sessionOptions);

    /// <inheritdoc cref="SessionHost.Find"/>
    public SqlSession? Find(int id) => Host.Find(id);

    /// <summary>Lets go what sessions shared.</summary>
    public void Dispose()
    {
        instruments.Dispose();
        watcher?.Dispose();
        workloads.Dispose();
        catalogs.Dispose();
        Host.Dispose();
    }

    void Define(EngineSession engine)
    {
        engine.Define(
            [
                .. PgFunctions.Of(catalogs, engine.Instance), .. TrinoNatives.All, mask,
                .. BoundedFunctions.Of(engine.Instance),
                SentRows.Of(engine.Instance),
            ],
            BoundedFunctions.Macros + PgTexts.Macros + PgFunctions.Macros + PgTranslator.LikeMacros
                + PgTranslator.RowMacros + PgUntypedTexts.MacrosOf(PgTranslator.Comparisons) + TrinoFunctions.Macros);
        catalogs.Restore(engine);
    }
}
