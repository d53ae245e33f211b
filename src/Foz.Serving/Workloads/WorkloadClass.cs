using System.Collections.Concurrent;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;

namespace Foz.Serving.Workloads;

/// <summary>A class of statements with an instance of the engine and slots of its own. For many threads.</summary>
/// <param name="options">What it is.</param>
/// <param name="instance">Its instance.</param>
/// <param name="slotsMax">How many of its statements run at the same time.</param>
/// <param name="clock">The time.</param>
sealed class WorkloadClass(WorkloadOptions options, EngineInstance instance, int slotsMax, TimeProvider clock)
{
    readonly ConcurrentDictionary<WorkloadRun, bool> running = new();

    /// <summary>The name.</summary>
    public string Name => options.Name;

    /// <summary>What it is.</summary>
    public WorkloadOptions Options => options;

    /// <summary>Its instance.</summary>
    public EngineInstance Instance => instance;

    /// <summary>Its slots.</summary>
    public SlotQueue Slots { get; } = new(options, slotsMax, clock);

    /// <summary>The statements that work now.</summary>
    public IEnumerable<WorkloadRun> Working => running.Keys.Where(run => run.IsWorking);

    /// <summary>Called when a statement begins to work, or continues.</summary>
    public Action Worked { get; set; } = static () => { };

    /// <summary>Watches over the time and the memory of a statement.</summary>
    public void Watch(WorkloadRun run) => running[run] = true;

    /// <summary>Forgets a statement.</summary>
    public void Forget(WorkloadRun run) => running.TryRemove(run, out _);

    /// <summary>Gives up what waits or works too long; to be called now and then.</summary>
    public void Look()
    {
        Slots.Look();
        if (options.StatementTimeout is null) return;
        // Of one that pauses, its session may do something else meanwhile.
        foreach (var run in Working.Where(run => run.IsOver)) run.Stop();
    }
}
