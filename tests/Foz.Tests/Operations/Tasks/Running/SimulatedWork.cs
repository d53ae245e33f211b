using Foz.Operations.Tasks;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Tasks.Running;

/// <summary>
/// What tasks do in a simulation: it survives the hosts, and knows each start. The end of an attempt is seen only by the
/// host that started it, but of commands of Foz, which go on without it.
/// </summary>
sealed class SimulatedWork(ManualTime time, Random chance)
{
    readonly ManualTime clock = time;
    readonly Random random = chance;
    readonly Dictionary<string, (DateTimeOffset End, bool Succeeds)> commands = new(StringComparer.Ordinal);
    readonly Dictionary<string, DateTimeOffset> sensed = new(StringComparer.Ordinal);

    /// <summary>Gets how often each attempt was started.</summary>
    public Dictionary<string, int> Starts { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the share of attempts that fail.</summary>
    public double FailedShare { get; set; } = 0.2;

    /// <summary>Returns what one host does; what it works on ends with it.</summary>
    public Host Open() => new(this);

    (DateTimeOffset End, bool Succeeds) Make() =>
        (clock.Now + TimeSpan.FromSeconds(random.Next(0, 600)), random.NextDouble() >= FailedShare);

    /// <summary>The part of one host.</summary>
    internal sealed class Host(SimulatedWork all) : ITaskWork
    {
        readonly List<(TaskCompletionSource<TaskEnd> End, DateTimeOffset At, bool Succeeds)> working = [];

        /// <summary>Ends what is over by the clock.</summary>
        public void Advance()
        {
            foreach (var (end, _, succeeds) in working.Where(work => work.At <= all.clock.Now))
                end.TrySetResult(succeeds ? new(TaskState.Succeeded, 0) : TaskEnd.Failed("it failed", 1));
            working.RemoveAll(work => work.End.Task.IsCompleted);
        }

        public Task<TaskEnd> RunAsync(TaskAttempt attempt, CancellationToken cancellationToken)
        {
            all.Starts[attempt.Id] = all.Starts.GetValueOrDefault(attempt.Id) + 1;
            if (attempt.Task.Action is TaskAction.Run)
                all.commands.TryAdd(attempt.Id, all.Make());
            return WaitAsync(attempt.Task.Action is TaskAction.Run ? all.commands[attempt.Id] : all.Make(),
                cancellationToken);
        }

        public Task<TaskEnd> ResumeAsync(TaskAttempt attempt, CancellationToken cancellationToken) =>
            attempt.Task.Action is not TaskAction.Run ? Task.FromResult(new TaskEnd(TaskState.Unknown))
            : all.commands.TryGetValue(attempt.Id, out var command) ? WaitAsync(command, cancellationToken)
            : RunAsync(attempt, cancellationToken);

        public void EndRemains(TaskAttempt attempt)
        {
            // Nothing of a host that died works on.
        }

        public Task<SensorLook> LookAsync(TaskAttempt attempt, CancellationToken cancellationToken)
        {
            var key = $"{attempt.Firing}/{attempt.Task.Name}";
            if (!all.sensed.TryGetValue(key, out var at))
                all.sensed[key] = at = all.clock.Now + TimeSpan.FromMinutes(all.random.Next(0, 90));
            return Task.FromResult(new SensorLook(all.clock.Now >= at, Text: null));
        }

        Task<TaskEnd> WaitAsync((DateTimeOffset At, bool Succeeds) work, CancellationToken cancellationToken)
        {
            var end = new TaskCompletionSource<TaskEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellationToken.Register(() => end.TrySetCanceled(cancellationToken));
            working.Add((end, work.At, work.Succeeds));
            return end.Task;
        }
    }
}
