using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Workloads;

namespace Foz.Serving.Statements;

/// <summary>
/// A statement as it runs, from the moment when it asks for a slot of its class to its last row: it works in the class's instance, and is
/// told of in <c>foz.queries</c> when it has ended. One thread at a time, but for <see cref="Worked"/> and <see cref="Stop()"/>.
/// </summary>
sealed class StatementRun
{
    readonly SqlSession session;
    readonly TimeProvider clock;
    readonly WorkloadClass workload;
    readonly StatementAccess access;
    readonly long askedAt;
    Slot? slot;
    SqlAnalysis? analysis;
    long beganAt;
    long workingSince;
    long workedTicks;
    bool hasEnded;

    StatementRun(SqlSession session, string sql)
    {
        (this.session, Sql, clock) = (session, sql, session.Service.Lake.Clock);
        workload = session.Service.Workloads.Of(session);
        access = session.Access;
        (askedAt, AskedAt) = (clock.GetTimestamp(), clock.GetUtcNow());
    }

    /// <summary>The statement.</summary>
    public string Sql { get; }

    /// <summary>The class.</summary>
    public string Workload => workload.Name;

    /// <summary>When it asked for a slot.</summary>
    public DateTimeOffset AskedAt { get; }

    /// <summary>How long it waited, or waits, for a slot.</summary>
    public TimeSpan Queued => beganAt == 0 ? clock.GetElapsedTime(askedAt) : clock.GetElapsedTime(askedAt, beganAt);

    /// <summary>How long ago it got its slot; nothing where it got none.</summary>
    public TimeSpan Elapsed => beganAt == 0 ? TimeSpan.Zero : clock.GetElapsedTime(beganAt);

    /// <summary>How long it has worked: without the queue, and the pauses in which the client asked for nothing.</summary>
    public TimeSpan Worked => TimeSpan.FromTicks(Interlocked.Read(ref workedTicks))
        + (Interlocked.Read(ref workingSince) is not 0 and var since ? clock.GetElapsedTime(since) : TimeSpan.Zero);

    /// <summary>Whether it works now.</summary>
    public bool IsWorking => Interlocked.Read(ref workingSince) != 0;

    /// <summary>Whether it has worked longer than its class lets it.</summary>
    public bool IsOver => workload.Options.StatementTimeout is { } limit && Worked >= limit;

    /// <summary>The tables and views that it reads or changes.</summary>
    public IReadOnlyCollection<TableName> Tables { get; private set; } = [];

    /// <summary>The files that it was given to read.</summary>
    public ScanMeter Meter { get; } = new();

    /// <summary>What it names; null where that is not known.</summary>
    public SqlAnalysis? Analysis => analysis;

    /// <summary>Begins a statement; it waits where all slots of its class are taken.</summary>
    /// <param name="session">The session.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="takesSlot">Whether it is one that works on tables: catalogs and values alone never wait.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">Too many wait, or it has waited too long.</exception>
    public static async Task<StatementRun> BeginAsync(
        SqlSession session, string sql, bool takesSlot, CancellationToken cancellationToken)
    {
        var run = new StatementRun(session, sql);
        session.Run = run;
        if (takesSlot) run.slot = await session.Activity.WaitAsync(run.Workload, run.workload.Slots.EnterAsync(session.Id, cancellationToken));
        run.beganAt = run.clock.GetTimestamp();
        run.Work();
        run.workload.Watch(run);
        return run;
    }

    /// <summary>
    /// Borrows a session of the engine, in the time zone of the client's: in the class's instance where the statement has a slot, else where
    /// nothing reaches files.
    /// </summary>
    public EngineSession OpenEngine(CancellationToken cancellationToken)
    {
        var instance = slot is null ? session.Service.Lake.Engines.Find(Foz.Lake.Engine.Workload.Serving) : workload.Instance;
        var engine = instance.Borrow(session.Settings["TimeZone"], cancellationToken);
        engine.Meter = Meter;
        return engine;
    }

    /// <summary>Opens a session of the engine in the class's instance for a statement that takes its slot later.</summary>
    public EngineSession OpenAhead()
    {
        var engine = workload.Instance.Open();
        engine.Meter = Meter;
        return engine;
    }

    /// <summary>Takes a slot for a statement that began without.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        Pause();
        slot = await session.Activity.WaitAsync(Workload, workload.Slots.EnterAsync(session.Id, cancellationToken));
        Work();
    }

    /// <summary>Notes what the statement reads, and pauses until its rows are asked for.</summary>
    /// <returns>The rows, which end the run.</returns>
    public SqlCursor Follow(SqlCursor rows, SqlAnalysis? named)
    {
        (analysis, Tables) = (named, [.. access.Tables]);
        Pause();
        return new WorkloadCursor(rows, this);
    }

    /// <inheritdoc cref="StatementAccess.CheckUnchanged"/>
    public void CheckRights() => access.CheckUnchanged(session);

    /// <summary>Goes on, where it can at once.</summary>
    /// <exception cref="FozException">It has worked longer than its class lets it.</exception>
    public bool TryResume()
    {
        if (hasEnded) return true;
        if (IsOver) throw TooLong();
        if (slot is not null && !workload.Slots.TryResume(slot)) return false;
        Work();
        return true;
    }

    /// <summary>Goes on, once there is a slot.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await session.RunAsync(
            async token =>
            {
                await session.Activity.WaitAsync(Workload, workload.Slots.ResumeAsync(slot!, token));
                return true;
            },
            cancellationToken);
        Work();
    }

    /// <summary>Notes that nothing is done until it goes on.</summary>
    public void Pause()
    {
        if (hasEnded || Interlocked.Exchange(ref workingSince, 0) is not (not 0 and var since)) return;
        Interlocked.Add(ref workedTicks, clock.GetElapsedTime(since).Ticks);
        if (slot is not null) workload.Slots.Pause(slot);
    }

    /// <summary>Ends it: all was done.</summary>
    /// <param name="rows">How many rows it gave or changed.</param>
    public void End(long rows)
    {
        if (!Release()) return;
        if (Tables.Count > 0) StatementNotes.Add(session, Sql, this, rows, error: null);
    }

    /// <summary>Ends it: all was done that it is to do with tables.</summary>
    /// <param name="rows">How many rows it changed.</param>
    public void EndChange(long rows)
    {
        Tables = [.. session.Access.Tables];
        End(rows);
    }

    /// <summary>Ends it: it failed under way.</summary>
    public void Fail(Exception error, long rows)
    {
        if (Release()) StatementNotes.Fail(session, Sql, error, rows);
    }

    /// <summary>Ends it: it failed while its rows were fetched. What it may read was decided before, but for what its functions refuse.</summary>
    public Task FailAsync(Exception error, long rows)
    {
        Fail(error, rows);
        session.NoteLethal(Sql, error);
        return error is FozException { Kind: ErrorKind.Denied } ? session.AuditAsync(access, Sql, error) : Task.CompletedTask;
    }

    /// <summary>Ends it: it failed before it gave anything, of which whoever began it tells.</summary>
    public void Abandon()
    {
        Tables = [.. session.Access.Tables];
        Release();
    }

    /// <summary>Cancels it, as it works longer than its class lets it; for any thread.</summary>
    public void Stop() => session.Stop(TooLong());

    /// <summary>Cancels it, as the process has too little memory for it; for any thread.</summary>
    /// <param name="why">What its client is told.</param>
    public void Stop(FozException why) => session.Stop(why);

    /// <summary>Bytes by which the process grew lately while it worked, its part of them; <see cref="MemoryWatch"/> counts them.</summary>
    public double Growth { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => Volatile.Read(ref hasEnded);

    FozException TooLong() => new(
        ErrorKind.Resource,
        FormattableString.Invariant($"canceling statement: it works longer than the {workload.Options.StatementTimeout!.Value.TotalSeconds:0.###} s of the workload {Workload}"))
    {
        SqlState = "57014", Hint = "let it do less at a time; `statement_timeout` of the workload says how long it may work",
    };

    void Work() => Interlocked.Exchange(ref workingSince, clock.GetTimestamp());

    /// <returns>Whether it had not ended.</returns>
    bool Release()
    {
        if (hasEnded) return false;
        Pause();
        hasEnded = true;
        workload.Forget(this);
        if (slot is not null) workload.Slots.Leave(slot);
        return true;
    }
}
