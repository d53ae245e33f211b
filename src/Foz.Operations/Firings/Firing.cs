using System.Globalization;
using System.Text.Json.Serialization;

namespace Foz.Operations.Firings;

/// <summary>How far a firing is.</summary>
public enum FiringState
{
    /// <summary>The firing waits for its turn.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>A host was asked to run it.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Its tasks wait for something or for a person; it takes no place.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>An attempt failed; it waits for the next.</summary>
    [JsonStringEnumMemberName("retrying")]
    Retrying,

    /// <summary>The run ended, and all of it succeeded.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>The run ended, and a part of it failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The run exceeded its time-out, and was canceled.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,

    /// <summary>Somebody canceled it.</summary>
    [JsonStringEnumMemberName("canceled")]
    Canceled,

    /// <summary>No host could start it in its time, and it is not caught up.</summary>
    [JsonStringEnumMemberName("missed")]
    Missed,
}

/// <summary>
/// One time at which a schedule was due. Of one schedule and due time there is one firing, whatever restarts.
/// </summary>
public sealed record Firing
{
    const int BatchLength = 13;

    /// <summary>The schedule.</summary>
    public required string Schedule { get; init; }

    /// <summary>When it was due; of a firing that no time made, when it was made.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>What made it, such as <c>after nightly</c>; null where the time did.</summary>
    public string? Cause { get; init; }

    /// <summary>
    /// What tells it apart from others of its schedule and moment: the backfill or the delivery that made it; null
    /// where nothing has to.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>Its number in a backfill; null where it is of none.</summary>
    public int? Number { get; init; }

    /// <summary>The command line, without <c>foz</c>; empty of a missed one.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The revision of the project that its last attempt began with; null where it is not known.</summary>
    public string? Revision { get; init; }

    /// <summary>How far it is.</summary>
    public FiringState State { get; init; }

    /// <summary>Whether it runs tasks, in place of a command; known when it begins.</summary>
    public bool HasTasks { get; init; }

    /// <summary>Whether one of its tasks is ready to work, and waits for its turn.</summary>
    public bool WantsPlace { get; init; }

    /// <summary>The tasks whose end no host saw, separated by commas; null where there are none.</summary>
    public string? Unknown { get; init; }

    /// <summary>The firing that it runs again in part; null where it runs all of its tasks.</summary>
    public string? Origin { get; init; }

    /// <summary>The tasks from which that is run again.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>How many attempts began.</summary>
    public int Attempts { get; init; }

    /// <summary>When the first attempt began; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the last attempt began; null before.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>When the next attempt begins; null unless one failed.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The exit code of the last attempt; null where none ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it ended as it did, where its output does not say it.</summary>
    public string? Reason { get; init; }

    /// <summary>How many due times it stands for: more than one only where several were missed.</summary>
    public long Count { get; init; } = 1;

    /// <summary>What it is known by: the schedule, the due time in UTC, and its key.</summary>
    [JsonIgnore]
    public string Id =>
        $"{Schedule}@{Stamp(Due, Due.Millisecond == 0 ? "yyyyMMdd'T'HHmmss" : "yyyyMMdd'T'HHmmss'.'fff")}"
        + (Key is null ? "" : $"_{Key}");

    /// <summary>
    /// The batch that holds it: the minute in which it is due; of a backfill, some of its firings by the minute in
    /// which it was asked for.
    /// </summary>
    [JsonIgnore]
    public string Batch => Number is { } number ? Backfill.BatchOf(Key!, number) : BatchOf(Due);

    /// <summary>Whether it has ended.</summary>
    [JsonIgnore]
    public bool HasEnded => State is not (
        FiringState.Queued or FiringState.Running or FiringState.Retrying or FiringState.Waiting);

    /// <summary>Whether it ended without success.</summary>
    [JsonIgnore]
    public bool HasFailed => State is FiringState.Failed or FiringState.TimedOut or FiringState.Canceled;

    /// <summary>The batch of a due time.</summary>
    public static string BatchOf(DateTimeOffset due) => Stamp(due, "yyyyMMdd'T'HHmm");

    /// <summary>The batch of a firing's id; null of a text that is none.</summary>
    public static string? BatchOf(string id) =>
        id.LastIndexOf('@') is > 0 and var at && id.Length >= at + 1 + BatchLength
            ? id.Substring(at + 1, BatchLength)
            : null;

    static string Stamp(DateTimeOffset time, string format) =>
        time.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
}
