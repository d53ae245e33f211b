using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Serving.Workloads;

/// <summary>
/// The slots of a class, and who waits for one, in order. Who has asked for a slot and then does nothing with it for a
/// time lends it to who waits, and is the first to get one when it goes on. For many threads.
/// </summary>
/// <param name="options">The class.</param>
/// <param name="slotsMax">How many slots there are.</param>
/// <param name="clock">The time.</param>
sealed class SlotQueue(WorkloadOptions options, int slotsMax, TimeProvider clock)
{
    /// <summary>After this long without work a slot is lent to who waits.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    readonly Dictionary<int, Slot> open = [];
    readonly LinkedList<Waiter> waiting = new();
    int held;
    long? workedAt;

    /// <summary>How many slots there are.</summary>
    public int SlotsMax => slotsMax;

    /// <summary>How many are taken.</summary>
    public int Held
    {
        get
        {
            lock (gate) return held;
        }
    }

    /// <summary>How many statements wait.</summary>
    public int Waiting
    {
        get
        {
            lock (gate) return waiting.Count;
        }
    }

    /// <summary>Whether no statement has worked for some time.</summary>
    public bool IsQuietFor(TimeSpan time)
    {
        lock (gate)
            return open.Values.All(static slot => slot.Calls == 0)
                && (workedAt is not { } last || clock.GetElapsedTime(last) >= time);
    }

    /// <summary>
    /// Begins a statement of a session, which works from then on; it waits for a slot where there is none.
    /// </summary>
    /// <param name="session">The session's number.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">Too many wait, or it has waited too long.</exception>
    public async Task<Slot> EnterAsync(int session, CancellationToken cancellationToken)
    {
        Slot? slot;
        lock (gate)
        {
            if (!open.TryGetValue(session, out slot)) open[session] = slot = new(session);
            slot.Statements++;
        }
        try
        {
            await BeginAsync(slot, isNew: true, cancellationToken);
            return slot;
        }
        catch
        {
            Leave(slot);
            throw;
        }
    }

    /// <summary>Goes on with a statement that has begun, where it can at once.</summary>
    public bool TryResume(Slot slot)
    {
        lock (gate) return TryBegin(slot);
    }

    /// <summary>Goes on with a statement that has begun, once there is a slot.</summary>
    public Task ResumeAsync(Slot slot, CancellationToken cancellationToken) =>
        BeginAsync(slot, isNew: false, cancellationToken);

    /// <summary>Notes that a statement does nothing until it goes on.</summary>
    public void Pause(Slot slot)
    {
        lock (gate)
            if (--slot.Calls == 0) slot.IdleSince = Worked();
    }

    /// <summary>Ends a statement: the last one of a session gives its slot back.</summary>
    public void Leave(Slot slot)
    {
        lock (gate)
        {
            if (--slot.Statements > 0) return;
            open.Remove(slot.Session);
            if (!slot.IsHeld) return;
            slot.IsHeld = false;
            held--;
            Grant();
        }
    }

    /// <summary>Gives up who has waited too long, and lends idle slots; to be called now and then.</summary>
    public void Look()
    {
        lock (gate)
        {
            for (var node = waiting.First; node is not null;)
            {
                var (waiter, next) = (node.Value, node.Next);
                if (waiter.IsNew && clock.GetElapsedTime(waiter.Since) >= options.QueueTimeout)
                {
                    waiting.Remove(node);
                    waiter.Granted.TrySetException(TooLong());
                }
                node = next;
            }
            Reclaim();
            Grant();
        }
    }

    Task BeginAsync(Slot slot, bool isNew, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (TryBegin(slot)) return Task.CompletedTask;
            if (isNew && waiting.Count >= options.QueueMax) return Task.FromException(Full());
            slot.Calls++;
            var waiter = new Waiter(slot, isNew, clock.GetTimestamp());
            var node = isNew ? waiting.AddLast(waiter) : waiting.AddFirst(waiter);
            Reclaim();
            Grant();
            return WaitAsync(node, cancellationToken);
        }
    }

    bool TryBegin(Slot slot)
    {
        if (!slot.IsHeld)
        {
            if (waiting.Count > 0 || held >= slotsMax) return false;
            (slot.IsHeld, held) = (true, held + 1);
        }
        slot.Calls++;
        return true;
    }

    async Task WaitAsync(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        var waiter = node.Value;
        // Not on the thread that cancels, which goes on with its own work.
        await using var registration = cancellationToken.UnsafeRegister(
            static (source, token) => ((TaskCompletionSource)source!).TrySetCanceled(token), waiter.Granted);
        try
        {
            await waiter.Granted.Task;
        }
        catch
        {
            lock (gate)
            {
                if (node.List is not null) waiting.Remove(node);
                waiter.Slot.Calls--;
                waiter.Slot.IdleSince = Worked();
                Grant();
            }
            throw;
        }
    }

    long Worked()
    {
        var now = clock.GetTimestamp();
        workedAt = now;
        return now;
    }

    /// <summary>Gives free slots to who waits longest.</summary>
    void Grant()
    {
        while (held < slotsMax && waiting.First is { } first)
        {
            waiting.RemoveFirst();
            // Who was canceled meanwhile needs none.
            if (!first.Value.Granted.TrySetResult()) continue;
            (first.Value.Slot.IsHeld, held) = (true, held + 1);
        }
    }

    /// <summary>Takes slots from sessions whose clients ask for nothing, as many as are waited for.</summary>
    void Reclaim()
    {
        if (waiting.Count == 0) return;
        foreach (var slot in open.Values.Where(slot => slot is { IsHeld: true, Calls: 0 })
            .OrderBy(slot => slot.IdleSince))
        {
            if (slotsMax - held >= waiting.Count || clock.GetElapsedTime(slot.IdleSince) < IdleMax) return;
            slot.IsHeld = false;
            held--;
        }
    }

    FozException Full() => new(
        ErrorKind.Resource,
        string.Create(
            CultureInfo.InvariantCulture,
            $"too many statements of the workload {options.Name} wait already: {options.QueueMax}"))
    {
        SqlState = "53300", IsTransient = true,
        Hint = "try again later; `slots` and `queue` of the workload say how many run and wait",
    };

    FozException TooLong() => new(
        ErrorKind.Resource,
        string.Create(
            CultureInfo.InvariantCulture,
            $"canceling statement: it waited {options.QueueTimeout.TotalSeconds:0.###} s for a slot "
                + $"of the workload {options.Name}"))
    {
        SqlState = "57014", IsTransient = true,
        Hint = "try again later; `slots` and `queue_timeout` of the workload say how many "
            + "run, and how long others wait",
    };

    /// <summary>Who waits.</summary>
    /// <param name="Slot">For which slot.</param>
    /// <param name="IsNew">Whether its statement has not begun.</param>
    /// <param name="Since">Since when.</param>
    sealed record Waiter(Slot Slot, bool IsNew, long Since)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
