using System.Globalization;
using System.Text.Json.Serialization;
using Foz.Pipelines.Intervals;

namespace Foz.Operations.Firings;

/// <summary>
/// Intervals of the past that a schedule's command is run for, one firing for each or for some of them. What is done of
/// it is kept as the numbers of its firings, so that noting an end twice does no harm.
/// </summary>
sealed record Backfill
{
    // Firings are rewritten with their batch: small batches keep that cheap.
    const int BatchFirings = 50;

    /// <summary>The schedule.</summary>
    public required string Schedule { get; init; }

    /// <summary>The moment in which it was asked for, as <c>yyyyMMddTHHmmss</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The user who asked.</summary>
    public required string User { get; init; }

    /// <summary>Where its first interval begins.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Where its last interval ends.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The length of an interval.</summary>
    public required BatchSize Size { get; init; }

    /// <summary>How many intervals a firing is of.</summary>
    public int PerFiring { get; init; } = 1;

    /// <summary>How many of its runs work at once.</summary>
    public int RunsMax { get; init; } = 1;

    /// <summary>How many firings it has.</summary>
    public required int Count { get; init; }

    /// <summary>How often it was begun: firings of a later round are others.</summary>
    public int Round { get; init; } = 1;

    /// <summary>The firings that succeeded.</summary>
    public IndexSet Done { get; init; } = IndexSet.Empty;

    /// <summary>The firings of this round that failed.</summary>
    public IndexSet Failed { get; init; } = IndexSet.Empty;

    /// <summary>Who paused it; null where it is not paused.</summary>
    public string? PausedBy { get; init; }

    /// <summary>Who canceled it; null where it is not canceled.</summary>
    public string? CanceledBy { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What it is known by.</summary>
    [JsonIgnore]
    public string Id => $"{Schedule}.backfill-{Key}";

    /// <summary>The key of the firings of this round.</summary>
    [JsonIgnore]
    public string KeyOfRound => Round == 1 ? Key : string.Create(CultureInfo.InvariantCulture, $"{Key}-{Round}");

    /// <summary>Whether its firings may start.</summary>
    [JsonIgnore]
    public bool IsActive => this is { PausedBy: null, CanceledBy: null, EndedAt: null };

    /// <summary>Whether it made a firing, in this round or one before it.</summary>
    public bool Has(Firing firing) => firing.Number is not null && firing.Schedule == Schedule
        && (firing.Key == Key || firing.Key!.StartsWith($"{Key}-", StringComparison.Ordinal));

    /// <summary>The batch of a firing of a backfill.</summary>
    public static string BatchOf(string key, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{key[..13]}-{key}-{number / BatchFirings:000000}");

    /// <summary>How many firings a time has.</summary>
    public static int CountOf(DateTimeOffset from, DateTimeOffset to, BatchSize size, int perFiring)
    {
        var count = 0;
        while (size.Add(from, count * perFiring) < to) count++;
        return count;
    }

    /// <summary>The time of a firing.</summary>
    public Interval IntervalOf(int number) =>
        new Interval(Size.Add(From, number * PerFiring), Size.Add(From, (number + 1) * PerFiring))
            .Intersect(new(From, To));

    /// <summary>A firing.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="command">The schedule's command.</param>
    public Firing FiringOf(int number, IReadOnlyList<string> command)
    {
        var interval = IntervalOf(number);
        return new()
        {
            Schedule = Schedule, Due = interval.End, Number = number,
            Key = KeyOfRound,
            Cause = $"backfill of {interval}",
            Command = [.. command, "--start", Text(interval.Start), "--end", Text(interval.End)],
        };
    }

    static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
