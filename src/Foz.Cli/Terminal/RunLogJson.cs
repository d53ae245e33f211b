using System.Buffers;
using System.Text;
using System.Text.Json;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Terminal;

/// <summary>One JSON object a line for each event of a run.</summary>
sealed class RunLogJson(Shell shell, ErrorText errors) : RunDisplay
{
    readonly Lock gate = new();
    readonly RunningSteps working = new(shell.Clock);

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override TimeProvider Clock => shell.Clock;

    public override void Show(RunEvent what)
    {
        lock (gate)
        {
            working.Note(what);
            WriteLine(json => Write(json, what));
        }
    }

    public override void Tick()
    {
        lock (gate)
            foreach (var (step, progress) in working.Due()) WriteLine(json => Write(json, step, progress));
    }

    /// <summary>Writes a remark that is no event of a run.</summary>
    public static void WriteNote(Shell shell, string text) => WriteLine(
        shell,
        json =>
        {
            json.WriteString("event"u8, "note"u8);
            json.WriteString("message"u8, text);
        });

    void WriteLine(Action<Utf8JsonWriter> write) => WriteLine(shell, write);

    static void WriteLine(Shell shell, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = ValueText.CreateJsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, shell.Clock.GetUtcNow().UtcDateTime);
            write(json);
            json.WriteEndObject();
        }
        shell.Out.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
        shell.Out.Flush();
    }

    static void Write(Utf8JsonWriter json, RunningStep step, WorkProgress progress)
    {
        json.WriteString("event"u8, "step_progress"u8);
        json.WriteString("step"u8, step.Step.ToString());
        json.WriteNumber("elapsed_ms"u8, (long)(step.LoggedAt - step.Since).TotalMilliseconds);
        if (progress.Doing is { } doing) json.WriteString("doing"u8, doing);
        if (progress.Rows is { } rows) json.WriteNumber("rows"u8, rows);
        if (progress.RowsTotal is { } rowsTotal) json.WriteNumber("rows_total"u8, rowsTotal);
        if (progress.Bytes is { } bytes) json.WriteNumber("bytes"u8, bytes);
        if (progress.BytesTotal is { } bytesTotal) json.WriteNumber("bytes_total"u8, bytesTotal);
        if (progress.Share is { } share) json.WriteNumber("share"u8, Math.Round(share, 4));
    }

    void Write(Utf8JsonWriter json, RunEvent what)
    {
        switch (what)
        {
            case RunEvent.Waiting { Holder: var holder, What: var held }:
                json.WriteString("event"u8, "waiting"u8);
                if (held is not null) json.WriteString("held"u8, held);
                json.WriteString("run_id"u8, holder.RunId);
                json.WriteString("user"u8, holder.User);
                json.WriteString("host"u8, holder.Host);
                json.WriteNumber("process_id"u8, holder.ProcessId);
                json.WriteString("since"u8, holder.Since.UtcDateTime);
                break;
            case RunEvent.StepWaiting waiting:
                json.WriteString("event"u8, "step_waiting"u8);
                json.WriteString("step"u8, $"{waiting.Step}");
                json.WriteString("waits_for"u8, waiting.What);
                json.WriteNumber("seconds"u8, waiting.Time.TotalSeconds);
                break;
            case RunEvent.Started started:
                json.WriteString("event"u8, "started"u8);
                json.WriteString("run_id"u8, started.RunId);
                json.WriteStartArray("steps"u8);
                foreach (var step in started.Steps) json.WriteStringValue(step.ToString());
                json.WriteEndArray();
                break;
            case RunEvent.StepStarted started:
                json.WriteString("event"u8, "step_started"u8);
                json.WriteString("step"u8, started.Step.ToString());
                break;
            case RunEvent.Warned { Step: var step, Warning: var warning }:
                json.WriteString("event"u8, step is null ? "warning"u8 : "step_warning"u8);
                if (step is { } name) json.WriteString("step"u8, name.ToString());
                json.WriteString("message"u8, errors.Mask(warning.Message));
                if (warning.Hint is { } hint) json.WriteString("hint"u8, errors.Mask(hint));
                break;
            case RunEvent.StepFinished { Result: var step }:
                json.WriteString("event"u8, "step_finished"u8);
                WriteStep(json, step);
                break;
            case RunEvent.Finished { Result: var run }:
                json.WriteString("event"u8, "finished"u8);
                json.WriteString("run_id"u8, run.RunId);
                json.WriteString("outcome"u8, WordOf(run.Outcome));
                json.WriteNumber("elapsed_ms"u8, (long)run.Elapsed.TotalMilliseconds);
                if (run.Error is { } error) json.WriteString("error"u8, errors.Of(error));
                break;
        }
    }

    void WriteStep(Utf8JsonWriter json, StepResult step)
    {
        json.WriteString("step"u8, step.Step.ToString());
        json.WriteString("kind"u8, step.IsStream ? "stream"u8 : "model"u8);
        json.WriteString("outcome"u8, WordOf(step.Outcome));
        json.WriteNumber("elapsed_ms"u8, (long)step.Elapsed.TotalMilliseconds);
        if (step.TableVersion is { } version) json.WriteNumber("table_version"u8, version);
        json.WriteNumber("rows_written"u8, step.RowsWritten);
        json.WriteNumber("rows_rejected"u8, step.RowsRejected);
        if (step.Error is { } error) json.WriteString("error"u8, errors.Of(error));
        json.WriteStartArray("checks"u8);
        foreach (var check in step.Checks)
        {
            json.WriteStartObject();
            json.WriteString("check"u8, check.Check.Title);
            json.WriteBoolean("passed"u8, check.Passed);
            json.WriteNumber("violations"u8, check.Violations);
            json.WriteNumber("rows_checked"u8, check.RowsChecked);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static string WordOf(Foz.Lake.Journal.Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
