using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Foz.Delta.Schema;

/// <summary>The JSON form of types (PROTOCOL.md, "Schema Serialization Format").</summary>
static class SchemaJson
{
    static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 1000 };

    public static DeltaType Parse(string json)
    {
        // A bare type name, as `delta.typeChanges` has it, is no JSON.
        if (json.Length > 0 && json[0] is not ('{' or '"' or ' ' or '\n' or '\r' or '\t'))
            return ParseName(json, ColumnPath.Root);
        try
        {
            using var document = JsonDocument.Parse(json, ReaderOptions);
            return ReadType(document.RootElement, ColumnPath.Root);
        }
        catch (JsonException fault)
        {
            throw new DeltaException(DeltaErrorKind.InvalidSchema, $"the schema is no JSON: {fault.Message}", fault);
        }
    }

    public static DeltaType ReadType(JsonElement json, ColumnPath path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return ParseName(json.GetString()!, path);
            case JsonValueKind.Object:
                break;
            default:
                throw Invalid(path, $"has the type {json.GetRawText()}");
        }
        return RequiredString(json, "type", path) switch
        {
            "struct" => ReadStruct(json, path),
            "array" => new ArrayType(
                ReadType(Required(json, "elementType", path), path.Then("element")),
                ReadBoolean(json, "containsNull", path)),
            "map" => new MapType(
                ReadType(Required(json, "keyType", path), path.Then("key")),
                ReadType(Required(json, "valueType", path), path.Then("value")),
                ReadBoolean(json, "valueContainsNull", path)),
            var name => ParseName(name, path),
        };
    }

    public static string Write(DeltaType type)
    {
        switch (type)
        {
            case PrimitiveType primitive:
                return NameOf(primitive.Kind);
            case DecimalType d:
                return $"decimal({d.Precision},{d.Scale})";
        }
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, SchemaValue.WriterOptions)) WriteType(writer, type);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void WriteType(Utf8JsonWriter writer, DeltaType type)
    {
        switch (type)
        {
            case StructType parent:
                writer.WriteStartObject();
                writer.WriteString("type"u8, "struct"u8);
                writer.WriteStartArray("fields"u8);
                foreach (var field in parent.Fields) WriteField(writer, field);
                writer.WriteEndArray();
                writer.WriteEndObject();
                break;
            case ArrayType array:
                writer.WriteStartObject();
                writer.WriteString("type"u8, "array"u8);
                writer.WritePropertyName("elementType"u8);
                WriteType(writer, array.Element);
                writer.WriteBoolean("containsNull"u8, array.ContainsNull);
                writer.WriteEndObject();
                break;
            case MapType map:
                writer.WriteStartObject();
                writer.WriteString("type"u8, "map"u8);
                writer.WritePropertyName("keyType"u8);
                WriteType(writer, map.Key);
                writer.WritePropertyName("valueType"u8);
                WriteType(writer, map.Value);
                writer.WriteBoolean("valueContainsNull"u8, map.ValueContainsNull);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue(Write(type));
                break;
        }
    }

    static void WriteField(Utf8JsonWriter writer, StructField field)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, field.Name);
        writer.WritePropertyName("type"u8);
        WriteType(writer, field.Type);
        writer.WriteBoolean("nullable"u8, field.Nullable);
        writer.WriteStartObject("metadata"u8);
        foreach (var (key, value) in field.Metadata.Entries)
        {
            writer.WritePropertyName(key);
            value.WriteTo(writer);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static StructType ReadStruct(JsonElement json, ColumnPath path)
    {
        var fields = Required(json, "fields", path);
        if (fields.ValueKind != JsonValueKind.Array) throw Invalid(path, "has fields that are no list");
        var builder = ImmutableArray.CreateBuilder<StructField>(fields.GetArrayLength());
        foreach (var field in fields.EnumerateArray())
        {
            if (field.ValueKind != JsonValueKind.Object) throw Invalid(path, "has a field that is no object");
            var name = RequiredString(field, "name", path);
            var fieldPath = path.Then(name);
            builder.Add(new(
                name,
                ReadType(Required(field, "type", fieldPath), fieldPath),
                ReadBoolean(field, "nullable", fieldPath),
                ReadMetadata(field)));
        }
        return new(builder.MoveToImmutable());
    }

    static FieldMetadata ReadMetadata(JsonElement field) =>
        field.TryGetProperty("metadata"u8, out var metadata) && metadata.ValueKind == JsonValueKind.Object
            ? FieldMetadata.Of(metadata)
            : FieldMetadata.Empty;

    // Old writers left out flags that are true.
    static bool ReadBoolean(JsonElement json, string name, ColumnPath path) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(path, $"has {name} {value.GetRawText()}"),
        };

    static JsonElement Required(JsonElement json, string name, ColumnPath path) =>
        json.TryGetProperty(name, out var value) ? value : throw Invalid(path, $"has no \"{name}\"");

    static string RequiredString(JsonElement json, string name, ColumnPath path) =>
        Required(json, name, path) is { ValueKind: JsonValueKind.String } value
            ? value.GetString()!
            : throw Invalid(path, $"has a \"{name}\" that is no text");

    static string NameOf(PrimitiveKind kind) =>
        kind is PrimitiveKind.TimestampNtz ? "timestamp_ntz" : kind.ToString().ToLowerInvariant();

    static DeltaType ParseName(string name, ColumnPath path) => name switch
    {
        "string" => DeltaType.String,
        "long" => DeltaType.Long,
        "integer" => DeltaType.Integer,
        "short" => DeltaType.Short,
        "byte" => DeltaType.Byte,
        "float" => DeltaType.Float,
        "double" => DeltaType.Double,
        "boolean" => DeltaType.Boolean,
        "binary" => DeltaType.Binary,
        "date" => DeltaType.Date,
        "timestamp" => DeltaType.Timestamp,
        "timestamp_ntz" => DeltaType.TimestampNtz,
        "variant" => DeltaType.Variant,
        "void" or "null" => DeltaType.Void,
        // Spark's own default where the log gives no precision.
        "decimal" => new DecimalType(10, 0),
        _ => ParseDecimal(name) ?? throw new DeltaException(DeltaErrorKind.Unsupported, path.Names.IsEmpty
            ? $"type {name} is not supported"
            : $"column {path} has the type {name}, which is not supported"),
    };

    static DecimalType? ParseDecimal(string name)
    {
        if (!name.StartsWith("decimal(", StringComparison.Ordinal) || name[^1] != ')') return null;
        var digits = name.AsSpan("decimal(".Length..^1);
        var comma = digits.IndexOf(',');
        return comma > 0
            && int.TryParse(digits[..comma], NumberStyles.Integer, CultureInfo.InvariantCulture, out var precision)
            && int.TryParse(digits[(comma + 1)..], NumberStyles.Integer, CultureInfo.InvariantCulture, out var scale)
                ? new(precision, scale)
                : null;
    }

    static DeltaException Invalid(ColumnPath path, string fault) => new(
        DeltaErrorKind.InvalidSchema,
        path.Names.IsEmpty ? $"the schema {fault}" : $"column {path} of the schema {fault}");
}
