using System.Diagnostics.Metrics;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Operations.Telemetry;
using Foz.Server.Metrics;
using Foz.Storage.Usage;
using Foz.Tests.Serving;

namespace Foz.Tests.Documentation;

/// <summary>Holds the list of metrics in docs/guide/observability.md against the instruments that there are.</summary>
public sealed class MetricReferenceTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-metrics-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Every_metric_is_documented()
    {
        var found = new Dictionary<string, Instrument>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (found)
                    if (instrument.Meter.Name == TelemetryNames.Source && instrument.Description is not null)
                        found[MeterBridge.NameOf(instrument)] = instrument;
            },
        };
        listener.Start();
        await using var served = await ServedLake.CreateAsync();
        using var engines = new EnginePool(new() { MemoryBytes = 256L << 20, Threads = 1 });
        var lake = new Lakehouse(folder, engines, TimeProvider.System);
        using var instruments = new HostInstruments(lake, new(), new(lake, new(1)), "1.0.0");
        List<string[]> rows;
        lock (found)
            rows =
            [
                .. found.Where(entry => !entry.Key.StartsWith("foz_t_", StringComparison.Ordinal))
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry => new[] { $"`{entry.Key}`", KindOf(entry.Value), entry.Value.Description! }),
            ];

        Assert.InRange(rows.Count, 20, 200);
        Generated.Block(
            MarkdownDocument.Find("docs/guide/observability.md"), "metrics",
            [
                Generated.Row("Metric", "Type", "Description"), "|---|---|---|",
                .. rows.Select(row => Generated.Row(row)),
            ]);
    }

    static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        _ => "gauge",
    };
}
