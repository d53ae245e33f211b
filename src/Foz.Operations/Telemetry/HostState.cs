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

    /// <summary>Gets how streams of changes stand, as far as they are known.</summary>
    public Func<IReadOnlyList<StreamLag>> Streams { get; init; } = static () => [];

    /// <summary>Gets the firings that wait and work.</summary>
    public Func<ScheduleLoad> Schedules { get; init; } = static () => ScheduleLoad.None;
}

/// <summary>How far a stream of changes lags its source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Stream">The stream.</param>
public sealed record StreamLag(string Source, string Stream)
{
    /// <summary>Gets how long after its commit the newest change of the source was read; null where none was.</summary>
    public double? Seconds { get; init; }

    /// <summary>
    /// Gets the bytes of log after what was read; null where the source does not answer, or keeps none.
    /// </summary>
    public long? UnreadBytes { get; init; }

    /// <summary>Gets the bytes of log that the source keeps; null as for <see cref="UnreadBytes"/>.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary>Gets the changes that wait beside its table, which cannot take them.</summary>
    public long RowsHeld { get; init; }
}
