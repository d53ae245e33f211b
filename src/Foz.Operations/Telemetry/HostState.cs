using Foz.Operations.Scheduling;

namespace Foz.Operations.Telemetry;

/// <summary>What a host is asked for by its metrics; each is called at any time, by any thread.</summary>
public sealed record HostState
{
    /// <summary>Gets the sessions of clients that are open.</summary>
    public Func<int> Sessions { get; init; } = static () => 0;

    /// <summary>Gets the statements that wait for a slot.</summary>
    public Func<int> StatementsWaiting { get; init; } = static () => 0;

    /// <summary>Gets whether the host leads.</summary>
    public Func<bool> IsLeading { get; init; } = static () => false;

    /// <summary>Gets the runs that work.</summary>
    public Func<int> Runs { get; init; } = static () => 0;

    /// <summary>Gets the firings that wait and work.</summary>
    public Func<ScheduleLoad> Schedules { get; init; } = static () => ScheduleLoad.None;
}
