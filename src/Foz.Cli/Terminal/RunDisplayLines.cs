using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Terminal;

/// <summary>A line for each step that ended: for files, pipes and CI.</summary>
sealed class RunDisplayLines(Shell shell, ErrorText errors) : RunDisplay
{
    readonly Lock gate = new();
    readonly HashSet<Foz.Lake.Data.TableName> shown = [];
    readonly RunningSteps working = new(shell.Clock);
    StepDetails details = new(errors);
    int nameWidth;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override TimeProvider Clock => shell.Clock;

    public override void Show(RunEvent what)
    {
        lock (gate) Write(what);
    }

    public override void Tick()
    {
        lock (gate)
            foreach (var (step, progress) in working.Due())
            {
                var elapsed = RunText.Elapsed(step.LoggedAt - step.Since);
                WriteLine($"{Name(step.Step)}  {"running",-9}  {RunText.Progress(progress)}  {elapsed}");
                shell.Out.Flush();
            }
    }

    void Write(RunEvent what)
    {
        working.Note(what);
        switch (what)
        {
            case RunEvent.Waiting waiting:
                WriteLine(RunText.Waiting(waiting, shell.Clock.GetUtcNow()));
                break;
            case RunEvent.StepWaiting waits:
                WriteLine(RunText.Waiting(waits.Step, waits.What, waits.Time));
                break;
            case RunEvent.Started started:
                details = new(errors);
                nameWidth = started.Steps.Select(step => step.ToString().Length).DefaultIfEmpty().Max();
                break;
            case RunEvent.Warned { Step: var step, Warning: var warning }:
                WriteLine($"{(step is { } name ? Name(name) : "warning")}  {errors.Mask(warning.Message)}");
                if (warning.Hint is { } hint) shell.Out.WriteLine($"    {errors.Mask(hint)}");
                break;
            case RunEvent.StepFinished { Result: var step }:
                shown.Add(step.Step);
                WriteLine($"{Name(step.Step)}  {RunText.Word(step.Outcome),-9}  {RunText.Facts(step)}".TrimEnd());
                foreach (var line in details.Of(step)) shell.Out.WriteLine($"    {line}");
                break;
            case RunEvent.Finished finished:
                foreach (var step in finished.Result.Steps.Where(s => !shown.Contains(s.Step)))
                    WriteLine($"{Name(step.Step)}  {RunText.Word(step.Outcome)}");
                foreach (var line in RunText.Details(finished.Result, errors)) WriteLine(line);
                WriteLine(RunText.Summary(finished.Result));
                break;
        }
        shell.Out.Flush();
    }

    string Name(Foz.Lake.Data.TableName step) => step.ToString().PadRight(nameWidth);

    void WriteLine(string text) => shell.Out.WriteLine($"{shell.Clock.GetLocalNow():HH:mm:ss} {text}");
}
