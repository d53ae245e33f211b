using Foz.Lake.Data;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Telemetry;

/// <summary>How much a log record matters.</summary>
enum LogSeverity
{
    /// <summary>For who wants to know.</summary>
    Information,

    /// <summary>For who operates it.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,
}

/// <summary>One thing that a process says of its work.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">What it says.</param>
readonly record struct LogRecord(LogSeverity Severity, string Message)
{
    const string WarningPrefix = "warning: ", ErrorPrefix = "error: ", RunsPrefix = "runs: ";

    /// <summary>The run that it is about; null for none.</summary>
    public string? RunId { get; init; }

    /// <summary>The step that it is about; null for none.</summary>
    public string? Step { get; init; }

    /// <summary>What happened, in the words of <c>foz run --log-format json</c>; null for a remark.</summary>
    public string? Event { get; init; }

    /// <summary>How it ended; null where it is no end.</summary>
    public string? Outcome { get; init; }

    /// <summary>How long it took, in milliseconds; null where it is no end.</summary>
    public long? ElapsedMs { get; init; }

    /// <summary>Returns the record of a line of text, whose severity is its beginning.</summary>
    public static LogRecord OfLine(string line) =>
        line.StartsWith(WarningPrefix, StringComparison.Ordinal)
            ? new(LogSeverity.Warning, line[WarningPrefix.Length..])
        : line.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? new(LogSeverity.Error, line[ErrorPrefix.Length..])
        : line.StartsWith(RunsPrefix, StringComparison.Ordinal)
            ? new(LogSeverity.Information, line[RunsPrefix.Length..]) { Event = "host" }
        : new(LogSeverity.Information, line);

    /// <summary>Returns the record of an event of a run; null for one that is not logged.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="what">The event.</param>
    /// <param name="mask">Takes secrets out of texts.</param>
    public static LogRecord? Of(string runId, RunEvent what, Func<string, string> mask)
    {
        var record = what switch
        {
            RunEvent.Started { Steps: var steps } => new LogRecord(
                LogSeverity.Information, $"run {runId} begins with {steps.Count} steps")
            { Event = "started" },
            RunEvent.Warned { Warning: var warning, Step: var step } => new LogRecord(
                LogSeverity.Warning, mask(warning.Describe()))
            {
                Event = step is null ? "warning" : "step_warning", Step = Text(step),
            },
            RunEvent.StepFinished { StartedAt: not null, Result: var result } => new LogRecord(
                result.Error is null ? LogSeverity.Information : LogSeverity.Error,
                result.Error is { } error
                    ? mask($"step {result.Step} failed: {error.Describe()}")
                    : $"step {result.Step} ended with {result.RowsWritten} rows")
            {
                Event = "step_finished", Step = $"{result.Step}", Outcome = Word(result.Outcome),
                ElapsedMs = (long)result.Elapsed.TotalMilliseconds,
            },
            RunEvent.Finished { Result: var run } => new LogRecord(
                run.Outcome is Lake.Journal.Outcome.Failed ? LogSeverity.Error : LogSeverity.Information,
                run.Error is { } error ? mask($"run {runId} ended: {error.Describe()}") : $"run {runId} ended")
            {
                Event = "finished", Outcome = Word(run.Outcome), ElapsedMs = (long)run.Elapsed.TotalMilliseconds,
            },
            _ => (LogRecord?)null,
        };
        return record is { } known ? known with { RunId = runId } : null;
    }

    static string? Text(TableName? step) => step?.ToString();

    static string Word(Lake.Journal.Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
