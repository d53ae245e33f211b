using System.Globalization;
using Foz.Delta.Schema;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>
/// The columns as data files have them: by physical names or field ids where the table maps its columns (PROTOCOL.md,
/// "Column Mapping"), and what turns them into the table's own.
/// </summary>
/// <param name="mapping">How the table maps its columns.</param>
/// <param name="layout">How the files hold them.</param>
public sealed class PhysicalColumns(ColumnMappingMode mapping, FileLayout layout)
{
    const string ElementVariable = "x";

    // The engine's own columns of a scan, which a file's columns of the same names would hide.
    static readonly string[] engineNames = ["filename", "file_row_number", "file_index", "rowid"];
    const string RenamedPrefix = "foz own ";

    const string PlainVariant = "STRUCT(metadata BLOB, \"value\" BLOB)";

    /// <summary>The <c>schema</c> argument of <c>read_parquet</c>: columns that a file lacks are NULL.</summary>
    /// <param name="schema">The table's.</param>
    /// <param name="others">
    /// Columns besides the table's, by name; with any, all are found by the names that the files have.
    /// </param>
    public string Schema(TableSchema schema, IReadOnlyList<ExtraColumn> others)
    {
        var columns = schema.DataColumns.Where(IsInFiles).Select(
            field => Entry(Key(field, isByName: others.Count > 0), ScanName(field), TypeName(field.Type)));
        return $"MAP {{{string.Join(", ", columns.Concat(others.Select(
            column => Entry(SqlText.Literal(column.Name), column.Name, column.Type))))}}}";
    }

    /// <summary>Whether data files have a column: a void one is null without standing there.</summary>
    public static bool IsInFiles(StructField field) => field.Type != DeltaType.Void;

    /// <summary>DuckDB's name of a type with the names that people see.</summary>
    public static string LogicalTypeName(DeltaType type) =>
        ColumnTypes.NameOf(DeltaTypes.ToDataType(type));

    /// <summary>The value of a top-level column, with fields of structs renamed to the names that people see.</summary>
    public string Value(StructField field) => field.Type == DeltaType.Void
        ? $"CAST(NULL AS {LogicalTypeName(field.Type)})"
        : Convert(SqlText.Identifier(ScanName(field)), field.Type, TextLength.TypeOf(field), depth: 0);

    // What a column is called inside of the scan: no other column can have that name.
    string ScanName(StructField field)
    {
        var name = field.PhysicalName(mapping);
        return engineNames.Contains(name, StringComparer.OrdinalIgnoreCase)
            || name.StartsWith(RenamedPrefix, StringComparison.OrdinalIgnoreCase) ? RenamedPrefix + name : name;
    }

    static string Entry(string key, string name, string type) =>
        $"{key}: {{'name': {SqlText.Literal(name)}, 'type': {SqlText.Literal(type)}, 'default_value': NULL}}";

    string Key(StructField field, bool isByName) => mapping == ColumnMappingMode.Id && !isByName
        ? field.ColumnId!.Value.ToString(CultureInfo.InvariantCulture)
        : SqlText.Literal(layout.NameOf(field, mapping) ?? AbsentName(field));

    // A file may have another column under the name that this one would have.
    static string AbsentName(StructField field) =>
        string.Create(CultureInfo.InvariantCulture, $"foz absent {field.ColumnId}");

    string TypeName(DeltaType type) => type switch
    {
        StructType s when layout.StrangerIn(s) is { } stranger => $"STRUCT({SqlText.Identifier(stranger)} VARCHAR)",
        StructType s => $"STRUCT({string.Join(", ", FieldsOf(s).Select(f =>
            $"{SqlText.Identifier(f.Name)} {TypeName(f.Field.Type)}"))})",
        ArrayType array => TypeName(array.Element) + "[]",
        MapType map => $"MAP({TypeName(map.Key)}, {TypeName(map.Value)})",
        PrimitiveType { Kind: PrimitiveKind.Variant } when layout.HasPlainVariants => PlainVariant,
        _ => LogicalTypeName(type),
    };

    /// <summary>The fields of a struct that files have, by the names that they have there.</summary>
    List<(StructField Field, string Name)> FieldsOf(StructType type)
    {
        var fields = type.Fields.Select(field => (Field: field, Name: layout.NameOf(field, mapping)))
            .Where(f => f.Name is not null && f.Field.Type != DeltaType.Void).Select(f => (f.Field, f.Name!)).ToList();
        // A struct has a field at least; the files do not have this one.
        return fields.Count > 0 ? fields : [(type.Fields[0], type.Fields[0].PhysicalName(mapping))];
    }

    string Convert(string value, DeltaType type, DeltaType? sized, int depth)
    {
        if (!IsConverted(type, sized)) return value;
        var element = ElementVariable + depth.ToString(CultureInfo.InvariantCulture);
        string Part(string part, DeltaType partType, int place) =>
            Convert(part, partType, TextLength.Part(sized, place), depth + 1);
        return type switch
        {
            StructType s =>
                $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", s.Fields.Select((f, i) =>
                    $"{SqlText.Identifier(f.Name)} := "
                        + FieldValue(s, value, f, TextLength.Part(sized, i), depth)))}) END",
            ArrayType array => $"list_transform({value}, lambda {element}: {Part(element, array.Element, 0)})",
            MapType map =>
                $"map_from_entries(list_transform(map_entries({value}), lambda {element}: struct_pack("
                + $"k := {Part($"({element}).key", map.Key, 0)}, v := {Part($"({element}).value", map.Value, 1)})))",
            PrimitiveType { Kind: PrimitiveKind.Date } => layout.Calendar!.Date(value),
            PrimitiveType { Kind: PrimitiveKind.Timestamp } => layout.Calendar!.Timestamp(value),
            PrimitiveType { Kind: PrimitiveKind.String } => Padded(value, ((SizedTextType)sized!).Length),
            _ => $"variant_bytes_to_variant(({value}).metadata || ({value}).\"value\")",
        };
    }

    /// <summary>A text with the blanks that readers see at its end.</summary>
    public static string Padded(string value, TextLength length)
    {
        var max = length.LengthMax.ToString(CultureInfo.InvariantCulture);
        return $"CASE WHEN length({value}) < {max} THEN rpad({value}, {max}, ' ') ELSE {value} END";
    }

    string FieldValue(StructType parent, string value, StructField field, DeltaType? sized, int depth) =>
        field.Type != DeltaType.Void && layout.StrangerIn(parent) is null && layout.NameOf(field, mapping) is { } name
            ? Convert($"({value}).{SqlText.Identifier(name)}", field.Type, sized, depth)
            : $"CAST(NULL AS {LogicalTypeName(field.Type)})";

    bool IsConverted(DeltaType type, DeltaType? sized) => type switch
    {
        StructType s => layout.StrangerIn(s) is not null || s.Fields.Select((f, i) => (Field: f, Place: i)).Any(f =>
            f.Field.Type == DeltaType.Void || layout.NameOf(f.Field, mapping) != f.Field.Name
            || IsConverted(f.Field.Type, TextLength.Part(sized, f.Place))),
        ArrayType array => IsConverted(array.Element, TextLength.Part(sized, 0)),
        MapType map =>
            IsConverted(map.Key, TextLength.Part(sized, 0)) || IsConverted(map.Value, TextLength.Part(sized, 1)),
        PrimitiveType { Kind: PrimitiveKind.Date or PrimitiveKind.Timestamp } => layout.Calendar is not null,
        PrimitiveType { Kind: PrimitiveKind.String } => sized is SizedTextType { Length.IsPadded: true },
        _ => layout.HasPlainVariants && type == DeltaType.Variant,
    };
}
