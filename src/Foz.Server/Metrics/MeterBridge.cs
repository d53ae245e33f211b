using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Foz.Storage.Usage;
using Prometheus;

namespace Foz.Server.Metrics;

/// <summary>
/// Keeps what Foz's instruments measure as metrics of Prometheus: <c>foz.step.time</c> in seconds is
/// <c>foz_step_time_seconds_total</c>. Instruments that are asked have no series of what they no longer tell, such as
/// the age of a table that is gone. Safe for use by many threads.
/// </summary>
sealed class MeterBridge : IDisposable
{
    readonly MeterListener listener = new();
    readonly MetricFactory factory;
    readonly ConcurrentDictionary<Instrument, BridgedMetric> metrics = [];

    /// <summary>Begins to listen.</summary>
    /// <param name="registry">Where the metrics are kept.</param>
    public MeterBridge(CollectorRegistry registry)
    {
        factory = Prometheus.Metrics.WithCustomRegistry(registry);
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == TelemetryNames.Source) listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.MeasurementsCompleted = (instrument, _) =>
        {
            if (metrics.TryRemove(instrument, out var metric)) metric.Clear();
        };
        listener.Start();
    }

    /// <summary>Asks the instruments that are asked.</summary>
    public void Collect()
    {
        foreach (var metric in metrics.Values) metric.Begin();
        listener.RecordObservableInstruments();
        foreach (var metric in metrics.Values) metric.End();
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    /// <summary>Returns the name of an instrument in Prometheus' conventions.</summary>
    public static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return name + unit + (IsCounter(instrument) ? "_total" : "");
    }

    static bool IsCounter(Instrument instrument) =>
        instrument.GetType().GetGenericTypeDefinition() is var type
        && (type == typeof(Counter<>) || type == typeof(ObservableCounter<>));

    void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new string[tags.Length];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = Convert.ToString(tags[i].Value, CultureInfo.InvariantCulture) ?? "";
        if (!metrics.TryGetValue(instrument, out var metric))
        {
            var names = new string[tags.Length];
            for (var i = 0; i < names.Length; i++) names[i] = tags[i].Key;
            metric = metrics.GetOrAdd(instrument, Create(instrument, names));
        }
        metric.Add(value, labels);
    }

    BridgedMetric Create(Instrument instrument, string[] names)
    {
        var (name, help) = (NameOf(instrument), instrument.Description ?? "");
        if (IsCounter(instrument))
            return new BridgedMetric.OfCounter(factory.CreateCounter(name, help, names), instrument.IsObservable);
        if (instrument is Histogram<double>)
            return new BridgedMetric.OfHistogram(factory.CreateHistogram(name, help, names, new()
            {
                Buckets = [.. TelemetryNames.SecondBuckets],
            }));
        return new BridgedMetric.OfGauge(factory.CreateGauge(name, help, names), instrument.IsObservable);
    }
}
