namespace Foz.Delta.Log;

/// <summary>What the table is: schema, partitioning, properties (action <c>metaData</c>).</summary>
public sealed record Metadata : LogAction
{
    /// <summary>The table's identifier, a GUID as text.</summary>
    public required string Id { get; init; }

    /// <summary>The table's name; null if absent.</summary>
    public string? Name { get; init; }

    /// <summary>The table's description; null if absent.</summary>
    public string? Description { get; init; }

    /// <summary>The format of the data files, <c>parquet</c>.</summary>
    public string FormatProvider { get; init; } = "parquet";

    /// <summary>Options of the format, empty in practice.</summary>
    public StringMap FormatOptions { get; init; } = StringMap.Empty;

    /// <summary>The schema as JSON; empty in logs of some test writers, whose tables cannot be read.</summary>
    public required string SchemaString { get; init; }

    /// <summary>The columns that the table is partitioned by, by logical name.</summary>
    public StringList PartitionColumns { get; init; } = StringList.Empty;

    /// <summary>The table's properties, such as <c>delta.appendOnly</c>.</summary>
    public StringMap Configuration { get; init; } = StringMap.Empty;

    /// <summary>When the action was made, in milliseconds since 1970 UTC; null if absent.</summary>
    public long? CreatedTimeMs { get; init; }
}
