using System.CommandLine;
using Foz.Lake;
using Foz.Pipelines.Intervals;

namespace Foz.Cli.Commands;

/// <summary>The options that say which time a command works on.</summary>
sealed class IntervalOptions
{
    public const string FullRefreshName = "--full-refresh";

    readonly Option<string?> start = new("--start", "--start-date", "--event-time-start")
    {
        Description = "Start of the intervals to run, in UTC: 2026-01-31",
        HelpName = "time",
    };

    readonly Option<string?> end = new("--end", "--end-date", "--event-time-end")
    {
        Description = "End of the intervals to run, exclusive (default: now)", HelpName = "time",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(start);
        command.Add(end);
    }

    /// <summary>Returns the requested interval; null if none was requested.</summary>
    /// <exception cref="FozException">Thrown when a time cannot be read, or the end is not after the start.</exception>
    public IntervalRequest? Read(ParseResult arguments)
    {
        var (from, to) = (Instant(arguments, start), Instant(arguments, end));
        if (from is null && to is null) return null;
        if (from >= to)
            throw new FozException(
                ErrorKind.Usage, $"--end {arguments.GetValue(end)} is not after --start {arguments.GetValue(start)}")
            {
                Hint = "the end is not part of the time: one day is --start 2026-01-31 --end 2026-02-01",
            };
        return new() { Start = from, End = to };
    }

    /// <summary>The option of a full refresh.</summary>
    public static Option<bool> FullRefresh() => new(FullRefreshName)
    {
        Description = "Rebuild incremental tables from all of their input",
    };

    /// <summary>The intervals that are asked for, which a full refresh has all of.</summary>
    public static IntervalRequest? Of(IntervalRequest? intervals, bool isFullRefresh) =>
        intervals is not null && isFullRefresh
            ? throw new FozException(ErrorKind.Usage, "--full-refresh rebuilds tables over all of their time")
            {
                Hint = "leave --start and --end out, or --full-refresh",
            }
            : intervals;

    static DateTimeOffset? Instant(ParseResult arguments, Option<string?> option) =>
        arguments.GetValue(option) is { } text ? CommandContext.InstantOf(option.Name, text) : null;
}
