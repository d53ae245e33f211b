using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Scans;

/// <summary>The parsed schema of snapshots, kept with the metadata that they share.</summary>
public static class SnapshotSchema
{
    static readonly ConditionalWeakTable<Metadata, TableSchema> Cache = [];

    extension(Snapshot snapshot)
    {
        /// <summary>The columns of the table, its partition columns, and how they are found in data files.</summary>
        /// <exception cref="DeltaException">The schema is malformed, or has types that are not supported.</exception>
        public TableSchema TableSchema => Of(snapshot.Protocol, snapshot.Metadata);
    }

    /// <summary>The schema that metadata describe. Columns are mapped only where the protocol says so too.</summary>
    /// <exception cref="DeltaException">The schema is malformed, or has types that are not supported.</exception>
    public static TableSchema Of(Protocol protocol, Metadata metadata)
    {
        if (Cache.TryGetValue(metadata, out var known)) return known;
        var mapping = protocol.Supports(TableFeature.ColumnMapping)
            ? ColumnMapping.ModeOf(metadata.Configuration)
            : ColumnMappingMode.None;
        var schema = new TableSchema(StructType.ParseSchema(metadata.SchemaString), metadata.PartitionColumns, mapping);
        return Cache.GetValue(metadata, _ => schema);
    }
}
