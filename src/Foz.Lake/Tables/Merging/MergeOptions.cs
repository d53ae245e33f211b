namespace Foz.Lake.Tables.Merging;

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

    /// <summary>The columns that a row of the same key does not change; empty for none.</summary>
    public IReadOnlyList<string> KeptColumns { get; init; } = [];

    /// <summary>
    /// The column that decides which of two rows of a key is the newer one: of the merged rows the newest counts, and
    /// one that is older than the table's changes nothing. NULL is older than all. Null where the merged rows are
    /// always the newer ones.
    /// </summary>
    public string? SequenceBy { get; init; }

    /// <summary>
    /// Which rows of the table can be replaced: all others are as if they were not there. It calls the table
    /// <c>target</c>, if anything.
    /// </summary>
    public RowCondition Target { get; init; } = new("true", "target");

    /// <summary>
    /// Whether the keys are the table's partition columns: a NULL equals another one, and an empty text, which is no
    /// other partition (PROTOCOL.md, "Partition Value Serialization").
    /// </summary>
    public bool IsByPartition { get; init; }

    /// <summary>How the rows are written.</summary>
    public WriteOptions Write { get; init; } = new();
}
