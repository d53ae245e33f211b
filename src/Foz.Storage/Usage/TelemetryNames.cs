namespace Foz.Storage.Usage;

/// <summary>What exporters know Foz's instruments by.</summary>
public static class TelemetryNames
{
    /// <summary>The name of every meter and of the source of spans.</summary>
    public const string Source = "Foz";

    /// <summary>The limits of the buckets of histograms of seconds, from statements to long runs.</summary>
    public static IReadOnlyList<double> SecondBuckets { get; } =
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400];
}
