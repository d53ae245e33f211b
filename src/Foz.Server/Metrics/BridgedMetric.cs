using System.Collections.Concurrent;
using Prometheus;

namespace Foz.Server.Metrics;

/// <summary>A metric of Prometheus that takes what an instrument measures.</summary>
abstract class BridgedMetric
{
    BridgedMetric()
    {
    }

    /// <summary>Takes a measurement.</summary>
    public abstract void Add(double value, string[] labels);

    /// <summary>Begins a round in which the instrument is asked.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Ends the round: series that were not measured are removed.</summary>
    public virtual void End()
    {
    }

    /// <summary>Removes the series of an instrument that is gone.</summary>
    public virtual void Clear()
    {
    }

    /// <summary>A counter.</summary>
    /// <param name="counter">The metric.</param>
    /// <param name="isTotal">Whether measurements are totals.</param>
    public sealed class OfCounter(Counter counter, bool isTotal) : BridgedMetric
    {
        public override void Add(double value, string[] labels)
        {
            if (isTotal) counter.WithLabels(labels).IncTo(value);
            else counter.WithLabels(labels).Inc(value);
        }
    }

    /// <summary>A histogram.</summary>
    public sealed class OfHistogram(Histogram histogram) : BridgedMetric
    {
        public override void Add(double value, string[] labels) => histogram.WithLabels(labels).Observe(value);
    }

    /// <summary>A gauge.</summary>
    /// <param name="gauge">The metric.</param>
    /// <param name="isAsked">Whether measurements are values; else they are changes.</param>
    public sealed class OfGauge(Gauge gauge, bool isAsked) : BridgedMetric
    {
        readonly ConcurrentDictionary<string, string[]> measured = new(StringComparer.Ordinal);

        public override void Add(double value, string[] labels)
        {
            if (!isAsked)
            {
                gauge.WithLabels(labels).Inc(value);
                return;
            }
            gauge.WithLabels(labels).Set(value);
            measured[string.Join('\u001f', labels)] = labels;
        }

        public override void Begin()
        {
            if (isAsked) measured.Clear();
        }

        public override void End()
        {
            if (!isAsked) return;
            foreach (var labels in gauge.GetAllLabelValues())
                if (!measured.ContainsKey(string.Join('\u001f', labels))) gauge.RemoveLabelled(labels);
        }

        public override void Clear()
        {
            foreach (var labels in gauge.GetAllLabelValues()) gauge.RemoveLabelled(labels);
        }
    }
}
