using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Serving.Workloads;

/// <summary>
/// A statement as its class sees it: how long it waits and works, and in which slot. One thread at a time, except for
/// <see cref="Worked"/> and <see cref="Stop()"/>.
/// </summary>
abstract class WorkloadRun
{
    readonly TimeProvider clock;
    readonly WorkloadClass workload;
    readonly long askedAt;
    long beganAt;
    long workingSince;
    long workedTicks;
    bool hasEnded;

    private protected WorkloadRun(WorkloadClass workload, string sql, TimeProvider clock)
    {
        (this.workload, Sql, this.clock) = (workload, sql, clock);
        (askedAt, AskedAt) = (clock.GetTimestamp(), clock.GetUtcNow());
    }

    /// <summary>Its class.</summary>
    private protected WorkloadClass Class => workload;

    /// <summary>The slot that it works in; null for none.</summary>
    private protected Slot? Slot { get; set; }

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

    /// <summary>
    /// How long it has worked: without the queue, and the pauses in which the client asked for nothing.
    /// </summary>
    public TimeSpan Worked => TimeSpan.FromTicks(Interlocked.Read(ref workedTicks))
        + (Interlocked.Read(ref workingSince) is not 0 and var since ? clock.GetElapsedTime(since) : TimeSpan.Zero);

    /// <summary>Whether it works now.</summary>
    public bool IsWorking => Interlocked.Read(ref workingSince) != 0;

    /// <summary>Whether it has worked longer than its class lets it.</summary>
    public bool IsOver => workload.Options.StatementTimeout is { } limit && Worked >= limit;

    /// <summary>The tables and views that it reads or changes.</summary>
    public IReadOnlyCollection<TableName> Tables { get; private protected set; } = [];

    /// <summary>The files that it was given to read.</summary>
    public ScanMeter Meter { get; } = new();

    /// <summary>What it names; null where that is not known.</summary>
    public SqlAnalysis? Analysis { get; private protected set; }

    /// <summary>Begins it.</summary>
    private protected void Begin()
    {
        beganAt = clock.GetTimestamp();
        workload.Watch(this);
        Work();
    }

    /// <summary>Goes on, where it can at once.</summary>
    /// <exception cref="FozException">It has worked longer than its class lets it.</exception>
    public bool TryResume()
    {
        if (hasEnded) return true;
        if (IsOver) throw TooLong();
        if (Slot is not null && !workload.Slots.TryResume(Slot)) return false;
        Work();
        return true;
    }

    /// <summary>Notes that nothing is done until it goes on.</summary>
    public void Pause()
    {
        if (hasEnded || Interlocked.Exchange(ref workingSince, 0) is not (not 0 and var since)) return;
        Interlocked.Add(ref workedTicks, clock.GetElapsedTime(since).Ticks);
        if (Slot is not null) workload.Slots.Pause(Slot);
    }

    /// <summary>Cancels it, as it works longer than its class lets it; for any thread.</summary>
    public void Stop() => Stop(TooLong());

    /// <summary>Cancels it, because the process has too little memory for it; for any thread.</summary>
    /// <param name="why">The error that its client gets.</param>
    public abstract void Stop(FozException why);

    /// <summary>
    /// Bytes by which the process grew lately while it worked, its part of them; <see cref="MemoryWatch"/> counts them.
    /// </summary>
    public double Growth { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => Volatile.Read(ref hasEnded);

    FozException TooLong() => new(
        ErrorKind.Resource,
        string.Create(
            CultureInfo.InvariantCulture,
            $"canceling statement: it works longer than the "
                + $"{workload.Options.StatementTimeout!.Value.TotalSeconds:0.###} ")
            + $"s of the workload {Workload}")
    {
        SqlState = "57014",
        Hint = "let it do less at a time; `statement_timeout` of the workload says how long it may work",
    };

    /// <summary>Notes that it works from here on.</summary>
    private protected void Work()
    {
        Interlocked.Exchange(ref workingSince, clock.GetTimestamp());
        workload.Worked();
    }

    /// <summary>Leaves its slot and its class.</summary>
    /// <returns>Whether it had not ended.</returns>
    private protected bool Release()
    {
        if (hasEnded) return false;
        Pause();
        hasEnded = true;
        workload.Forget(this);
        if (Slot is not null) workload.Slots.Leave(Slot);
        return true;
    }
}
