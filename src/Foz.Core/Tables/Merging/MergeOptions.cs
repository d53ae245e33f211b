namespace Foz.Core.Tables.Merging;

/// <summary>How rows are merged into a table.</summary>
public sealed record MergeOptions
{
    /// <summary>
    /// The columns that identify a row: a row of the table with equal values is replaced, one without an equal is
    /// added. NULL equals nothing.
    /// </summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The columns that a replaced row takes from the new one; empty for all.</summary>
    public IReadOnlyList<string> UpdateColumns { get; init; } = [];

    /// <summary>How the rows are written.</summary>
    public WriteOptions Write { get; init; } = new();
}
