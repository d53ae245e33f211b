using System.Globalization;
using Foz.Core.Engine;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>
/// The columns as data files have them: by physical names or field ids where the table maps its columns (PROTOCOL.md,
/// "Column Mapping"), and what turns them into the table's own.
/// </summary>
static class PhysicalColumns
{
    const string ElementVariable = "x";

    /// <summary>The <c>schema</c> argument of <c>read_parquet</c>: columns that a file lacks are NULL.</summary>
    public static string Schema(TableSchema schema)
    {
        var columns = schema.DataColumns
            .Where(IsInFiles)
            .Select(field =>
                $"{Key(field, schema.Mapping)}: {{'name': {SqlText.Literal(field.PhysicalName(schema.Mapping))}, "
                + $"'type': {SqlText.Literal(TypeName(field.Type, schema.Mapping))}, 'default_value': NULL}}");
        return $"MAP {{{string.Join(", ", columns)}}}";
    }

    /// <summary>Whether data files have a column: a void one is null without standing there.</summary>
    public static bool IsInFiles(StructField field) => field.Type != DeltaType.Void;

    /// <summary>DuckDB's name of a type with the names that people see.</summary>
    public static string LogicalTypeName(DeltaType type) =>
        ColumnTypes.NameOf(DeltaTypes.ToDataType(type));

    /// <summary>The value of a top-level column, with fields of structs renamed to the names that people see.</summary>
    public static string Value(StructField field, ColumnMappingMode mapping) => field.Type == DeltaType.Void
        ? $"CAST(NULL AS {LogicalTypeName(field.Type)})"
        : Rename(SqlText.Identifier(field.PhysicalName(mapping)), field.Type, mapping, depth: 0);

    static string Key(StructField field, ColumnMappingMode mapping) => mapping == ColumnMappingMode.Id
        ? field.ColumnId!.Value.ToString(CultureInfo.InvariantCulture)
        : SqlText.Literal(field.PhysicalName(mapping));

    static string TypeName(DeltaType type, ColumnMappingMode mapping) => type switch
    {
        StructType s => $"STRUCT({string.Join(", ", s.Fields.Select(f =>
            $"{SqlText.Identifier(f.PhysicalName(mapping))} {TypeName(f.Type, mapping)}"))})",
        ArrayType array => TypeName(array.Element, mapping) + "[]",
        MapType map => $"MAP({TypeName(map.Key, mapping)}, {TypeName(map.Value, mapping)})",
        _ => LogicalTypeName(type),
    };

    static string Rename(string value, DeltaType type, ColumnMappingMode mapping, int depth)
    {
        if (!IsRenamed(type, mapping)) return value;
        var element = ElementVariable + depth.ToString(CultureInfo.InvariantCulture);
        return type switch
        {
            StructType s => $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", s.Fields.Select(f =>
                $"{SqlText.Identifier(f.Name)} := "
                + Rename($"({value}).{SqlText.Identifier(f.PhysicalName(mapping))}", f.Type, mapping, depth)))}) END",
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
