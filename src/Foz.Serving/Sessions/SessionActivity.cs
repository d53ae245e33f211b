namespace Foz.Serving.Sessions;

/// <summary>What a session is doing, for who looks at it from other threads.</summary>
/// <param name="clock">The time.</param>
public sealed class SessionActivity(TimeProvider clock)
{
    int calls;
    long changedTicks = clock.GetUtcNow().UtcTicks;
    long sentTicks;

    /// <summary>When the session began.</summary>
    public DateTimeOffset BeganAt { get; } = clock.GetUtcNow();

    /// <summary>The last statement; null before the first.</summary>
    public string? Sql { get; private set; }

    /// <summary>When that began.</summary>
    public DateTimeOffset? SentAt => Ticks(ref sentTicks) is not 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    /// <summary>When the session began, or ended, to do something.</summary>
    public DateTimeOffset ChangedAt => new(Ticks(ref changedTicks), TimeSpan.Zero);

    /// <summary>Whether something is done for the client now.</summary>
    public bool IsBusy => Volatile.Read(ref calls) > 0;

    /// <summary>The class for a slot of which the statement waits; null where it does not.</summary>
    public string? QueuedIn { get; private set; }

    /// <summary>How long statements of the session have waited for slots.</summary>
    public TimeSpan Queued { get; private set; }

    /// <summary>Notes a statement that was sent.</summary>
    internal void Note(string sql)
    {
        Sql = sql;
        Interlocked.Exchange(ref sentTicks, clock.GetUtcNow().UtcTicks);
    }

    internal void Begin()
    {
        if (Interlocked.Increment(ref calls) == 1) Interlocked.Exchange(ref changedTicks, clock.GetUtcNow().UtcTicks);
    }

    internal void End()
    {
        if (Interlocked.Decrement(ref calls) == 0) Interlocked.Exchange(ref changedTicks, clock.GetUtcNow().UtcTicks);
    }

    /// <summary>Waits for a slot, and says so meanwhile.</summary>
    internal async Task<T> WaitAsync<T>(string workload, Task<T> slot)
    {
        await WaitAsync(workload, (Task)slot);
        return await slot;
    }

    /// <inheritdoc cref="WaitAsync{T}"/>
    internal async Task WaitAsync(string workload, Task slot)
    {
        if (slot.IsCompletedSuccessfully) return;
        var startedAt = clock.GetTimestamp();
        QueuedIn = workload;
        try
        {
            await slot;
        }
        finally
        {
            QueuedIn = null;
            Queued += clock.GetElapsedTime(startedAt);
        }
    }

    static long Ticks(ref long ticks) => Interlocked.Read(ref ticks);
}
