using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Terminal;

/// <summary>
/// On a terminal: the steps that ended scroll up, those at work stand below them with a spinner and their time.
/// </summary>
sealed class RunDisplayLive(Shell shell, ErrorText errors) : RunDisplay
{
    const string Spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    const string Indent = "    ";
    const char NoBreak = '\u00A0';

    /// <summary>How many steps at work are shown; a terminal may have few rows.</summary>
    const int WorkingMax = 8;

    readonly Lock gate = new();
    readonly LiveRows live = new(shell);
    readonly HashSet<TableName> shown = [];
    readonly List<RunningStep> working = [];
    Phase phase = Phase.Idle;
    DateTimeOffset since;
    int stepCount;
    StepDetails details = new(errors);
    int nameWidth;
    int frame;

    enum Phase
    {
        Idle,
        Waiting,
        Working,
    }

    /// <summary>
    /// The columns for text: the last one is left free, where terminals differ in when they break a line.
    /// </summary>
    int TextColumns => shell.Width > 1 ? shell.Width - 1 : int.MaxValue;

    protected override TimeSpan Interval => TimeSpan.FromMilliseconds(100);

    protected override TimeProvider Clock => shell.Clock;

    public override void Show(RunEvent what)
    {
        lock (gate)
        {
            List<string> lines = [.. LinesOf(what)];
            live.Draw(lines, Rows());
        }
    }

    public override void Tick()
    {
        lock (gate)
        {
            frame++;
            live.Draw([], Rows());
        }
    }

    public override async Task<T> WatchAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await base.WatchAsync(work);
        }
        finally
        {
            lock (gate)
            {
                phase = Phase.Idle;
                live.Draw([], []);
            }
        }
    }

    /// <summary>Records an event, and returns the lines that report it.</summary>
    IEnumerable<string> LinesOf(RunEvent what)
    {
        var now = shell.Clock.GetUtcNow();
        switch (what)
        {
            case RunEvent.Waiting waiting:
                if (waiting.What is null) (phase, since) = (Phase.Waiting, now);
                return Wrapped(RunText.Waiting(waiting, now), Style.Yellow);
            case RunEvent.StepWaiting waits:
                return Wrapped(RunText.Waiting(waits.Step, waits.What, waits.Time), Style.Yellow);
            case RunEvent.Started started:
                details = new(errors);
                (phase, since, stepCount) = (Phase.Working, now, started.Steps.Count);
                nameWidth = started.Steps.Select(step => step.ToString().Length).DefaultIfEmpty().Max();
                return [];
            case RunEvent.StepStarted started:
                working.Add(new(started.Step, now, started.Meter));
                return [];
            case RunEvent.Warned { Step: var step, Warning: var warning }:
                return WarningLines(step is { } known ? Name(known) : "warning", warning);
            case RunEvent.StepFinished finished:
                working.RemoveAll(step => step.Step == finished.Result.Step);
                return StepLines(finished.Result);
            case RunEvent.Finished finished:
                phase = Phase.Idle;
                return
                [
                    .. finished.Result.Steps.Where(s => !shown.Contains(s.Step)).SelectMany(StepLines),
                    .. RunText.Details(finished.Result, errors).Append(RunText.Summary(finished.Result))
                        .SelectMany(line => Wrapped(line, StyleOf(finished.Result.Outcome).Style)),
                ];
            default:
                return [];
        }
    }

    IEnumerable<string> WarningLines(string name, Foz.Lake.Warning warning) =>
    [
        .. Marked("!", Style.Yellow, $"{name}  {errors.Mask(warning.Message)}"),
        .. warning.Hint is { } hint ? DetailLines(errors.Mask(hint), Style.Yellow) : [],
    ];

    IEnumerable<string> StepLines(StepResult step)
    {
        shown.Add(step.Step);
        var (style, mark) = StyleOf(step.Outcome);
        return
        [
            .. Marked(
                mark, style,
                $"{Name(step.Step)}  {RunText.Word(step.Outcome),-9}  {Unbroken(RunText.Facts(step))}".TrimEnd())
                .Select(line => $"{line.Replace(NoBreak, ' ')} ".Replace(
                    $"  {RunText.Word(step.Outcome)} ", $"  {shell.Styled(style, RunText.Word(step.Outcome))} ",
                    StringComparison.Ordinal).TrimEnd()),
            .. details.Of(step).SelectMany(line => DetailLines(line, style)),
        ];
    }

    /// <summary>Keeps the words of each fact, such as a number and its unit, in one line.</summary>
    static string Unbroken(string facts) =>
        string.Join("  ", facts.Split("  ").Select(fact => fact.Replace(' ', NoBreak)));

    IEnumerable<string> Wrapped(string text, Style style) =>
        TextWidth.Wrap(text, TextColumns, Indent).Select(line => shell.Styled(style, line));

    /// <summary>A text with a mark before it.</summary>
    IEnumerable<string> Marked(string mark, Style style, string text) =>
        TextWidth.Wrap($"  {text}", TextColumns, Indent)
            .Select((line, i) => i == 0 ? shell.Styled(style, mark) + line[1..] : line);

    /// <summary>Samples are cut, what must be read is wrapped.</summary>
    IEnumerable<string> DetailLines(string text, Style style)
    {
        var own = text[..(text.Length - text.TrimStart().Length)];
        var lines = text.StartsWith(RunText.SamplePrefix, StringComparison.Ordinal)
            ? [shell.Fit(Indent + text)]
            : TextWidth.Wrap(Indent + text, TextColumns, Indent + own);
        return lines.Select(line => shell.Styled(style, line));
    }

    List<string> Rows()
    {
        var now = shell.Clock.GetUtcNow();
        if (phase is Phase.Idle) return [];
        if (phase is Phase.Waiting) return [AtWork($"waiting for {RunText.Passing(now - since)}")];
        var rows = working.Take(WorkingMax).Select(step => AtWork(
            $"{Name(step.Step)}  {RunText.Passing(now - step.Since)}  {RunText.Progress(step.Meter.Progress)}"
                .TrimEnd())).ToList();
        if (working.Count > WorkingMax) rows.Add(AtWork($"and {working.Count - WorkingMax} more"));
        var total = $"{shown.Count} of {RunText.Count(stepCount, "step", "steps")}, {RunText.Passing(now - since)}";
        rows.Add(shell.Styled(Style.Dim, shell.Fit(total)));
        return rows;
    }

    /// <summary>A row with a sign of work before it.</summary>
    string AtWork(string text) =>
        shell.Styled(Style.Cyan, $"{Spinner[frame % Spinner.Length]}") + shell.Fit($"  {text}")[1..];

    static (Style Style, string Mark) StyleOf(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => (Style.Green, "✓"),
        Outcome.Warned => (Style.Yellow, "!"),
        Outcome.Failed => (Style.Red, "✗"),
        _ => (Style.Dim, "·"),
    };

    string Name(TableName step) => step.ToString().PadRight(nameWidth);
}
