namespace Foz.Pipelines.Quality.Profiles;

/// <summary>What the rows of a table look like.</summary>
/// <param name="Rows">How many there are.</param>
/// <param name="Columns">The columns, in order.</param>
public sealed record TableProfile(long Rows, IReadOnlyList<ColumnProfile> Columns);

/// <summary>What the values of a column look like.</summary>
public sealed record ColumnProfile
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type, in DuckDB's words.</summary>
    public required string Type { get; init; }

    /// <summary>How many rows are null.</summary>
    public required long Nulls { get; init; }

    /// <summary>
    /// How many different values there are; an estimate in large tables. Null for lists, structs and maps.
    /// </summary>
    public long? Distinct { get; init; }

    /// <summary>The smallest value as text; null where there is none, or values have no order.</summary>
    public string? Min { get; init; }

    /// <summary>The largest value as text; null where there is none, or values have no order.</summary>
    public string? Max { get; init; }

    /// <summary>The mean of numbers; of texts that of their lengths in characters.</summary>
    public double? Mean { get; init; }

    /// <summary>The standard deviation of numbers.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>
    /// The values below which a quarter, a half and three quarters of the values lie, as text; empty where there are
    /// none.
    /// </summary>
    public IReadOnlyList<string> Quartiles { get; init; } = [];

    /// <summary>
    /// The most frequent values, as text, with how often each is there; empty where all are different.
    /// </summary>
    public IReadOnlyList<ValueFrequency> Top { get; init; } = [];

    /// <summary>
    /// How many values lie in each of equal parts of the way from the smallest to the largest; empty for what is no
    /// number and no time.
    /// </summary>
    public IReadOnlyList<long> Histogram { get; init; } = [];
}

/// <summary>How often a value is there.</summary>
/// <param name="Value">The value, as text.</param>
/// <param name="Rows">In how many rows.</param>
public readonly record struct ValueFrequency(string Value, long Rows);
