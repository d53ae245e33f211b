using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.State;
using Foz.Tests.Delta;

namespace Foz.Tests.Cli.Terminal;

/// <summary>One run as each display shows it, on a clock that stands between events.</summary>
public sealed class RunDisplayTests
{
    static readonly TableName Orders = new("bronze", "orders"), Items = new("bronze", "order_items");
    static readonly TableName Clean = new("silver", "orders"), Sales = new("gold", "sales");

    readonly ManualTime clock = new();

    [Fact]
    public void On_a_terminal_steps_that_ended_stay_and_those_at_work_move()
    {
        using var screen = new Screen(72);
        Play(Display(screen), ticks: 1);
        Expect.File("live.txt", string.Join(new string('=', screen.Width) + "\n", screen.Frames));
    }

    [Fact]
    public void On_a_narrow_terminal_samples_are_cut_and_messages_are_wrapped()
    {
        using var screen = new Screen(44);
        Play(Display(screen), ticks: 1);
        Expect.File("live-narrow.txt", screen.Picture);
        Assert.All(screen.Frames, frame => Assert.DoesNotContain("such as\n", frame, StringComparison.Ordinal));
    }

    [Fact]
    public void Off_a_terminal_there_is_a_line_for_each_event()
    {
        using var output = new StringWriter();
        Play(RunDisplay.For(
            new() { Out = output, Error = output, In = () => TextReader.Null, Clock = clock }, isJson: false, Errors));
        Expect.File("lines.txt", output.ToString());
    }

    [Fact]
    public void As_json_there_is_an_object_for_each_event()
    {
        using var output = new StringWriter();
        Play(RunDisplay.For(
            new() { Out = output, Error = output, In = () => TextReader.Null, Clock = clock }, isJson: true, Errors));
        Expect.File("log.jsonl", output.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Colours_are_shown_where_they_are_wanted(bool hasColor)
    {
        using var screen = new Screen(100);
        Play(Display(screen, hasColor), ticks: 2);
        Assert.Equal(hasColor, screen.Styles.Count > 0);
        if (hasColor) Assert.Equal(["0", "2", "31", "32", "33", "36"], screen.Styles.Distinct().Order());
    }

    [Theory]
    [InlineData(20)]
    [InlineData(44)]
    [InlineData(79)]
    [InlineData(200)]
    public void What_stays_is_the_same_however_often_it_is_drawn(int width)
    {
        using var once = new Screen(width);
        Play(Display(once), ticks: 0);
        for (var ticks = 1; ticks < 4; ticks++)
        {
            using var often = new Screen(width);
            Play(Display(often), ticks);
            Assert.Equal(once.Picture, often.Picture);
        }
        Assert.DoesNotContain(once.Picture, character => character is >= '\u2800' and <= '\u28FF');
    }

    [Fact]
    public void Of_many_steps_at_work_some_are_shown()
    {
        using var screen = new Screen(60);
        var display = Display(screen);
        var steps = Enumerable.Range(1, 20).Select(i => new TableName("bronze", $"table_{i}")).ToList();
        display.Show(new RunEvent.Started("r", steps));
        foreach (var step in steps) display.Show(new RunEvent.StepStarted(step, new()));
        var lines = screen.Picture.TrimEnd('\n').Split('\n');
        Assert.Equal(10, lines.Length);
        Assert.Equal(["⠋ bronze.table_8   0.0 s", "⠋ and 12 more", "0 of 20 steps, 0.0 s"], lines[^3..]);
    }

    [Fact]
    public void A_step_at_work_shows_rows_bytes_and_share_where_they_are_known()
    {
        using var screen = new Screen(80);
        var display = Display(screen);
        var (orders, items, clean) = (new WorkMeter(), new WorkMeter(), new WorkMeter());
        display.Show(new RunEvent.Started("r", [Orders, Items, Clean]));
        display.Show(new RunEvent.StepStarted(Orders, orders));
        display.Show(new RunEvent.StepStarted(Items, items));
        display.Show(new RunEvent.StepStarted(Clean, clean));
        orders.Begin(rowsTotal: 4_000);
        orders.AddRows(1_000);
        items.Begin("scanning", bytesTotal: 2_500_000);
        items.AddBytes(1_250_000);
        clock.Now = clock.Now.AddSeconds(2);
        display.Tick();
        Assert.Equal(
            [
                "⠙ bronze.orders       2.0 s  1,000 of about 4,000 rows, 25 %",
                "⠙ bronze.order_items  2.0 s  scanning: 1.3 MB of 2.5 MB, 50 %",
                "⠙ silver.orders       2.0 s",
                "0 of 3 steps, 2.0 s",
            ],
            screen.Picture.TrimEnd('\n').Split('\n'));
        // More rows than the estimate: how many there are is no longer known.
        orders.AddRows(4_000);
        display.Tick();
        Assert.Contains("bronze.orders       2.0 s  5,000 rows\n", screen.Picture, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "bronze.orders       running    1,000 of about 4,000 rows, 25 %  10.0 s")]
    [InlineData(true, """
        "event":"step_progress","step":"bronze.orders","elapsed_ms":10000,"rows":1000,"rows_total":4000,"share":0.25}
        """)]
    public void A_log_says_how_far_a_step_is_once_in_ten_seconds(bool isJson, string line)
    {
        using var output = new StringWriter();
        var display = RunDisplay.For(
            new() { Out = output, Error = output, In = () => TextReader.Null, Clock = clock }, isJson, Errors);
        var meter = new WorkMeter();
        display.Show(new RunEvent.Started("r", [Orders, Items]));
        display.Show(new RunEvent.StepStarted(Orders, meter));
        display.Show(new RunEvent.StepStarted(Items, new()));
        meter.Begin(rowsTotal: 4_000);
        meter.AddRows(1_000);
        var before = output.ToString();
        Pass(9);
        Assert.Equal(before, output.ToString());
        Pass(1);
        var first = output.ToString();
        Assert.EndsWith(line.Trim() + "\n", first, StringComparison.Ordinal);
        Pass(9);
        Assert.Equal(first, output.ToString());
        Pass(1);
        Assert.Equal(2, output.ToString()[before.Length..].Count(character => character == '\n'));
        display.Show(new RunEvent.StepFinished(Step(Orders, Outcome.Succeeded)));
        var ended = output.ToString();
        Pass(20);
        Assert.Equal(ended, output.ToString());

        void Pass(int seconds)
        {
            for (; seconds > 0; seconds--)
            {
                clock.Now = clock.Now.AddSeconds(1);
                display.Tick();
            }
        }
    }

    [Fact]
    public async Task The_rows_of_what_works_are_gone_when_a_run_breaks_off()
    {
        using var screen = new Screen(60);
        var display = Display(screen);
        await Assert.ThrowsAsync<FozException>(() => display.WatchAsync<int>(() =>
        {
            display.Show(new RunEvent.Started("r", [Orders]));
            display.Show(new RunEvent.StepStarted(Orders, new()));
            throw new FozException(ErrorKind.Storage, "the disk is full");
        }));
        Assert.Equal("\n", screen.Picture);
        Assert.Contains(screen.Frames, frame => frame.Contains("bronze.orders", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(99.4, "99 ms")]
    [InlineData(99.6, "0.1 s")]
    [InlineData(1_240, "1.2 s")]
    [InlineData(59_940, "59.9 s")]
    [InlineData(59_960, "1 m 00 s")]
    [InlineData(125_000, "2 m 05 s")]
    [InlineData(3_599_600, "1 h 00 m")]
    [InlineData(9_000_000, "2 h 30 m")]
    public void Times_are_told_in_two_units_at_most(double elapsedMs, string text)
    {
        using var output = new StringWriter();
        RunDisplay.For(
            new() { Out = output, Error = output, In = () => TextReader.Null, Clock = clock }, isJson: false, Errors)
            .Show(new RunEvent.Finished(new(
                "r", [Step(Orders, Outcome.Succeeded)], TimeSpan.FromMilliseconds(elapsedMs))));
        Assert.EndsWith($"run r: 1 ok, {text}\n", output.ToString(), StringComparison.Ordinal);
    }

    static ErrorText Errors { get; } = new(
        text => text.Replace("hunter2", "***", StringComparison.Ordinal), isVerbose: false);

    RunDisplay Display(Screen screen, bool hasColor = true) => RunDisplay.For(
        new()
        {
            Out = screen, Error = screen, In = () => TextReader.Null, IsTerminal = true, HasColor = hasColor,
            WidthNow = () => screen.Width, Clock = clock,
        },
        isJson: false, Errors);

    /// <summary>A run that waits, warns, fails and leaves steps out.</summary>
    void Play(RunDisplay display, int ticks = 0)
    {
        Show(new RunEvent.Waiting(new()
        {
            RunId = "20260101000000000-0001", User = "ana", Host = "shop1", ProcessId = 4711,
            ProcessStartedAt = clock.Now,
            Since = clock.Now.AddSeconds(-125), RenewedAt = clock.Now,
        }));
        Show(new RunEvent.Started("20260101000001000-0002", [Orders, Items, Clean, Sales]));
        Show(new RunEvent.StepStarted(Orders, new()));
        Show(new RunEvent.StepStarted(Items, new()));
        Show(new RunEvent.Warned(
            Orders, new("28 rows could not be read: see bronze.orders__rejected", "correct them")));
        Show(new RunEvent.StepFinished(Step(Orders, Outcome.Warned) with
        {
            TableVersion = 3,
            RowsWritten = 351_750,
            RowsChanged = 351_750,
            RowsRejected = 28,
            Checks =
            [
                Check(new CheckDefinition.NotNull("customer_id") { OnViolation = OnViolation.Warn }, 21) with
                {
                    Samples =
                    [
                        """{"order_id":1216944,"customer_id":null,"city":"São Paulo","note":"[bold] 東京 hunter2"}""",
                    ],
                },
                Check(new CheckDefinition.Unique(["order_id"]), 0),
            ],
        }));
        Show(new RunEvent.StepFinished(
            Step(Items, Outcome.Succeeded) with { TableVersion = 0, RowsWritten = 1, RowsChanged = 1 }));
        Show(new RunEvent.StepStarted(Clean, new()));
        var failed = Step(Clean, Outcome.Failed) with
        {
            Error = new(ErrorKind.Data, "silver.orders was not changed: positive(amount): 1 of 4 rows")
            {
                Place = new Place("models/silver/orders.sql", 6, 29),
                Hint = """such as {"order_id":5,"amount":-1.0,"password":"hunter2"}""",
            },
            Checks = [Check(new CheckDefinition.Positive("amount"), 1)],
        };
        Show(new RunEvent.StepFinished(failed));
        Show(new RunEvent.Finished(new(
            "20260101000001000-0002",
            [Step(Orders, Outcome.Warned), Step(Items, Outcome.Succeeded), failed, Step(Sales, Outcome.Canceled)],
            TimeSpan.FromSeconds(4.2))));

        void Show(RunEvent what)
        {
            display.Show(what);
            for (var i = 0; i < ticks; i++) display.Tick();
            clock.Now = clock.Now.AddSeconds(0.7);
        }
    }

    static StepResult Step(TableName step, Outcome outcome) => new()
    {
        Step = step, IsStream = step.Schema == "bronze", Outcome = outcome, Elapsed = TimeSpan.FromSeconds(1.4),
    };

    static CheckResult Check(CheckDefinition check, long violations) => new(check, violations, 351_750);
}
