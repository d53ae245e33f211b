using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Operations.Tasks;
using Foz.Operations.Triggers;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Scheduling;

/// <summary>
/// Where runs work in a simulation: they survive the schedulers, as requests of a lake do, and each takes a random
/// time.
/// </summary>
sealed class SimulatedRuns(ManualTime clock, Random random) : IRunHost
{
    readonly Dictionary<(string Id, int Attempt), Run> runs = [];

    /// <summary>How many attempts of each firing were made.</summary>
    public IReadOnlyDictionary<string, int> Attempts =>
        runs.Keys.GroupBy(key => key.Id).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>When runs began and ended.</summary>
    public IEnumerable<(Firing Firing, DateTimeOffset From, DateTimeOffset To)> All =>
        runs.Values.Select(run => (run.Firing, run.From, run.To));

    /// <summary>The attempts that have ended.</summary>
    public IEnumerable<(Firing Firing, int ExitCode)> Ended =>
        runs.Values.Where(run => run.To <= clock.Now).Select(run => (run.Firing, run.ExitCode));

    /// <summary>What conditions are found to be, by their texts.</summary>
    public Dictionary<string, string> Marks { get; } = [];

    /// <summary>The share of attempts that fail.</summary>
    public double FailedShare { get; init; }

    /// <summary>How long a run takes at most.</summary>
    public TimeSpan LengthMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The versions of tables.</summary>
    public Dictionary<string, long> Versions { get; } = [];

    public Task AskAsync(Firing firing, CancellationToken cancellationToken)
    {
        var length = LengthMax * random.NextDouble();
        runs.TryAdd(
            (firing.Id, firing.Attempts),
            new(firing, clock.Now, clock.Now + length, random.NextDouble() < FailedShare ? 1 : 0));
        return Task.CompletedTask;
    }

    public Task<RunProgress> FindAsync(Firing firing, CancellationToken cancellationToken)
    {
        var run = runs[(firing.Id, firing.Attempts)];
        return Task.FromResult(
            clock.Now >= run.To ? new RunProgress(run.To, run.ExitCode, Reason: null) : default);
    }

    public Task CancelAsync(Firing firing, CancellationToken cancellationToken)
    {
        var run = runs[(firing.Id, firing.Attempts)];
        if (run.To > clock.Now) runs[(firing.Id, firing.Attempts)] = run with { To = clock.Now, ExitCode = 2 };
        return Task.CompletedTask;
    }

    public Task<bool> DecideAsync(Firing firing, TaskDecision decision, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task SweepAsync(DateTimeOffset limit, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<long?> FindVersionAsync(string table, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(Versions.TryGetValue(table, out var version) ? version : null);

    public TriggerMark? FindMark(ScheduleTrigger.Condition condition, bool isBusy) =>
        !isBusy && Marks.TryGetValue(condition.Text, out var mark) ? new(mark, $"because of {mark}") : null;

    sealed record Run(Firing Firing, DateTimeOffset From, DateTimeOffset To, int ExitCode);
}
