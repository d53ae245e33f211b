namespace Foz.Operations.Scheduling;

/// <summary>How many firings of schedules wait and work, as the host that leads last saw it.</summary>
/// <param name="Waiting">How many wait for their turn.</param>
/// <param name="Running">How many work.</param>
/// <param name="Due">When the oldest firing that waits was due, by schedule.</param>
public sealed record ScheduleLoad(int Waiting, int Running, IReadOnlyDictionary<string, DateTimeOffset> Due)
{
    /// <summary>Gets that of a host that does not lead.</summary>
    public static ScheduleLoad None { get; } = new(0, 0, new Dictionary<string, DateTimeOffset>());
}
