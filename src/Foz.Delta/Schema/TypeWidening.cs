using System.Collections.Immutable;
using System.Text.Json;

namespace Foz.Delta.Schema;

/// <summary>A change of a column's type that a table went through (PROTOCOL.md, "Type Change Metadata").</summary>
/// <param name="From">The type before.</param>
/// <param name="To">The type after.</param>
/// <param name="FieldPath">
/// Null for the column itself; otherwise the path from it to the changed map key, map value or array element, for
/// example <c>element.value</c>.
/// </param>
public sealed record TypeChange(DeltaType From, DeltaType To, string? FieldPath = null);

/// <summary>The changes of type that the feature <c>typeWidening</c> allows (PROTOCOL.md, "Type Widening").</summary>
public static class TypeWidening
{
    /// <summary>Table property without which a writer must not widen a type.</summary>
    public const string EnableProperty = "delta.enableTypeWidening";

    /// <summary>Whether a writer may change a column's type in this way.</summary>
    public static bool CanWiden(DeltaType from, DeltaType to) =>
        IsWider(from, to, integerDigits: kind => kind is PrimitiveKind.Long ? 20 : 10);

    /// <summary>
    /// Whether a column may take this type because data has it: as <see cref="CanWiden"/>, but a whole number becomes a
    /// decimal or a floating-point number only where a user asks for it, as Spark has it.
    /// </summary>
    public static bool CanEvolve(DeltaType from, DeltaType to) => CanWiden(from, to) && (from, to) is
        not (PrimitiveType { Kind: not PrimitiveKind.Float }, PrimitiveType { Kind: PrimitiveKind.Double })
        and not (PrimitiveType, DecimalType);

    /// <summary>
    /// The type that a column takes because data has another: the data's where <see cref="CanEvolve"/> allows it; of
    /// two decimals the narrowest that holds both. Null where there is none.
    /// </summary>
    public static DeltaType? Wider(DeltaType table, DeltaType data)
    {
        if (table is DecimalType a && data is DecimalType b)
        {
            var scale = Math.Max(a.Scale, b.Scale);
            var precision = Math.Max(a.Precision - a.Scale, b.Precision - b.Scale) + scale;
            if (precision > DecimalType.PrecisionMax) return null;
            data = new DecimalType(precision, scale);
        }
        return CanEvolve(table, data) ? data : null;
    }

    /// <summary>
    /// Whether values of the old type can be read as the new one: as <see cref="CanWiden"/>, but a decimal need hold no
    /// more digits than the integer had, as some writers have it.
    /// </summary>
    public static bool CanRead(DeltaType from, DeltaType to) => IsWider(from, to, integerDigits: kind => kind switch
    {
        PrimitiveKind.Byte => 3,
        PrimitiveKind.Short => 5,
        PrimitiveKind.Integer => 10,
        _ => 19,
    });

    /// <summary>The changes of type that a field records, oldest first.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the record is malformed.
    /// </exception>
    public static ImmutableArray<TypeChange> ChangesOf(StructField field)
    {
        if (field.Metadata[FieldMetadata.TypeChangesKey] is not { } json) return [];
        if (json.ValueKind != JsonValueKind.Array) throw Malformed(field, json);
        var changes = ImmutableArray.CreateBuilder<TypeChange>(json.GetArrayLength());
        foreach (var change in json.EnumerateArray())
        {
            if (change.ValueKind != JsonValueKind.Object
                || !change.TryGetProperty("fromType"u8, out var from)
                || !change.TryGetProperty("toType"u8, out var to))
                throw Malformed(field, json);
            var path = change.TryGetProperty("fieldPath"u8, out var at) ? at.GetString() : null;
            changes.Add(new(
                SchemaJson.ReadType(from, ColumnPath.Of(field.Name)),
                SchemaJson.ReadType(to, ColumnPath.Of(field.Name)),
                path));
        }
        return changes.MoveToImmutable();
    }

    /// <summary>The field with one more change of type on record; does not change the type itself.</summary>
    public static StructField Record(StructField field, TypeChange change)
    {
        var changes = ChangesOf(field).Add(change);
        var json = SchemaValue.ToElement(writer =>
        {
            writer.WriteStartArray();
            foreach (var (from, to, path) in changes)
            {
                writer.WriteStartObject();
                writer.WritePropertyName("fromType"u8);
                SchemaJson.WriteType(writer, from);
                writer.WritePropertyName("toType"u8);
                SchemaJson.WriteType(writer, to);
                if (path is not null) writer.WriteString("fieldPath"u8, path);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        });
        return field with { Metadata = field.Metadata.With(FieldMetadata.TypeChangesKey, json) };
    }

    /// <summary>Throws unless old values can be read after every change of type that the schema records.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Unsupported"/>, naming the column and the types.
    /// </exception>
    public static void Check(StructType schema) => Check(schema, ColumnPath.Root);

    static void Check(DeltaType type, ColumnPath path)
    {
        switch (type)
        {
            case StructType parent:
                foreach (var field in parent.Fields)
                {
                    foreach (var (from, to, _) in ChangesOf(field))
                        if (!CanRead(from, to))
                            throw new DeltaException(DeltaErrorKind.Unsupported,
                                $"column {path.Then(field.Name)} was changed from {from} to "
                                    + $"{to}: not a supported type change");
                    Check(field.Type, path.Then(field.Name));
                }
                break;
            case ArrayType array:
                Check(array.Element, path.Then("element"));
                break;
            case MapType map:
                Check(map.Key, path.Then("key"));
                Check(map.Value, path.Then("value"));
                break;
        }
    }

    static bool IsWider(DeltaType from, DeltaType to, Func<PrimitiveKind, int> integerDigits) => (from, to) switch
    {
        (PrimitiveType a, PrimitiveType b) => IsWider(a.Kind, b.Kind),
        (DecimalType a, DecimalType b) =>
            a != b && b.Scale >= a.Scale && b.Precision - a.Precision >= b.Scale - a.Scale,
        (PrimitiveType
        {
            Kind: PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer
            or PrimitiveKind.Long
        } a,
            DecimalType b) => b.Precision - b.Scale >= integerDigits(a.Kind),
        _ => false,
    };

    static bool IsWider(PrimitiveKind from, PrimitiveKind to) => (from, to) switch
    {
        (PrimitiveKind.Byte, PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long) => true,
        (PrimitiveKind.Short, PrimitiveKind.Integer or PrimitiveKind.Long) => true,
        (PrimitiveKind.Integer, PrimitiveKind.Long) => true,
        (PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer
            or PrimitiveKind.Float, PrimitiveKind.Double) => true,
        (PrimitiveKind.Date, PrimitiveKind.TimestampNtz) => true,
        _ => false,
    };

    static DeltaException Malformed(StructField field, JsonElement json) => new(DeltaErrorKind.InvalidSchema,
        $"column {field.Name} has a malformed {FieldMetadata.TypeChangesKey}: {json.GetRawText()}");
}
