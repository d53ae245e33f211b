using System.Globalization;
using System.Text.Json;

namespace Foz.Delta.Schema;

/// <summary>The column mapping of a table.</summary>
public static class ColumnMapping
{
    /// <summary>Table property that chooses the mode.</summary>
    public const string ModeProperty = "delta.columnMapping.mode";

    /// <summary>Table property of the greatest column id that was ever given out.</summary>
    public const string MaxColumnIdProperty = "delta.columnMapping.maxColumnId";

    /// <summary>Table property that keeps a table so that it can be read as Iceberg.</summary>
    public const string IcebergCompatProperty = "delta.enableIcebergCompatV2";

    /// <summary>
    /// The mode that a table's properties choose; the caller checks that the protocol supports mapping.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>: a mode outside the specification.
    /// </exception>
    public static ColumnMappingMode ModeOf(IReadOnlyDictionary<string, string?> properties) =>
        properties.TryGetValue(ModeProperty, out var mode) && mode is not null
            ? ParseMode(mode)
            : ColumnMappingMode.None;

    /// <summary>
    /// The path of a column as data files, statistics and partition values have it; null if it is unknown.
    /// </summary>
    public static ColumnPath? PhysicalPath(StructType schema, ColumnPath path, ColumnMappingMode mode)
    {
        var fields = schema.FindAll(path);
        return fields.IsEmpty ? null : ColumnPath.Of([.. fields.Select(f => f.PhysicalName(mode))]);
    }

    /// <summary>
    /// Gives each field that has none, nested ones included, an id and a physical name (<c>col-</c> and a UUID; the
    /// display name where <paramref name="keepNames"/> says that files by display name exist already).
    /// </summary>
    /// <returns>The schema, and the greatest id given out so far, for <see cref="MaxColumnIdProperty"/>.</returns>
    public static (StructType Schema, int MaxColumnId) Assign(
        StructType schema, int maxColumnId, bool keepNames = false)
    {
        maxColumnId = Math.Max(maxColumnId, GreatestId(schema));
        var assigned = (StructType)Assign(schema, ref maxColumnId, keepNames);
        return (assigned, maxColumnId);
    }

    /// <summary>
    /// As the other one, for a table with these properties: where they say that it can be read as Iceberg, the elements
    /// of arrays and the keys and values of maps get ids too (PROTOCOL.md, "Iceberg Compatibility V2").
    /// </summary>
    public static (StructType Schema, int MaxColumnId) Assign(
        StructType schema, IReadOnlyDictionary<string, string?> properties, bool keepNames = false)
    {
        var (assigned, max) = Assign(schema, MaxColumnId(properties), keepNames);
        return IsIcebergCompatible(properties) ? ((StructType)AssignNested(assigned, ref max), max) : (assigned, max);
    }

    /// <summary>Whether the properties say that the table can be read as Iceberg.</summary>
    public static bool IsIcebergCompatible(IReadOnlyDictionary<string, string?> properties) =>
        properties.TryGetValue(IcebergCompatProperty, out var value)
        && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The id of an array's elements, or a map's keys or values; null if they have none.</summary>
    /// <param name="owner">The column or field of a struct in which it lies.</param>
    /// <param name="path">The way to it, from the physical name of the owner on: <c>col-1.value.element</c>.</param>
    public static int? NestedId(StructField owner, string path) =>
        owner.Metadata[FieldMetadata.NestedIdsKey] is { ValueKind: JsonValueKind.Object } ids
        && ids.TryGetProperty(path, out var id) && id.TryGetInt32(out var number) ? number : null;

    /// <summary>Returns the greatest column id in the properties; 0 if there is none.</summary>
    public static int MaxColumnId(IReadOnlyDictionary<string, string?> properties) =>
        properties.TryGetValue(MaxColumnIdProperty, out var text)
        && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var id) ? id : 0;

    static int GreatestId(DeltaType type) => type switch
    {
        StructType parent => parent.Fields.Aggregate(
            0, (max, field) => Math.Max(
                Math.Max(max, GreatestNestedId(field)), Math.Max(field.ColumnId ?? 0, GreatestId(field.Type)))),
        ArrayType array => GreatestId(array.Element),
        MapType map => Math.Max(GreatestId(map.Key), GreatestId(map.Value)),
        _ => 0,
    };

    /// <summary>How many ids fields have, those of elements, keys and values included.</summary>
    public static int CountIds(DeltaType type) => type switch
    {
        StructType parent => parent.Fields.Sum(field => (field.ColumnId is null ? 0 : 1) + NestedIdCount(field)
            + CountIds(field.Type)),
        ArrayType array => CountIds(array.Element),
        MapType map => CountIds(map.Key) + CountIds(map.Value),
        _ => 0,
    };

    static int NestedIdCount(StructField field) =>
        field.Metadata[FieldMetadata.NestedIdsKey] is { ValueKind: JsonValueKind.Object } ids
            ? ids.EnumerateObject().Count()
            : 0;

    static int GreatestNestedId(StructField field) =>
        field.Metadata[FieldMetadata.NestedIdsKey] is { ValueKind: JsonValueKind.Object } ids
            ? ids.EnumerateObject().Select(id => id.Value.TryGetInt32(out var number) ? number : 0).DefaultIfEmpty()
                .Max()
            : 0;

    static DeltaType AssignNested(DeltaType type, ref int maxColumnId)
    {
        switch (type)
        {
            case StructType parent:
                var fields = parent.Fields.ToBuilder();
                for (var i = 0; i < fields.Count; i++)
                {
                    var path = fields[i].Metadata.GetString(FieldMetadata.PhysicalNameKey)!;
                    fields[i] = AssignNested(fields[i], fields[i].Type, path, ref maxColumnId);
                    fields[i] = fields[i] with { Type = AssignNested(fields[i].Type, ref maxColumnId) };
                }
                return new StructType(fields.MoveToImmutable());
            case ArrayType array:
                return array with { Element = AssignNested(array.Element, ref maxColumnId) };
            case MapType map:
                return map with
                {
                    Key = AssignNested(map.Key, ref maxColumnId),
                    Value = AssignNested(map.Value, ref maxColumnId),
                };
            default:
                return type;
        }
    }

    /// <summary>Gives ids to what lies in a field without a struct between.</summary>
    static StructField AssignNested(StructField field, DeltaType type, string path, ref int maxColumnId)
    {
        (string Name, DeltaType Type)[] parts = type switch
        {
            ArrayType array => [("element", array.Element)],
            MapType map => [("key", map.Key), ("value", map.Value)],
            _ => [],
        };
        foreach (var (name, part) in parts)
        {
            var partPath = $"{path}.{name}";
            if (NestedId(field, partPath) is null)
                field = field with { Metadata = WithNestedId(field.Metadata, partPath, ++maxColumnId) };
            field = AssignNested(field, part, partPath, ref maxColumnId);
        }
        return field;
    }

    static FieldMetadata WithNestedId(FieldMetadata metadata, string path, int id) => metadata.With(
        FieldMetadata.NestedIdsKey,
        SchemaValue.ToElement(writer =>
        {
            writer.WriteStartObject();
            if (metadata[FieldMetadata.NestedIdsKey] is { ValueKind: JsonValueKind.Object } ids)
                foreach (var known in ids.EnumerateObject()) known.WriteTo(writer);
            writer.WriteNumber(path, id);
            writer.WriteEndObject();
        }));

    static DeltaType Assign(DeltaType type, ref int maxColumnId, bool keepNames)
    {
        switch (type)
        {
            case StructType parent:
                var fields = parent.Fields.ToBuilder();
                for (var i = 0; i < fields.Count; i++) fields[i] = Assign(fields[i], ref maxColumnId, keepNames);
                return new StructType(fields.MoveToImmutable());
            case ArrayType array:
                return array with { Element = Assign(array.Element, ref maxColumnId, keepNames) };
            case MapType map:
                return map with
                {
                    Key = Assign(map.Key, ref maxColumnId, keepNames),
                    Value = Assign(map.Value, ref maxColumnId, keepNames),
                };
            default:
                return type;
        }
    }

    static StructField Assign(StructField field, ref int maxColumnId, bool keepNames)
    {
        var metadata = field.Metadata;
        if (field.ColumnId is null) metadata = metadata.With(FieldMetadata.ColumnIdKey, ++maxColumnId);
        if (metadata.GetString(FieldMetadata.PhysicalNameKey) is null)
            metadata = metadata.With(FieldMetadata.PhysicalNameKey, keepNames ? field.Name : $"col-{Guid.NewGuid():D}");
        return field with { Metadata = metadata, Type = Assign(field.Type, ref maxColumnId, keepNames) };
    }

    static ColumnMappingMode ParseMode(string mode) => mode.ToLowerInvariant() switch
    {
        "none" => ColumnMappingMode.None,
        "name" => ColumnMappingMode.Name,
        "id" => ColumnMappingMode.Id,
        _ => throw new DeltaException(DeltaErrorKind.Unsupported, $"column mapping mode {mode} is not supported"),
    };
}
