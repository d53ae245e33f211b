namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The events of one run, in order. What records them has done so before those who watch get them; who watches later
/// gets those before as well. Safe for use by many threads.
/// </summary>
sealed class RunEvents
{
    readonly Lock gate = new();
    readonly List<RunEvent> past = [];
    readonly List<Action<RunEvent>> watchers = [];

    /// <summary>Keeps an event before it is watched; the step that it is of waits for that.</summary>
    public Func<RunEvent, Task> RecordAsync { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Records an event, then publishes it.</summary>
    public async Task PublishAsync(RunEvent what)
    {
        await RecordAsync(what);
        Publish(what);
    }

    /// <summary>Publishes an event that is not recorded.</summary>
    public void Publish(RunEvent what)
    {
        lock (gate)
        {
            past.Add(what);
            foreach (var watcher in watchers) watcher(what);
        }
    }

    /// <summary>Calls a watcher with each event so far, and with each that comes, one at a time.</summary>
    public void Watch(Action<RunEvent> watcher)
    {
        lock (gate)
        {
            foreach (var what in past) watcher(what);
            watchers.Add(watcher);
        }
    }
}
