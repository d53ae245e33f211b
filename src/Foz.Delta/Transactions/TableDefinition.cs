using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>A table to be created.</summary>
public sealed record TableDefinition
{
    /// <summary>The columns.</summary>
    public required StructType Schema { get; init; }

    /// <summary>The names of the columns to partition by, in order.</summary>
    public IReadOnlyList<string> PartitionColumns { get; init; } = [];

    /// <summary>Properties, such as <c>delta.enableDeletionVectors</c>; the features they need are added.</summary>
    public StringMap Properties { get; init; } = StringMap.Empty;

    /// <summary>Table features beyond those that schema and properties need.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The name; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>The description; null for none.</summary>
    public string? Description { get; init; }

    internal (Protocol Protocol, Metadata Metadata) ToActions(TimeProvider time)
    {
        Schema.Validate();
        var (schema, properties) = (Schema, IcebergCompat.ForNew(Properties));
        if (ColumnMapping.ModeOf(properties) != ColumnMappingMode.None)
        {
            (schema, var maxColumnId) = ColumnMapping.Assign(schema, properties);
            properties = properties.With(
                ColumnMapping.MaxColumnIdProperty, maxColumnId.ToString(CultureInfo.InvariantCulture));
        }
        CheckPartitionColumns();
        var metadata = new Metadata
        {
            Id = Guid.NewGuid().ToString("D"),
            Name = Name,
            Description = Description,
            SchemaString = schema.ToString(),
            PartitionColumns = StringList.From(PartitionColumns),
            Configuration = properties,
            CreatedTimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        return (FeatureRules.ForNew(metadata, Features), metadata);
    }

    void CheckPartitionColumns()
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in PartitionColumns)
        {
            var column = Schema.Find(name) ?? throw Invalid($"the table has no partition column {name}");
            if (!PartitionValue.IsSupported(column.Type))
                throw Invalid($"a table cannot be partitioned by {name}, which is {column.Type}");
            if (!seen.Add(name)) throw Invalid($"the table cannot be partitioned by {name} twice");
        }
        if (seen.Count > 0 && seen.Count == Schema.Fields.Length)
            throw Invalid("a table cannot be partitioned by all of its columns");
    }

    static DeltaException Invalid(string message) => new(DeltaErrorKind.InvalidSchema, message);
}
