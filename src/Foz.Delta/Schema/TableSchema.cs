using System.Collections.Immutable;

namespace Foz.Delta.Schema;

/// <summary>The columns of a table, which of them partition it, and how they are found in data files.</summary>
public sealed class TableSchema
{
    readonly HashSet<string> partitionNames;

    /// <summary>Makes the schema of a table.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: a partition column is none of the columns.
    /// </exception>
    public TableSchema(StructType columns, IReadOnlyList<string> partitionColumns, ColumnMappingMode mapping)
    {
        Columns = columns;
        Mapping = mapping;
        PartitionColumns = [.. partitionColumns.Select(name => columns.Find(name)
            ?? throw new DeltaException(DeltaErrorKind.InvalidSchema, $"the table has no partition column {name}"))];
        partitionNames = new(partitionColumns, StringComparer.OrdinalIgnoreCase);
        DataColumns = [.. columns.Fields.Where(field => !partitionNames.Contains(field.Name))];
    }

    /// <summary>All columns, in order.</summary>
    public StructType Columns { get; }

    /// <summary>The columns that the table is partitioned by, in the order of partitioning.</summary>
    public ImmutableArray<StructField> PartitionColumns { get; }

    /// <summary>The columns in data files: all but the partition columns.</summary>
    public ImmutableArray<StructField> DataColumns { get; }

    /// <summary>How columns are found in data files.</summary>
    public ColumnMappingMode Mapping { get; }

    /// <summary>Whether a column of the top level partitions the table.</summary>
    public bool IsPartitionColumn(string name) => partitionNames.Contains(name);

    /// <summary>The path of a column in statistics and data files; null if the column is unknown.</summary>
    public ColumnPath? PhysicalPath(ColumnPath path) => ColumnMapping.PhysicalPath(Columns, path, Mapping);
}
