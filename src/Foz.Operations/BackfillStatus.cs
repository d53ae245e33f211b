using Foz.Operations.Firings;
using Foz.Pipelines.Intervals;

namespace Foz.Operations;

/// <summary>The time of a backfill.</summary>
/// <param name="From">Where it begins; the interval that it is in is run whole.</param>
/// <param name="To">Where it ends, not part of it.</param>
/// <param name="Size">The length of an interval.</param>
public sealed record BackfillRequest(DateTimeOffset From, DateTimeOffset To, BatchSize Size)
{
    /// <summary>How many intervals a run is of.</summary>
    public int PerRun { get; init; } = 1;

    /// <summary>How many runs work at once.</summary>
    public int RunsMax { get; init; } = 1;
}

/// <summary>What becomes of a backfill.</summary>
public enum BackfillChange
{
    /// <summary>No more of its runs start; those that work end.</summary>
    Pause,

    /// <summary>It goes on.</summary>
    Resume,

    /// <summary>It ends, and its runs stop.</summary>
    Cancel,
}

/// <summary>How a backfill stands.</summary>
public sealed record BackfillStatus
{
    internal BackfillStatus(Backfill backfill, int working)
    {
        (Id, Schedule, User, Count) = (backfill.Id, backfill.Schedule, backfill.User, backfill.Count);
        (Done, Failed, Working) = (backfill.Done.Count, backfill.Failed.Count, working);
        (PausedBy, CanceledBy, EndedAt) = (backfill.PausedBy, backfill.CanceledBy, backfill.EndedAt);
        Time = new(backfill.From, backfill.To);
    }

    /// <summary>What it is known by.</summary>
    public string Id { get; }

    /// <summary>The schedule.</summary>
    public string Schedule { get; }

    /// <summary>The user who asked for it.</summary>
    public string User { get; }

    /// <summary>Its time.</summary>
    public Interval Time { get; }

    /// <summary>How many runs it has.</summary>
    public int Count { get; }

    /// <summary>How many of them succeeded.</summary>
    public int Done { get; }

    /// <summary>How many of them failed.</summary>
    public int Failed { get; }

    /// <summary>How many of them work.</summary>
    public int Working { get; }

    /// <summary>Who paused it; null where it is not paused.</summary>
    public string? PausedBy { get; }

    /// <summary>Who canceled it; null where it is not canceled.</summary>
    public string? CanceledBy { get; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; }

    /// <summary>The share that succeeded, from 0 to 1.</summary>
    public double Share => (double)Done / Count;
}
