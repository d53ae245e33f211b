using System.Globalization;
using Foz.Core.Engine;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>
/// The columns as data files have them: by physical names or field ids where the table maps its columns (PROTOCOL.md,
/// "Column Mapping"), and what turns them into the table's own.
/// </summary>
/// <param name="mapping">How the table maps its columns.</param>
/// <param name="hasPlainVariants">Whether the files hold variants as structs of two byte strings.</param>
sealed class PhysicalColumns(ColumnMappingMode mapping, bool hasPlainVariants)
{
    const string ElementVariable = "x";
    const string PlainVariant = "STRUCT(metadata BLOB, \"value\" BLOB)";

    /// <summary>The <c>schema</c> argument of <c>read_parquet</c>: columns that a file lacks are NULL.</summary>
    public string Schema(TableSchema schema)
    {
        var columns = schema.DataColumns
            .Where(IsInFiles)
            .Select(field =>
                $"{Key(field)}: {{'name': {SqlText.Literal(field.PhysicalName(mapping))}, "
                + $"'type': {SqlText.Literal(TypeName(field.Type))}, 'default_value': NULL}}");
        return $"MAP {{{string.Join(", ", columns)}}}";
    }

    /// <summary>Whether data files have a column: a void one is null without standing there.</summary>
    public static bool IsInFiles(StructField field) => field.Type != DeltaType.Void;

    /// <summary>DuckDB's name of a type with the names that people see.</summary>
    public static string LogicalTypeName(DeltaType type) =>
        ColumnTypes.NameOf(DeltaTypes.ToDataType(type));

    /// <summary>The value of a top-level column, with fields of structs renamed to the names that people see.</summary>
    public string Value(StructField field) => field.Type == DeltaType.Void
        ? $"CAST(NULL AS {LogicalTypeName(field.Type)})"
        : Convert(SqlText.Identifier(field.PhysicalName(mapping)), field.Type, depth: 0);

    string Key(StructField field) => mapping == ColumnMappingMode.Id
        ? field.ColumnId!.Value.ToString(CultureInfo.InvariantCulture)
        : SqlText.Literal(field.PhysicalName(mapping));

    string TypeName(DeltaType type) => type switch
    {
        StructType s => $"STRUCT({string.Join(", ", s.Fields.Select(f =>
            $"{SqlText.Identifier(f.PhysicalName(mapping))} {TypeName(f.Type)}"))})",
        ArrayType array => TypeName(array.Element) + "[]",
        MapType map => $"MAP({TypeName(map.Key)}, {TypeName(map.Value)})",
        PrimitiveType { Kind: PrimitiveKind.Variant } when hasPlainVariants => PlainVariant,
        _ => LogicalTypeName(type),
    };

    string Convert(string value, DeltaType type, int depth)
    {
        if (!IsConverted(type)) return value;
        var element = ElementVariable + depth.ToString(CultureInfo.InvariantCulture);
        return type switch
        {
            StructType s => $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", s.Fields.Select(f =>
                $"{SqlText.Identifier(f.Name)} := "
                + Convert($"({value}).{SqlText.Identifier(f.PhysicalName(mapping))}", f.Type, depth)))}) END",
            ArrayType array =>
                $"list_transform({value}, lambda {element}: {Convert(element, array.Element, depth + 1)})",
            MapType map =>
                $"map_from_entries(list_transform(map_entries({value}), lambda {element}: struct_pack("
                + $"k := {Convert($"({element}).key", map.Key, depth + 1)}, "
                + $"v := {Convert($"({element}).value", map.Value, depth + 1)})))",
            _ => $"variant_bytes_to_variant(({value}).metadata || ({value}).\"value\")",
        };
    }

    bool IsConverted(DeltaType type) => type switch
    {
        StructType s => s.Fields.Any(f => f.PhysicalName(mapping) != f.Name || IsConverted(f.Type)),
        ArrayType array => IsConverted(array.Element),
        MapType map => IsConverted(map.Key) || IsConverted(map.Value),
        _ => hasPlainVariants && type == DeltaType.Variant,
    };
}
