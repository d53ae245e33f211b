namespace Foz.Storage.Usage;

/// <summary>
/// Shares what the process takes between the pieces of work that it does at the time. The engine's threads work for
/// all of them, and no system counts by statement: pieces that work at once get equal parts, so that the parts add up
/// to what the process took. Safe for use by many threads.
/// </summary>
/// <param name="clock">The time.</param>
/// <param name="processor">Returns the processor time of the process so far.</param>
/// <param name="memory">Returns the bytes of memory that it takes.</param>
public sealed class ProcessShares(TimeProvider clock, Func<TimeSpan> processor, Func<long> memory) : IDisposable
{
    static readonly TimeSpan lookEvery = TimeSpan.FromMilliseconds(250);

    readonly Lock gate = new();
    readonly List<(ResourceUse Use, Func<long> Spill)> working = [];
    ITimer? timer;
    TimeSpan taken;

    /// <summary>Gets the shares of this process.</summary>
    public static ProcessShares OfProcess { get; } = new(
        TimeProvider.System, static () => Environment.CpuUsage.TotalTime, static () => Environment.WorkingSet);

    /// <summary>Begins to measure a piece of work, which must be ended.</summary>
    /// <param name="spill">Returns the bytes that the engine has spilled now.</param>
    public ResourceUse Begin(Func<long> spill)
    {
        var use = new ResourceUse();
        lock (gate)
        {
            Look();
            working.Add((use, spill));
            if (working.Count > 1) return use;
            timer ??= clock.CreateTimer(
                static state => ((ProcessShares)state!).Sample(), this, Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            timer.Change(lookEvery, lookEvery);
        }
        return use;
    }

    /// <summary>Ends the measurement of a piece of work.</summary>
    public void End(ResourceUse use)
    {
        lock (gate)
        {
            Look();
            working.RemoveAll(entry => entry.Use == use);
            if (working.Count == 0) timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => timer?.Dispose();

    void Sample()
    {
        lock (gate) Look();
    }

    void Look()
    {
        var now = processor();
        var part = working.Count == 0 ? TimeSpan.Zero : (now - taken) / working.Count;
        taken = now;
        if (working.Count == 0) return;
        var bytes = memory();
        foreach (var (use, spill) in working)
        {
            use.Processor += part;
            use.MemoryPeakBytes = Math.Max(use.MemoryPeakBytes, bytes);
            use.SpillPeakBytes = Math.Max(use.SpillPeakBytes, spill());
        }
    }
}
