namespace Foz.Pipelines.Intervals;

/// <summary>Which intervals a run is asked to fill, whether they are filled already or not.</summary>
public sealed record IntervalRequest
{
    /// <summary>From when on; null for the beginning that the model states.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Until when, not part of it; null for now.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>How much time a batch is of; null for the model's own size.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>
    /// Whether it is a backfill, which goes on where one that was cut off ended; else all of it is run.
    /// </summary>
    public bool IsBackfill { get; init; }
}
