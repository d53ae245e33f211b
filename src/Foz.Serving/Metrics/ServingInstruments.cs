using System.Diagnostics.Metrics;
using Foz.Serving.Sessions;
using Foz.Storage.Usage;

namespace Foz.Serving.Metrics;

/// <summary>What sessions and workloads tell of themselves whenever an exporter asks, until it is disposed.</summary>
sealed class ServingInstruments : IDisposable
{
    readonly Meter meter = new(TelemetryNames.Source);

    /// <summary>Begins to answer exporters.</summary>
    public ServingInstruments(SessionHost host)
    {
        foreach (var protocol in new[] { "postgresql", "trino" }) StatementInstruments.Begin(protocol);
        meter.CreateObservableGauge(
            "foz.sql.sessions",
            () => host.Sessions.CountBy(static session => session.Protocol)
                .Select(static own => Of(own.Value, "protocol", own.Key)),
            unit: null, "Sessions of clients that are open, by protocol");
        meter.CreateObservableGauge(
            "foz.sql.slots",
            () => host.Workloads.All.Select(static own => Of(own.Slots.SlotsMax, "workload", own.Name)),
            unit: null, "Slots of each workload");
        meter.CreateObservableGauge(
            "foz.sql.slots.used",
            () => host.Workloads.All.Select(static own => Of(own.Slots.Held, "workload", own.Name)),
            unit: null, "Slots of each workload that are taken");
        meter.CreateObservableGauge(
            "foz.sql.queue", () => host.Workloads.All.Select(static own => Of(own.Slots.Waiting, "workload", own.Name)),
            unit: null, "Statements that wait for a slot, by workload");
        meter.CreateObservableGauge(
            "foz.sql.cache.size", () => host.Results.Bytes, "By", "Bytes of the results that are kept");
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    static Measurement<int> Of(int value, string key, string label) =>
        new(value, new KeyValuePair<string, object?>(key, label));
}
