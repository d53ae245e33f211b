using System.Diagnostics;
using System.Diagnostics.Metrics;
using Foz.Lake.Journal;
using Foz.Storage.Usage;

namespace Foz.Operations.Telemetry;

/// <summary>The instruments of runs: they cost next to nothing while no exporter listens.</summary>
static class RunInstruments
{
    static readonly Meter meter = new(TelemetryNames.Source);
    static readonly InstrumentAdvice<double> seconds = new()
    {
        HistogramBucketBoundaries = TelemetryNames.SecondBuckets,
    };

    /// <summary>Gets the source of spans.</summary>
    public static ActivitySource Source { get; } = new(TelemetryNames.Source);

    /// <summary>Gets how long runs took.</summary>
    public static Histogram<double> RunDuration { get; } = meter.CreateHistogram(
        "foz.run.duration", "s", "How long runs took, by outcome", tags: null, seconds);

    /// <summary>Gets how many runs ended.</summary>
    public static Counter<long> Runs { get; } = meter.CreateCounter<long>(
        "foz.runs", unit: null, "Runs that ended, by outcome");

    /// <summary>Gets how many runs work.</summary>
    public static UpDownCounter<long> RunsActive { get; } = meter.CreateUpDownCounter<long>(
        "foz.runs.active", unit: null, "Runs that work now");

    /// <summary>
    /// Begins the counts of runs at 0: an increase is seen only of a series that was there before.
    /// </summary>
    public static void Begin()
    {
        foreach (var outcome in Enum.GetValues<Outcome>())
            Runs.Add(0, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));
    }

    /// <summary>Gets how long steps took.</summary>
    public static Histogram<double> StepDuration { get; } = meter.CreateHistogram(
        "foz.step.duration", "s", "How long steps took that had something to do, by kind and outcome", tags: null,
        seconds);

    /// <summary>Gets how many steps ended.</summary>
    public static Counter<long> Steps { get; } = meter.CreateCounter<long>(
        "foz.steps", unit: null, "Steps that ended, by table, kind and outcome");

    /// <summary>Gets how long the steps of a table took.</summary>
    public static Counter<double> StepSeconds { get; } = meter.CreateCounter<double>(
        "foz.step.time", "s", "How long the steps of each table took together");

    /// <summary>Gets the rows of steps.</summary>
    public static Counter<long> StepRows { get; } = meter.CreateCounter<long>(
        "foz.step.rows", unit: null, "Rows of steps by table and result: written, rejected, dropped or quarantined");

    /// <summary>Gets the bytes of steps.</summary>
    public static Counter<long> StepBytes { get; } = meter.CreateCounter<long>(
        "foz.step.size", "By", "Bytes that steps read and committed, by table and direction");

    /// <summary>Gets the processor time of steps.</summary>
    public static Counter<double> StepProcessor { get; } = meter.CreateCounter<double>(
        "foz.step.cpu", "s", "Processor time of steps: their shares of the time of the process");

    /// <summary>Gets how often steps were begun again.</summary>
    public static Counter<long> StepRetries { get; } = meter.CreateCounter<long>(
        "foz.step.retries", unit: null, "Steps that were begun again since the engine ended under them");

    /// <summary>Gets the checks of steps.</summary>
    public static Counter<long> Checks { get; } = meter.CreateCounter<long>(
        "foz.checks", unit: null, "Checks of steps, by table and outcome: passed, warned or failed");

    /// <summary>Gets what steps cost.</summary>
    public static Counter<double> StepCost { get; } = meter.CreateCounter<double>(
        "foz.step.cost", unit: null, "What steps cost by the price list of foz.yml, by table");
}
