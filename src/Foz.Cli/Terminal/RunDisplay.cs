using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Terminal;

/// <summary>Shows a run while it works.</summary>
abstract class RunDisplay
{
    /// <summary>How long the display waits between two calls of <see cref="Tick"/>.</summary>
    protected abstract TimeSpan Interval { get; }

    /// <summary>Gets the time.</summary>
    protected abstract TimeProvider Clock { get; }

    /// <summary>Returns the display to use: JSON if requested, live on a terminal, otherwise plain lines.</summary>
    /// <param name="shell">Where it writes.</param>
    /// <param name="isJson">Whether each event is a line of JSON.</param>
    /// <param name="errors">How errors are shown.</param>
    public static RunDisplay For(Shell shell, bool isJson, ErrorText errors) =>
        isJson ? new RunLogJson(shell, errors)
        : shell.IsTerminal ? new RunDisplayLive(shell, errors)
        : new RunDisplayLines(shell, errors);

    /// <summary>Shows what happened; one call at a time.</summary>
    public abstract void Show(RunEvent what);

    /// <summary>Updates what changes with time: times, the progress of steps, and signs of work.</summary>
    public abstract void Tick();

    /// <summary>Keeps the display moving while something works.</summary>
    public virtual async Task<T> WatchAsync<T>(Func<Task<T>> work)
    {
        var task = work();
        using var timer = new PeriodicTimer(Interval, Clock);
        var tick = timer.WaitForNextTickAsync().AsTask();
        while (await Task.WhenAny(task, tick) == tick)
        {
            Tick();
            tick = timer.WaitForNextTickAsync().AsTask();
        }
        return await task;
    }
}

/// <summary>The words that run displays share.</summary>
static class RunText
{
    /// <summary>What a line begins with that shows a row.</summary>
    public const string SamplePrefix = "  such as ";

    /// <summary>A length of time: <c>35 ms</c>, <c>1.2 s</c>, <c>2 m 05 s</c>, <c>1 h 30 m</c>.</summary>
    public static string Elapsed(TimeSpan time) =>
        time.TotalMilliseconds < 99.5 ? $"{time.TotalMilliseconds:0} ms" : Passing(time);

    /// <summary>A length of time that grows: <c>0.0 s</c>, <c>1.2 s</c>, <c>2 m 05 s</c>.</summary>
    public static string Passing(TimeSpan time)
    {
        if (time.TotalSeconds < 59.95) return $"{time.TotalSeconds:0.0} s";
        var seconds = (long)Math.Round(time.TotalSeconds);
        return seconds < 3600
            ? $"{seconds / 60} m {seconds % 60:00} s"
            : $"{seconds / 3600} h {seconds % 3600 / 60:00} m";
    }

    /// <summary>A number of things.</summary>
    public static string Count(long number, string one, string many) => $"{number:N0} {(number == 1 ? one : many)}";

    /// <summary>How far a step is; empty where that is not known.</summary>
    public static string Progress(WorkProgress progress)
    {
        if (!progress.IsKnown) return "";
        List<string> facts = [];
        if (progress.Rows is { } rows)
            facts.Add(
                (progress.RowsTotal is null ? "" : $"{rows:N0} of about ")
                + Count(progress.RowsTotal ?? rows, "row", "rows"));
        if (progress.Bytes is { } bytes)
            facts.Add(SizeText.Of(bytes) + OfAll());
        if (progress.Share is { } share)
            facts.Add($"{Math.Floor(share * 100):0} %" + (facts.Count == 0 ? OfAll() : ""));
        return string.Join(": ", new[] { progress.Doing, string.Join(", ", facts) }.OfType<string>());

        string OfAll() => progress.BytesTotal is { } all ? $" of {SizeText.Of(all)}" : "";
    }

    /// <summary>What a step waits for.</summary>
    public static string Waiting(Foz.Lake.Data.TableName step, string what, TimeSpan time) =>
        $"{step} waits {Elapsed(time)} for {what}";

    /// <summary>The run that a run waits for.</summary>
    public static string Waiting(RunEvent.Waiting waiting, DateTimeOffset now) =>
        (waiting.What is { } what ? $"{what}: " : "") + Waiting(waiting.Holder, now);

    /// <summary>The run that is waited for.</summary>
    /// <param name="holder">The run.</param>
    /// <param name="now">The time.</param>
    public static string Waiting(LeaseHolder holder, DateTimeOffset now) =>
        $"waiting for run {holder.RunId} of {holder.User}@{holder.Host} (process "
            + $"{holder.ProcessId}), which has worked for "
        + Elapsed(now - holder.Since);

    /// <summary>A word for how a step ended.</summary>
    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "ok",
        Outcome.Skipped => "unchanged",
        Outcome.Warned => "warning",
        Outcome.Failed => "FAILED",
        _ => "not run",
    };

    /// <summary>What a step did: rows, version, checks, time.</summary>
    public static string Facts(StepResult step)
    {
        List<string> facts = [];
        if (step.TableVersion is not null) facts.Add(Count(step.RowsChanged, "row", "rows"));
        if (step.TableVersion is { } version) facts.Add($"v{version}");
        if (step.RowsRejected > 0) facts.Add($"{step.RowsRejected:N0} rejected");
        var broken = step.Checks.Count(check => !check.Passed);
        if (broken > 0) facts.Add($"{broken} of {Count(step.Checks.Length, "check", "checks")} broken");
        else if (!step.Checks.IsEmpty) facts.Add(Count(step.Checks.Length, "check", "checks"));
        if (step.Outcome is not Outcome.Canceled) facts.Add(Elapsed(step.Elapsed));
        return string.Join("  ", facts);
    }

    /// <summary>Returns the details of a step, line by line: why it failed, which checks warn.</summary>
    public static IEnumerable<string> Details(StepResult step, ErrorText errors)
    {
        if (step.Error is { } error)
            foreach (var line in errors.Of(error).Split('\n')) yield return line;
        foreach (var check in step.Checks.Where(c => !c.Passed && !c.IsFailure))
        {
            yield return errors.Mask(check.Describe());
            if (check.Samples is [var sample, ..]) yield return SamplePrefix + errors.Mask(sample);
        }
    }

    /// <summary>Returns the errors of a run other than those of its steps, line by line.</summary>
    public static IEnumerable<string> Details(RunResult run, ErrorText errors) =>
        run.Error is { } error ? errors.Of(error).Split('\n') : [];

    /// <summary>How a run ended, in one line.</summary>
    public static string Summary(RunResult run)
    {
        var elapsed = Elapsed(run.Elapsed);
        if (run.Outcome is Outcome.Skipped)
            return $"nothing new: no commit was made ({Count(run.Steps.Count, "step", "steps")} looked at, {elapsed})";
        var parts = new[]
        {
            Outcome.Succeeded, Outcome.Warned, Outcome.Skipped,
            Outcome.Failed, Outcome.Canceled,
        }.Where(outcome => run.Count(outcome) > 0).Select(outcome => outcome switch
        {
            Outcome.Warned => Count(run.Count(outcome), "with a warning", "with warnings"),
            Outcome.Failed => $"{run.Count(outcome):N0} failed",
            _ => $"{run.Count(outcome):N0} {Word(outcome)}",
        });
        return $"run {run.RunId}: {string.Join(", ", parts)}, {elapsed}";
    }
}
