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
        /// <exception cref="DeltaException">The schema is malformed, or has types or changes of type that are not
        /// supported; the message names the table.</exception>
        public TableSchema TableSchema
        {
            get
            {
                try
                {
                    return Of(snapshot.Protocol, snapshot.Metadata);
                }
                catch (DeltaException fault)
                {
                    throw new DeltaException(
                        fault.Kind, $"{snapshot.Table} at version {snapshot.Version}: {fault.Message}", fault)
                    { Version = snapshot.Version };
                }
            }
        }
    }

    /// <summary>The schema that metadata describe. Columns are mapped only where the protocol says so too.</summary>
    /// <exception cref="DeltaException">The schema is malformed, or has types or changes of type that are not
    /// supported.</exception>
    public static TableSchema Of(Protocol protocol, Metadata metadata)
    {
        if (Cache.TryGetValue(metadata, out var known)) return known;
        if (metadata.SchemaString.Length == 0)
            throw new DeltaException(
                DeltaErrorKind.InvalidSchema, "the table has no schema: its metaData has no schemaString");
        var mapping = protocol.Supports(TableFeature.ColumnMapping)
            ? ColumnMapping.ModeOf(metadata.Configuration)
            : ColumnMappingMode.None;
        var columns = StructType.ParseSchema(metadata.SchemaString);
        columns.Validate();
        // What was written before a change of type must be readable after it (PROTOCOL.md, "Type Widening").
        TypeWidening.Check(columns);
        if (mapping != ColumnMappingMode.None) CheckMapping(columns, mapping, ColumnPath.Root);
        var schema = new TableSchema(columns, metadata.PartitionColumns, mapping);
        return Cache.GetValue(metadata, _ => schema);
    }

    /// <summary>Throws unless each field can be found in data files, and no two are the same there.</summary>
    static void CheckMapping(DeltaType type, ColumnMappingMode mapping, ColumnPath path)
    {
        switch (type)
        {
            case StructType parent:
                var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                foreach (var field in parent.Fields)
                {
                    var fieldPath = path.Then(field.Name);
                    if (!names.Add(field.PhysicalName(mapping)))
                        throw Unmapped(
                            fieldPath, $"has the physical name {field.PhysicalName(mapping)} of another column");
                    if (mapping == ColumnMappingMode.Id && field.ColumnId is null)
                        throw Unmapped(fieldPath, "has no id, though the table maps columns by id");
                    CheckMapping(field.Type, mapping, fieldPath);
                }
                break;
            case ArrayType array:
                CheckMapping(array.Element, mapping, path.Then("element"));
                break;
            case MapType map:
                CheckMapping(map.Key, mapping, path.Then("key"));
                CheckMapping(map.Value, mapping, path.Then("value"));
                break;
        }
    }

    static DeltaException Unmapped(ColumnPath path, string fault) =>
        new(DeltaErrorKind.InvalidSchema, $"column {path} {fault}");
}
