namespace Foz.Delta.Schema;

/// <summary>How a table's columns are found in its data files (PROTOCOL.md, "Column Mapping").</summary>
public enum ColumnMappingMode
{
    /// <summary>By the display name.</summary>
    None,

    /// <summary>By the physical name in the column's metadata.</summary>
    Name,

    /// <summary>By the Parquet field id, equal to the id in the column's metadata.</summary>
    Id,
}
