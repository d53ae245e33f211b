using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Workloads;

namespace Foz.Serving.Statements;

/// <summary>
/// A running statement, from its request for a slot of its class to its last row: it works in the class's instance, and
/// is recorded in <c>foz.queries</c> when it has ended. One thread at a time, except for
/// <see cref="WorkloadRun.Worked"/> and <see cref="WorkloadRun.Stop()"/>.
/// </summary>
sealed class StatementRun : WorkloadRun
{
    readonly SqlSession session;

    StatementRun(ServedContext context)
        : base(context.Session.Class, context.Sql, context.Session.Host.Lake.Clock) =>
        (Context, session) = (context, context.Session);

    /// <summary>The statement.</summary>
    public ServedContext Context { get; }

    /// <summary>Begins a statement; it waits where all slots of its class are taken.</summary>
    /// <param name="context">The statement.</param>
    /// <param name="takesSlot">Whether it is one that works on tables: catalogs and values alone never wait.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">Too many wait, or it has waited too long.</exception>
    public static async Task<StatementRun> BeginAsync(
        ServedContext context, bool takesSlot, CancellationToken cancellationToken)
    {
        var (run, session) = (new StatementRun(context), context.Session);
        context.Run = run;
        if (takesSlot)
            run.Slot = await session.Activity.WaitAsync(
                run.Workload, run.Class.Slots.EnterAsync(session.Id, cancellationToken));
        run.Begin();
        return run;
    }

    /// <summary>
    /// Borrows a session of the engine, in the time zone of the client's: in the class's instance where the statement
    /// has a slot, else where nothing reaches files.
    /// </summary>
    public EngineSession OpenEngine(CancellationToken cancellationToken)
    {
        var instance = Slot is null ? session.Host.Lake.Engines.Find(Foz.Lake.Engine.Workload.Serving) : Class.Instance;
        var engine = instance.Borrow(session.Settings["TimeZone"], cancellationToken);
        engine.Meter = Meter;
        return engine;
    }

    /// <summary>
    /// Opens a session of the engine in the class's instance for a statement that takes its slot later.
    /// </summary>
    public EngineSession OpenAhead()
    {
        var engine = Class.Instance.Open();
        engine.Meter = Meter;
        return engine;
    }

    /// <summary>Takes a slot for a statement that began without.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        Pause();
        Slot = await session.Activity.WaitAsync(Workload, Class.Slots.EnterAsync(session.Id, cancellationToken));
        Work();
    }

    /// <summary>Notes what the statement reads, and pauses until its rows are asked for.</summary>
    /// <returns>The rows, which end the run.</returns>
    public SqlCursor Follow(SqlCursor rows, SqlAnalysis? named)
    {
        (Analysis, Tables) = (named, [.. Context.Access.Tables]);
        Pause();
        return new WorkloadCursor(rows, this);
    }

    /// <inheritdoc cref="StatementAccess.CheckUnchanged"/>
    public void CheckRights() =>
        Context.Access.CheckUnchanged(session.User.Grantee, session.Host.Options.Access);

    /// <summary>Goes on, once there is a slot.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await session.Work.RunAsync(
            async token =>
            {
                await session.Activity.WaitAsync(Workload, Class.Slots.ResumeAsync(Slot!, token));
                return true;
            },
            cancellationToken);
        Work();
    }

    /// <summary>Ends it: all was done.</summary>
    /// <param name="rows">How many rows it gave or changed.</param>
    public void End(long rows)
    {
        if (!Release()) return;
        if (Tables.Count > 0) StatementNotes.Add(Context, rows, error: null);
    }

    /// <summary>Ends it: all was done that it is to do with tables.</summary>
    /// <param name="rows">How many rows it changed.</param>
    public void EndChange(long rows)
    {
        Tables = [.. Context.Access.Tables];
        End(rows);
    }

    /// <summary>Ends it: it failed under way.</summary>
    public void Fail(Exception error, long rows)
    {
        if (Release()) StatementNotes.Fail(Context, error, rows);
    }

    /// <summary>
    /// Ends it after a failure while its rows were fetched. Its access was decided before, except for what its
    /// functions refuse.
    /// </summary>
    public Task FailAsync(Exception error, long rows)
    {
        Fail(error, rows);
        Context.NoteCrash(error);
        return error is FozException { Kind: ErrorKind.Denied } ? Context.AuditAsync(error) : Task.CompletedTask;
    }

    /// <summary>Ends it after a failure before its first row, which its caller reports.</summary>
    public void Abandon()
    {
        Tables = [.. Context.Access.Tables];
        Release();
    }

    /// <inheritdoc/>
    public override void Stop(FozException why) => session.Work.Stop(why);
}
