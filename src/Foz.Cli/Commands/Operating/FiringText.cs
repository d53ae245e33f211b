using System.Globalization;
using Foz.Lake.Configuration;
using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;

namespace Foz.Cli.Commands.Operating;

/// <summary>What is shown of firings.</summary>
static class FiringText
{
    /// <summary>A state in words.</summary>
    public static string Of(FiringState state) => state is FiringState.TimedOut
        ? "timed out"
        : state.ToString().ToLowerInvariant();

    /// <summary>A firing's state in words; one that runs while no host is there waits for the next.</summary>
    public static string Of(Firing firing, bool hasHost) =>
        firing is { Unknown: not null, HasEnded: false } ? "unknown"
        : firing.State is FiringState.Running && !hasHost ? "interrupted" : Of(firing.State);

    /// <summary>A time, as ISO 8601 has it.</summary>
    public static string? Of(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What a schedule runs: a command line that can be copied, or its tasks.</summary>
    public static string Of(ScheduleDefinition schedule) => schedule.Tasks is { } graph
        ? $"tasks: {string.Join(", ", graph.Tasks.Select(task => task.Name))}"
        : Of(schedule.Command);

    /// <summary>A command line that can be copied.</summary>
    public static string Of(IReadOnlyList<string> command) => string.Join(
        ' ', command.Select(word => word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '\'' or '"' or '\\')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    /// <summary>How the newest firing ended, or how far it is.</summary>
    public static string LastOf(ScheduleStatus status, bool hasHost, DateTimeOffset now) => status.Last switch
    {
        null => "",
        { Unknown: { } unknown, HasEnded: false } => $"unknown: {unknown}",
        { EndedAt: { } ended } last => $"{Of(last.State)} {Duration.Describe(now - ended)} ago{Times(last)}",
        { StartedAt: { } started } last => $"{Of(last, hasHost)} for {Duration.Describe(now - started)}",
        var last => Of(last, hasHost),
    };

    /// <summary>Whether a schedule is paused, off, waits or works.</summary>
    public static string StateOf(ScheduleStatus status, bool hasHost) =>
        status.Schedule.IsOff ? "off in foz.yml"
        : status.PausedBy is { } user ? $"paused by {user}"
        : status.Waiting > 0 ? $"{status.Waiting} waiting"
        : status.Last is { HasEnded: false } ? hasHost ? "working" : "interrupted"
        : "";

    /// <summary>How a backfill stands.</summary>
    public static string StateOf(BackfillStatus backfill) =>
        backfill.CanceledBy is { } canceler ? $"canceled by {canceler}"
        : backfill.EndedAt is not null ? backfill.Failed > 0 ? "failed" : "succeeded"
        : backfill.PausedBy is { } pauser ? $"paused by {pauser}"
        : "running";

    /// <summary>How much of a backfill is done.</summary>
    public static string ShareOf(BackfillStatus backfill) => string.Create(
        CultureInfo.InvariantCulture,
        $"{backfill.Done:N0} of {backfill.Count:N0} done ({Math.Floor(100 * backfill.Share)} %)"
            + $"{(backfill.Failed > 0 ? $", {backfill.Failed:N0} failed" : "")}; {backfill.Time}");

    /// <summary>How long a firing worked; empty of one that never did.</summary>
    public static string Length(Firing firing, DateTimeOffset now) =>
        firing.StartedAt is { } started ? Duration.Describe((firing.EndedAt ?? now) - started) : "";

    static string Times(Firing firing) => firing.Count > 1 ? $", {firing.Count} times" : "";
}
