using Foz.Core.Data;
using Foz.Core.Journal;
using Foz.Core.Pipelines.Runs;
using Spectre.Console;

namespace Foz.Cli.Terminal;

/// <summary>
/// On a terminal: the steps that ended scroll up, those at work stand below them with a spinner and their time.
/// </summary>
sealed class RunDisplayLive(Shell shell, ErrorText errors) : RunDisplay
{
    static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    readonly Lock gate = new();
    readonly IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(shell.Out) });
    readonly HashSet<TableName> shown = [];
    readonly List<(TableName Step, DateTimeOffset Since)> working = [];
    int stepCount;
    int nameWidth;
    int frame;
    DateTimeOffset startedAt = shell.Clock.GetUtcNow();

    public override void Show(RunEvent what)
    {
        lock (gate)
        {
            switch (what)
            {
                case RunEvent.Waiting waiting:
                    console.MarkupLine($"[yellow]{Escape(RunText.Waiting(waiting.Holder))}[/]");
                    break;
                case RunEvent.Started started:
                    startedAt = shell.Clock.GetUtcNow();
                    stepCount = started.Steps.Count;
                    nameWidth = started.Steps.Select(step => step.ToString().Length).DefaultIfEmpty().Max();
                    break;
                case RunEvent.StepStarted started:
                    working.Add((started.Step, shell.Clock.GetUtcNow()));
                    break;
                case RunEvent.Warned { Step: var step, Warning: var warning }:
                    var name = step is { } known ? Name(known) : "warning";
                    console.MarkupLine($"[yellow]![/] {name}  {Escape(errors.Mask(warning.Message))}");
                    if (warning.Hint is { } hint) console.MarkupLine($"    [yellow]{Escape(errors.Mask(hint))}[/]");
                    break;
                case RunEvent.StepFinished finished:
                    working.RemoveAll(step => step.Step == finished.Result.Step);
                    shown.Add(finished.Result.Step);
                    WriteStep(finished.Result);
                    break;
                case RunEvent.Finished finished:
                    working.Clear();
                    foreach (var step in finished.Result.Steps.Where(s => !shown.Contains(s.Step))) WriteStep(step);
                    WriteSummary(finished.Result);
                    break;
            }
        }
    }

    public override Task<T> WatchAsync<T>(Func<Task<T>> work) =>
        console.Live(new Text("")).AutoClear(true).StartAsync(async context =>
        {
            var task = work();
            using var timer = new PeriodicTimer(RefreshInterval, shell.Clock);
            var tick = timer.WaitForNextTickAsync().AsTask();
            while (await Task.WhenAny(task, tick) == tick)
            {
                lock (gate) context.UpdateTarget(Render());
                tick = timer.WaitForNextTickAsync().AsTask();
            }
            return await task;
        });

    Rows Render()
    {
        const string Frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
        var spinner = Frames[frame++ % Frames.Length];
        var now = shell.Clock.GetUtcNow();
        var rows = working.Select(step => new Markup(
            $"[cyan]{spinner}[/] {Name(step.Step)}  [dim]{RunText.Elapsed(now - step.Since)}[/]"));
        var total = new Markup(
            $"[dim]{shown.Count} of {RunText.Count(stepCount, "step", "steps")}, {RunText.Elapsed(now - startedAt)}[/]");
        return new Rows(rows.Append(total));
    }

    void WriteStep(StepResult step)
    {
        var (color, mark) = step.Outcome switch
        {
            Outcome.Succeeded => ("green", "✓"),
            Outcome.Warned => ("yellow", "!"),
            Outcome.Failed => ("red", "✗"),
            _ => ("dim", "·"),
        };
        console.MarkupLine(
            $"[{color}]{mark}[/] {Name(step.Step)}  [{color}]{RunText.Word(step.Outcome),-9}[/]  {RunText.Facts(step)}");
        foreach (var line in RunText.Details(step, errors)) console.MarkupLine($"    [{color}]{Escape(line)}[/]");
    }

    void WriteSummary(RunResult run)
    {
        var color = run.Outcome switch
        {
            Outcome.Failed => "red",
            Outcome.Warned => "yellow",
            _ => "green",
        };
        foreach (var line in RunText.Details(run, errors)) console.MarkupLine($"[{color}]{Escape(line)}[/]");
        console.MarkupLine($"[{color}]{Escape(RunText.Summary(run))}[/]");
    }

    string Name(TableName step) => Escape(step.ToString().PadRight(nameWidth));

    static string Escape(string text) => Markup.Escape(text);
}
