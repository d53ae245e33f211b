using Foz.Lake.Configuration;
using Foz.Operations;
using Foz.Operations.Firings;

namespace Foz.Cli.Commands.Operating;

/// <summary>What is shown of firings.</summary>
static class FiringText
{
    /// <summary>A state in words.</summary>
    public static string Of(FiringState state) => state is FiringState.TimedOut
        ? "timed out"
        : state.ToString().ToLowerInvariant();

    /// <summary>How the newest firing ended, or how far it is.</summary>
    public static string LastOf(ScheduleStatus status, DateTimeOffset now) => status.Last switch
    {
        null => "",
        { EndedAt: { } ended } last => $"{Of(last.State)} {Duration.Describe(now - ended)} ago{Times(last)}",
        { StartedAt: { } started } last => $"{Of(last.State)} for {Duration.Describe(now - started)}",
        var last => Of(last.State),
    };

    /// <summary>Whether a schedule is paused, off, waits or works.</summary>
    public static string StateOf(ScheduleStatus status) =>
        status.Schedule.IsOff ? "off in foz.yml"
        : status.PausedBy is { } user ? $"paused by {user}"
        : status.Waiting > 0 ? $"{status.Waiting} waiting"
        : status.Last is { HasEnded: false } ? "working"
        : "";

    /// <summary>How long a firing worked; empty of one that never did.</summary>
    public static string Length(Firing firing, DateTimeOffset now) =>
        firing.StartedAt is { } started ? Duration.Describe((firing.EndedAt ?? now) - started) : "";

    static string Times(Firing firing) => firing.Count > 1 ? $", {firing.Count} times" : "";
}
