using Foz.Lake.Data;

namespace Foz.Streams.Comparing;

/// <summary>How the rows of a table in the lake differ from those of its source, at one moment.</summary>
/// <param name="Table">The table in the lake.</param>
/// <param name="Position">The position of the source's log that both are compared at.</param>
public sealed record StreamComparison(TableName Table, string Position)
{
    /// <summary>Gets how many rows the source has.</summary>
    public long Rows { get; init; }

    /// <summary>Gets how many rows were read one by one, as the checksums of their parts differ.</summary>
    public long RowsRead { get; init; }

    /// <summary>Gets how many rows of the source have another value in the lake.</summary>
    public long Changed { get; init; }

    /// <summary>Gets how many rows of the source the lake does not have.</summary>
    public long MissingInLake { get; init; }

    /// <summary>Gets how many rows of the lake the source does not have.</summary>
    public long MissingInSource { get; init; }

    /// <summary>
    /// Gets how many rows were left out: the table in the lake has changes of them that are newer than the moment.
    /// </summary>
    public long Newer { get; init; }

    /// <summary>Gets the columns that are not compared, each with the reason.</summary>
    public IReadOnlyList<(string Column, string Reason)> LeftOut { get; init; } = [];

    /// <summary>Gets the first differences, in the order of the keys.</summary>
    public IReadOnlyList<RowDifference> Differences { get; init; } = [];

    /// <summary>Gets whether there are differences.</summary>
    public bool IsDifferent => Changed + MissingInLake + MissingInSource > 0;
}

/// <summary>A difference of a row.</summary>
/// <param name="Key">The text of its key.</param>
/// <param name="Kind">What differs.</param>
public sealed record RowDifference(string Key, RowDifferenceKind Kind)
{
    /// <summary>Gets the column that differs; null where the whole row does.</summary>
    public string? Column { get; init; }

    /// <summary>Gets the text of its value in the source; null for NULL.</summary>
    public string? InSource { get; init; }

    /// <summary>Gets the text of its value in the lake; null for NULL.</summary>
    public string? InLake { get; init; }
}

/// <summary>What differs of a row.</summary>
public enum RowDifferenceKind
{
    /// <summary>A value.</summary>
    Changed,

    /// <summary>The lake does not have it.</summary>
    MissingInLake,

    /// <summary>The source does not have it.</summary>
    MissingInSource,
}
