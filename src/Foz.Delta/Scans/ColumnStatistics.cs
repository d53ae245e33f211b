using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>What an engine says about a column of a data file that it wrote. Texts as
/// <see cref="DeltaValue.TryParse"/> reads them.</summary>
public sealed record ColumnStatistics
{
    /// <summary>The logical path of the column.</summary>
    public required ColumnPath Column { get; init; }

    /// <summary>A value at most as great as every value; null if unknown or all are null.</summary>
    public string? Min { get; init; }

    /// <summary>A value at least as great as every value that is not NaN; null if unknown or all are null.</summary>
    public string? Max { get; init; }

    /// <summary>How many rows are null; null if unknown.</summary>
    public long? NullCount { get; init; }

    /// <summary>Whether a value is NaN, which is above every maximum.</summary>
    public bool HasNan { get; init; }
}
