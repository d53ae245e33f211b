using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Foz.Delta.Schema;
using Foz.Lake.Data;

namespace Foz.Lake.Tables;

/// <summary>The types of columns in the words of the Delta log, and back.</summary>
public static class DeltaTypes
{
    /// <summary>A table's columns as the platform passes them on.</summary>
    public static IReadOnlyList<Field> ToFields(StructType schema) => [.. schema.Fields.Select(ToField)];

    /// <summary>A table's schema of columns.</summary>
    public static StructType ToSchema(IEnumerable<Field> fields) => new([.. fields.Select(ToStructField)]);

    /// <summary>The type of a column as the platform passes it on.</summary>
    public static DataType ToDataType(DeltaType type) => type switch
    {
        PrimitiveType primitive => ToDataType(primitive.Kind),
        DecimalType d => new DataType.Decimal(d.Precision, d.Scale),
        ArrayType array => new DataType.Array(ToDataType(array.Element)),
        MapType map => new DataType.Map(ToDataType(map.Key), ToDataType(map.Value)),
        StructType s => new DataType.Struct(ToFields(s)),
        _ => throw new UnreachableException($"a Delta type {type}"),
    };

    static Field ToField(StructField field) => new(field.Name, ToDataType(field.Type), field.Nullable)
    {
        Metadata = field.Metadata.Entries
            .Where(entry => entry.Value.ValueKind == JsonValueKind.String)
            .ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value.GetString()!),
    };

    static StructField ToStructField(Field field) => new(
        field.Name, ToDeltaType(field.Type), field.IsNullable,
        field.Metadata.Aggregate(FieldMetadata.Empty, (metadata, entry) => metadata.With(entry.Key, entry.Value)));

    /// <summary>The type that a column takes because data has another; null where there is none.</summary>
    public static DataType? Wider(DataType table, DataType data) =>
        TypeWidening.Wider(ToDeltaType(table), ToDeltaType(data)) is { } wider ? ToDataType(wider) : null;

    /// <summary>Whether a table can be clustered by columns of a type: files keep bounds of them.</summary>
    public static bool CanCluster(DeltaType type) => type is DecimalType or PrimitiveType
    {
        Kind: not (PrimitiveKind.Boolean or PrimitiveKind.Binary or PrimitiveKind.Variant or PrimitiveKind.Void),
    };

    /// <summary>The type of a column in the words of the log.</summary>
    public static DeltaType ToDeltaType(DataType type) => type switch
    {
        DataType.Primitive primitive => ToDeltaType(primitive),
        DataType.Decimal d => new DecimalType(d.Precision, d.Scale),
        DataType.Array array => new ArrayType(ToDeltaType(array.Element), ContainsNull: true),
        DataType.Map map => new MapType(ToDeltaType(map.Key), ToDeltaType(map.Value), ValueContainsNull: true),
        DataType.Struct s => ToSchema(s.Fields),
        _ => throw new UnreachableException($"a type {type}"),
    };

    static PrimitiveType ToDeltaType(DataType.Primitive type) => type.Name switch
    {
        "boolean" => DeltaType.Boolean,
        "byte" => DeltaType.Byte,
        "short" => DeltaType.Short,
        "integer" => DeltaType.Integer,
        "long" => DeltaType.Long,
        "float" => DeltaType.Float,
        "double" => DeltaType.Double,
        "string" => DeltaType.String,
        "binary" => DeltaType.Binary,
        "date" => DeltaType.Date,
        "timestamp" => DeltaType.Timestamp,
        "timestamp_ntz" => DeltaType.TimestampNtz,
        "variant" => DeltaType.Variant,
        "void" => DeltaType.Void,
        _ => throw new UnreachableException($"a primitive type {type}"),
    };

    static DataType ToDataType(PrimitiveKind kind) => kind switch
    {
        PrimitiveKind.Boolean => DataType.Boolean,
        PrimitiveKind.Byte => DataType.Byte,
        PrimitiveKind.Short => DataType.Short,
        PrimitiveKind.Integer => DataType.Integer,
        PrimitiveKind.Long => DataType.Long,
        PrimitiveKind.Float => DataType.Float,
        PrimitiveKind.Double => DataType.Double,
        PrimitiveKind.String => DataType.String,
        PrimitiveKind.Binary => DataType.Binary,
        PrimitiveKind.Date => DataType.Date,
        PrimitiveKind.Timestamp => DataType.Timestamp,
        PrimitiveKind.TimestampNtz => DataType.TimestampNtz,
        PrimitiveKind.Variant => DataType.Variant,
        PrimitiveKind.Void => DataType.Void,
        _ => throw new UnreachableException($"a primitive type {kind}"),
    };
}
