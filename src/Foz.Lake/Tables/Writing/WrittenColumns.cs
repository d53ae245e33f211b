using System.Globalization;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// The columns as data files are written: by physical names, with field ids where the table maps its columns
/// (PROTOCOL.md, "Column Mapping"). The way back is <see cref="PhysicalColumns"/>.
/// </summary>
static class WrittenColumns
{
    const string ElementVariable = "x";

    /// <summary>A value with fields of structs renamed to the names of data files.</summary>
    public static string ToPhysical(string value, DeltaType type, ColumnMappingMode mapping) =>
        Rename(value, type, mapping, depth: 0);

    /// <summary>
    /// The Parquet field ids of the columns of data files; none where the table does not map its columns.
    /// </summary>
    /// <param name="schema">The table's columns.</param>
    /// <param name="withPartitionColumns">Whether files hold the partition columns.</param>
    public static IReadOnlyList<ParquetFieldId> FieldIds(TableSchema schema, bool withPartitionColumns) =>
        schema.Mapping == ColumnMappingMode.None
            ? []
            : [.. (withPartitionColumns ? schema.Columns.Fields : schema.DataColumns)
                .Where(PhysicalColumns.IsInFiles).Select(field => FieldId(field, schema.Mapping))];

    static ParquetFieldId FieldId(StructField field, ColumnMappingMode mapping)
    {
        var name = field.PhysicalName(mapping);
        return new(name, field.ColumnId, FieldIds(field, name, field.Type, mapping));
    }

    /// <summary>The ids of what lies in a column, or in a part of it that a path from its name on leads to.</summary>
    static IReadOnlyList<ParquetFieldId> FieldIds(
        StructField owner, string path, DeltaType type, ColumnMappingMode mapping)
    {
        ParquetFieldId Part(string name, DeltaType part) => new(
            name, ColumnMapping.NestedId(owner, $"{path}.{name}"), FieldIds(owner, $"{path}.{name}", part, mapping));
        return type switch
        {
            StructType s => [.. s.Fields.Select(field => FieldId(field, mapping))],
            ArrayType array => [Part("element", array.Element)],
            MapType map => [Part("key", map.Key), Part("value", map.Value)],
            _ => [],
        };
    }

    static string Rename(string value, DeltaType type, ColumnMappingMode mapping, int depth)
    {
        if (!IsRenamed(type, mapping)) return value;
        var element = ElementVariable + depth.ToString(CultureInfo.InvariantCulture);
        return type switch
        {
            StructType s => $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", s.Fields.Select(f =>
                $"{SqlText.Identifier(f.PhysicalName(mapping))} := "
                + Rename($"({value}).{SqlText.Identifier(f.Name)}", f.Type, mapping, depth)))}) END",
            ArrayType array =>
                $"list_transform({value}, lambda {element}: {Rename(element, array.Element, mapping, depth + 1)})",
            MapType map =>
                $"map_from_entries(list_transform(map_entries({value}), lambda {element}: struct_pack("
                + $"k := {Rename($"({element}).key", map.Key, mapping, depth + 1)}, "
                + $"v := {Rename($"({element}).value", map.Value, mapping, depth + 1)})))",
            _ => value,
        };
    }

    static bool IsRenamed(DeltaType type, ColumnMappingMode mapping) => type switch
    {
        StructType s => s.Fields.Any(f => f.PhysicalName(mapping) != f.Name || IsRenamed(f.Type, mapping)),
        ArrayType array => IsRenamed(array.Element, mapping),
        MapType map => IsRenamed(map.Key, mapping) || IsRenamed(map.Value, mapping),
        _ => false,
    };
}
