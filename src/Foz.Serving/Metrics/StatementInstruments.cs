using System.Diagnostics.Metrics;
using Foz.Storage.Usage;

namespace Foz.Serving.Metrics;

/// <summary>The instruments of statements: they cost next to nothing while no exporter listens.</summary>
static class StatementInstruments
{
    static readonly Meter meter = new(TelemetryNames.Source);

    static readonly Counter<long> ended = meter.CreateCounter<long>(
        "foz.sql.statements", unit: null, "Statements of clients by protocol and outcome: succeeded, failed, canceled");

    static readonly Histogram<double> duration = meter.CreateHistogram(
        "foz.sql.duration", "s", "How long statements took from their slot to their last row, by protocol", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = TelemetryNames.SecondBuckets });

    static readonly Counter<double> queued = meter.CreateCounter<double>(
        "foz.sql.queued", "s", "How long statements waited for slots, by workload");

    static readonly Counter<long> results = meter.CreateCounter<long>(
        "foz.sql.cache.results", unit: null, "Queries whose rows may be kept, by result: hit or miss");

    /// <summary>
    /// Begins the counts of statements at 0: an increase is seen only of a series that was there before.
    /// </summary>
    /// <param name="protocol">The protocol of clients.</param>
    public static void Begin(string protocol)
    {
        foreach (var outcome in new[] { "succeeded", "failed", "canceled" })
            ended.Add(0, new KeyValuePair<string, object?>("protocol", protocol), new("outcome", outcome));
    }

    /// <summary>Counts a statement.</summary>
    /// <param name="protocol">The protocol of its client.</param>
    /// <param name="outcome"><c>succeeded</c>, <c>failed</c> or <c>canceled</c>.</param>
    /// <param name="workload">Its class.</param>
    /// <param name="elapsed">How long it took from its slot on.</param>
    /// <param name="waited">How long it waited for that.</param>
    public static void End(string protocol, string outcome, string workload, TimeSpan elapsed, TimeSpan waited)
    {
        var own = new KeyValuePair<string, object?>("protocol", protocol);
        ended.Add(1, own, new("outcome", outcome));
        duration.Record(elapsed.TotalSeconds, own);
        queued.Add(waited.TotalSeconds, new KeyValuePair<string, object?>("workload", workload));
    }

    /// <summary>Counts a query whose rows may be kept.</summary>
    /// <param name="isHit">Whether they were.</param>
    public static void Look(bool isHit) =>
        results.Add(1, new KeyValuePair<string, object?>("result", isHit ? "hit" : "miss"));
}
