using System.Diagnostics;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;
using Foz.Storage.Usage;

namespace Foz.Tests.Operations.Telemetry;

/// <summary>The trace that the events of a run make.</summary>
public sealed class RunTelemetryTests : IDisposable
{
    const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    static readonly TableName orders = new("silver", "orders"), sums = new("gold", "sums");
    static readonly DateTimeOffset began = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    readonly string runId = $"{Guid.NewGuid()}";
    readonly List<Activity> spans = [];
    readonly ActivityListener listener;

    public RunTelemetryTests()
    {
        listener = new()
        {
            ShouldListenTo = source => source.Name == TelemetryNames.Source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (spans)
                    if (span.GetTagItem("foz.run.id") as string == runId) spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose() => listener.Dispose();

    [Fact]
    public void A_run_is_a_trace_and_each_step_that_worked_a_span_of_it()
    {
        using var telemetry = new RunTelemetry("shop", "prod", new(10)) { Parent = Parent };
        var done = Result(orders, Outcome.Succeeded) with
        {
            TableVersion = 7,
            RowsWritten = 42,
            Elapsed = TimeSpan.FromSeconds(3),
            Attempts = 2,
            Read = (42, 1000),
        };
        var failed = Result(sums, Outcome.Failed) with { Error = new(ErrorKind.Data, "no such day") };

        telemetry.Watch(new RunEvent.Started(runId, [orders, sums]));
        telemetry.Watch(new RunEvent.StepFinished(done) { StartedAt = began });
        telemetry.Watch(new RunEvent.Warned(sums, new("looks odd")));
        telemetry.Watch(new RunEvent.StepFinished(failed) { StartedAt = began });
        telemetry.Watch(new RunEvent.StepFinished(Result(new("gold", "idle"), Outcome.Skipped)));
        telemetry.Watch(new RunEvent.Finished(new(runId, [done, failed], TimeSpan.FromSeconds(4))));

        Assert.Equal(["step silver.orders", "step gold.sums", "run shop"], spans.Select(span => span.DisplayName));
        Assert.All(spans, span => Assert.Equal("0af7651916cd43dd8448eb211c80319c", $"{span.TraceId}"));
        var (first, second, run) = (spans[0], spans[1], spans[2]);
        Assert.Equal("b7ad6b7169203331", $"{run.ParentSpanId}");
        Assert.Equal(run.SpanId, first.ParentSpanId);
        Assert.Equal((began.UtcDateTime, TimeSpan.FromSeconds(3)), (first.StartTimeUtc, first.Duration));
        Assert.Equal(
            [7L, 42L, 1000L, 2],
            new[] { "foz.table.version", "foz.rows.written", "foz.bytes.read", "foz.attempts" }
                .Select(first.GetTagItem));
        Assert.Equal((ActivityStatusCode.Error, "no such day"), (second.Status, second.StatusDescription));
        Assert.Equal(ActivityStatusCode.Error, run.Status);
        Assert.Equal("looks odd", run.Events.Single().Tags.Single(tag => tag.Key == "message").Value);
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void A_run_that_ends_by_an_error_leaves_no_open_span()
    {
        using (var telemetry = new RunTelemetry("shop", "prod", new(10)))
            telemetry.Watch(new RunEvent.Started(runId, [orders]));

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(spans).Status);
        Assert.NotEqual("0af7651916cd43dd8448eb211c80319c", $"{spans[0].TraceId}");
    }

    [Fact]
    public void Work_costs_what_the_price_list_says()
    {
        var prices = new PriceList { ProcessorHour = 0.36m, ReadTb = 5, WrittenTb = 20 };

        Assert.Equal(0.001m + 0.5m + 0.02m, prices.Of(TimeSpan.FromSeconds(10), 100_000_000_000, 1_000_000_000));
    }

    static StepResult Result(TableName step, Outcome outcome) =>
        new() { Step = step, IsStream = false, Outcome = outcome };
}
