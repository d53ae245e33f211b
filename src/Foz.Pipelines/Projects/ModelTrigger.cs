using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>
/// When a host makes a model beside the runs that are asked for, and how much of its input one batch reads. The words
/// are those of Spark's triggers.
/// </summary>
public abstract record ModelTrigger
{
    ModelTrigger() { }

    /// <summary>How much a batch of the model reads of what is new.</summary>
    public BatchLimit Limit { get; init; }

    /// <summary>Only runs and schedules make it.</summary>
    public sealed record AvailableNow : ModelTrigger
    {
        /// <inheritdoc/>
        public override string ToString() => "available_now";
    }

    /// <summary>It is made after its input changed, but not more often than once in a time.</summary>
    /// <param name="Time">The least time between the starts of two batches.</param>
    public sealed record Interval(TimeSpan Time) : ModelTrigger
    {
        /// <inheritdoc/>
        public override string ToString() => $"interval: {Duration.Describe(Time)}";
    }

    /// <summary>It is made after each change of its input.</summary>
    public sealed record Continuous : ModelTrigger
    {
        /// <inheritdoc/>
        public override string ToString() => "continuous";
    }
}

/// <summary>
/// How much of a table's new rows one batch reads: versions as long as they fit, and at least one that has rows.
/// </summary>
/// <param name="RowsMax">The most rows; null for any number.</param>
/// <param name="BytesMax">The most bytes of data files; null for any number.</param>
public readonly record struct BatchLimit(long? RowsMax, long? BytesMax)
{
    /// <summary>Whether it limits nothing.</summary>
    public bool IsNone => this == default;
}
