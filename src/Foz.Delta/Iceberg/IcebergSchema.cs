using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>A table's columns as Iceberg has them (Iceberg specification, "Schemas and Data Types"). Field ids are
/// those of Delta's column mapping.</summary>
static class IcebergSchema
{
    /// <summary>The schema's fields as Iceberg's JSON.</summary>
    /// <exception cref="DeltaException">A field has no id, or a type that Iceberg lacks.</exception>
    public static JsonArray Fields(StructType schema) => [.. schema.Fields.Select(field => (JsonNode)Field(field))];

    /// <summary>The type as Iceberg's JSON.</summary>
    /// <exception cref="DeltaException">Iceberg has none such.</exception>
    public static string TypeName(DeltaType type) => type switch
    {
        DecimalType d => string.Create(CultureInfo.InvariantCulture, $"decimal({d.Precision}, {d.Scale})"),
        PrimitiveType primitive => primitive.Kind switch
        {
            PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer => "int",
            PrimitiveKind.Long => "long",
            PrimitiveKind.Float => "float",
            PrimitiveKind.Double => "double",
            PrimitiveKind.Boolean => "boolean",
            PrimitiveKind.String => "string",
            PrimitiveKind.Binary => "binary",
            PrimitiveKind.Date => "date",
            PrimitiveKind.Timestamp => "timestamptz",
            PrimitiveKind.TimestampNtz => "timestamp",
            _ => throw Unsupported(type),
        },
        _ => throw Unsupported(type),
    };

    /// <summary>
    /// Which columns files without field ids hold, by their names there (Iceberg specification, "Column Projection",
    /// <c>schema.name-mapping.default</c>).
    /// </summary>
    public static JsonArray NameMapping(StructType schema, ColumnMappingMode mapping) =>
        [.. schema.Fields.Select(field => (JsonNode)Names(
            field.ColumnId!.Value, field.PhysicalName(mapping), field, PathOf(field), field.Type, mapping))];

    /// <summary>The id of an array's elements, or a map's keys or values.</summary>
    /// <param name="owner">The column or field of a struct in which it lies.</param>
    /// <param name="path">The way to it, from the physical name of the owner on.</param>
    public static int NestedId(StructField owner, string path) => ColumnMapping.NestedId(owner, path)
        ?? throw new DeltaException(DeltaErrorKind.InvalidSchema,
            $"column {owner.Name} has no id for {path} in {FieldMetadata.NestedIdsKey}");

    static string PathOf(StructField field) => field.PhysicalName(ColumnMappingMode.Name);

    static JsonObject Field(StructField field)
    {
        var json = new JsonObject
        {
            ["id"] = field.ColumnId
                ?? throw new DeltaException(DeltaErrorKind.InvalidSchema, $"column {field.Name} has no id"),
            ["name"] = field.Name,
            ["required"] = !field.Nullable,
            ["type"] = Type(field, PathOf(field), field.Type),
        };
        if (field.Comment is { } comment) json["doc"] = comment;
        return json;
    }

    static JsonNode Type(StructField owner, string path, DeltaType type) => type switch
    {
        StructType parent => new JsonObject { ["type"] = "struct", ["fields"] = Fields(parent) },
        ArrayType array => new JsonObject
        {
            ["type"] = "list",
            ["element-id"] = NestedId(owner, $"{path}.element"),
            ["element-required"] = !array.ContainsNull,
            ["element"] = Type(owner, $"{path}.element", array.Element),
        },
        MapType map => new JsonObject
        {
            ["type"] = "map",
            ["key-id"] = NestedId(owner, $"{path}.key"),
            ["key"] = Type(owner, $"{path}.key", map.Key),
            ["value-id"] = NestedId(owner, $"{path}.value"),
            ["value-required"] = !map.ValueContainsNull,
            ["value"] = Type(owner, $"{path}.value", map.Value),
        },
        _ => TypeName(type),
    };

    static JsonObject Names(
        int id, string name, StructField owner, string path, DeltaType type, ColumnMappingMode mapping)
    {
        var names = new JsonObject { ["field-id"] = id, ["names"] = new JsonArray(name) };
        var inner = Inner(owner, path, type, mapping);
        if (inner.Count > 0) names["fields"] = inner;
        return names;
    }

    static JsonArray Inner(StructField owner, string path, DeltaType type, ColumnMappingMode mapping)
    {
        JsonNode Part(string name, DeltaType part) =>
            Names(NestedId(owner, $"{path}.{name}"), name, owner, $"{path}.{name}", part, mapping);
        return type switch
        {
            StructType parent => NameMapping(parent, mapping),
            ArrayType array => [Part("element", array.Element)],
            MapType map => [Part("key", map.Key), Part("value", map.Value)],
            _ => [],
        };
    }

    static DeltaException Unsupported(DeltaType type) =>
        new(DeltaErrorKind.Unsupported, $"Iceberg has no type for {type}");
}

/// <summary>A column by which Iceberg's files are partitioned, by its unchanged values.</summary>
/// <param name="FieldId">The id of the partition field, from 1000 on.</param>
/// <param name="SourceId">The id of the column.</param>
/// <param name="Name">The column's name.</param>
/// <param name="PhysicalName">The column's name in the log's partition values.</param>
/// <param name="Type">The column's type.</param>
sealed record PartitionField(int FieldId, int SourceId, string Name, string PhysicalName, DeltaType Type);

/// <summary>How a table is partitioned (Iceberg specification, "Partitioning").</summary>
/// <param name="Id">The number of the specification in the table's metadata.</param>
/// <param name="Fields">The partition columns.</param>
sealed record PartitionSpec(int Id, ImmutableArray<PartitionField> Fields)
{
    /// <summary>The fields as Iceberg's JSON.</summary>
    public JsonArray ToJson() =>
    [
        .. Fields.Select(field => (JsonNode)new JsonObject
        {
            ["source-id"] = field.SourceId, ["field-id"] = field.FieldId, ["name"] = field.Name,
            ["transform"] = "identity",
        }),
    ];
}
