using System.Diagnostics;
using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;

namespace Foz.Operations.Telemetry;

/// <summary>
/// Makes metrics and a trace of the events of one run: a span of the run, and one below it for each step that had
/// something to do. Nothing is sent from here, so that no exporter makes a run wait. One event at a time.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="environment">Its environment.</param>
/// <param name="labels">The tables that have series of their own.</param>
public sealed class RunTelemetry(string project, string environment, TableLabels labels) : IDisposable
{
    /// <summary>
    /// The variable of the environment that names the span a run belongs to, as W3C's Trace Context says.
    /// </summary>
    public const string ParentVariable = "TRACEPARENT";

    Activity? run;
    string runId = "";
    bool isActive;

    /// <summary>Gets the span that the run's is a part of, as <c>traceparent</c> writes it; null for none.</summary>
    public string? Parent { get; init; }

    /// <summary>Gets what work costs; null where that is not stated.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>Gets what logs events while their span is the current one; null for nothing.</summary>
    public Action<string, RunEvent>? Log { get; init; }

    /// <summary>Notes an event.</summary>
    public void Watch(RunEvent what)
    {
        var before = Activity.Current;
        try
        {
            if (what is RunEvent.Started started) Start(started);
            if (what is RunEvent.StepFinished finished)
            {
                End(finished);
                return;
            }
            if (run is not null) Activity.Current = run;
            Log?.Invoke(runId, what);
            if (what is RunEvent.Warned { Warning: var warning, Step: var step })
                run?.AddEvent(new("warning", tags: new()
                {
                    ["foz.step"] = step?.ToString(), ["message"] = warning.Describe(),
                }));
            if (what is RunEvent.Finished { Result: var result })
            {
                var outcome = new KeyValuePair<string, object?>("outcome", Word(result.Outcome));
                RunInstruments.Runs.Add(1, outcome);
                RunInstruments.RunDuration.Record(result.Elapsed.TotalSeconds, outcome);
                run?.SetTag("foz.outcome", Word(result.Outcome));
                Stop(result.Outcome, result.Error?.Message);
            }
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>Ends what a run left open that ended by an error.</summary>
    public void Dispose()
    {
        var before = Activity.Current;
        Stop(Outcome.Failed, "the run ended before its end was reported");
        Activity.Current = before;
    }

    void Start(RunEvent.Started started)
    {
        runId = started.RunId;
        isActive = true;
        RunInstruments.RunsActive.Add(1);
        var parent = ActivityContext.TryParse(Parent, traceState: null, isRemote: true, out var named)
            ? named
            : default;
        run = RunInstruments.Source.StartActivity($"run {project}", ActivityKind.Internal, parent);
        run?.SetTag("foz.run.id", runId).SetTag("foz.project", project).SetTag("foz.environment", environment)
            .SetTag("foz.steps", started.Steps.Count);
    }

    void Stop(Outcome outcome, string? error)
    {
        if (isActive) RunInstruments.RunsActive.Add(-1);
        isActive = false;
        run?.SetStatus(StatusOf(outcome), outcome is Outcome.Failed ? error ?? "a step failed" : null);
        run?.Dispose();
        run = null;
    }

    void End(RunEvent.StepFinished finished)
    {
        var result = finished.Result;
        Count(result);
        if (finished.StartedAt is not { } startedAt)
        {
            if (run is not null) Activity.Current = run;
            Log?.Invoke(runId, finished);
            return;
        }
        var table = result.Step.ToString();
        using var span = run is null
            ? null
            : RunInstruments.Source.StartActivity(
                $"step {table}", ActivityKind.Internal, run.Context, startTime: startedAt);
        if (span is not null)
        {
            span.SetTag("foz.run.id", runId).SetTag("foz.step", table).SetTag("foz.step.kind", KindOf(result))
                .SetTag("foz.table", table).SetTag("foz.outcome", Word(result.Outcome))
                .SetTag("foz.table.version", result.TableVersion).SetTag("foz.batch", result.Inputs?.Batch)
                .SetTag("foz.rows.written", result.RowsWritten).SetTag("foz.rows.rejected", result.RowsRejected)
                .SetTag("foz.rows.dropped", result.RowsDropped).SetTag("foz.rows.quarantined", result.RowsQuarantined)
                .SetTag("foz.bytes.read", result.BytesRead).SetTag("foz.bytes.written", result.Use?.BytesWritten)
                .SetTag("foz.cpu.seconds", result.Use?.Processor.TotalSeconds)
                .SetTag("foz.memory.peak_bytes", result.Use?.MemoryPeakBytes)
                .SetTag("foz.spill.peak_bytes", result.Use?.SpillPeakBytes).SetTag("foz.attempts", result.Attempts);
            span.SetStatus(StatusOf(result.Outcome), result.Error?.Message);
            span.SetEndTime((startedAt + result.Elapsed).UtcDateTime);
        }
        Log?.Invoke(runId, finished);
    }

    void Count(StepResult result)
    {
        var table = new KeyValuePair<string, object?>("table", labels.Of(result.Step.ToString()));
        var kind = new KeyValuePair<string, object?>("kind", KindOf(result));
        var outcome = new KeyValuePair<string, object?>("outcome", Word(result.Outcome));
        RunInstruments.Steps.Add(1, table, kind, outcome);
        if (result.Outcome is Outcome.Skipped or Outcome.Canceled) return;
        RunInstruments.StepDuration.Record(result.Elapsed.TotalSeconds, kind, outcome);
        RunInstruments.StepSeconds.Add(result.Elapsed.TotalSeconds, table);
        foreach (var (name, rows) in new[]
        {
            ("written", result.RowsWritten), ("rejected", result.RowsRejected), ("dropped", result.RowsDropped),
            ("quarantined", result.RowsQuarantined),
        })
            RunInstruments.StepRows.Add(rows, table, new("result", name));
        foreach (var check in result.Checks)
            RunInstruments.Checks.Add(
                1, table, new("outcome", check.Passed ? "passed" : check.IsFailure ? "failed" : "warned"));
        if (result.Attempts > 1) RunInstruments.StepRetries.Add(result.Attempts - 1, table);
        RunInstruments.StepBytes.Add(result.BytesRead, table, new("direction", "read"));
        if (result.Use is not { } use) return;
        RunInstruments.StepBytes.Add(use.BytesWritten, table, new("direction", "written"));
        RunInstruments.StepProcessor.Add(use.Processor.TotalSeconds, table);
        if (Prices?.Of(use.Processor, result.BytesRead, use.BytesWritten) is { } cost)
            RunInstruments.StepCost.Add((double)cost, table);
    }

    static ActivityStatusCode StatusOf(Outcome outcome) => outcome switch
    {
        Outcome.Failed or Outcome.Canceled => ActivityStatusCode.Error,
        _ => ActivityStatusCode.Ok,
    };

    static string KindOf(StepResult result) => result.IsStream ? "stream" : "model";

    static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
