using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;

namespace Foz.Connectors.TableFormats;

/// <summary>
/// The schema of an Iceberg table (Iceberg specification, "Schemas and Data Types") in Delta's words, whose column
/// mapping finds columns in files by the same ids.
/// </summary>
static class IcebergSchema
{
    /// <summary>The schema as Delta's JSON.</summary>
    /// <param name="schema">Iceberg's.</param>
    /// <param name="nameOf">What files call a field of an id and name.</param>
    /// <exception cref="FozException">A column has a type that is not supported.</exception>
    public static string ToDelta(JsonElement schema, Func<int, string, string> nameOf) =>
        Struct(schema, nameOf).ToJsonString();

    static JsonObject Struct(JsonElement type, Func<int, string, string> nameOf) => new()
    {
        ["type"] = "struct",
        ["fields"] = new JsonArray(
            [.. type.GetProperty("fields").EnumerateArray().Select(field => (JsonNode)Field(field, nameOf))]),
    };

    static JsonObject Field(JsonElement field, Func<int, string, string> nameOf)
    {
        var (id, name) = (field.GetProperty("id").GetInt32(), field.GetProperty("name").GetString()!);
        return new()
        {
            ["name"] = name, ["type"] = TypeOf(field.GetProperty("type"), name, nameOf), ["nullable"] = true,
            ["metadata"] = new JsonObject
            {
                ["delta.columnMapping.id"] = id, ["delta.columnMapping.physicalName"] = nameOf(id, name),
            },
        };
    }

    static JsonNode TypeOf(JsonElement type, string column, Func<int, string, string> nameOf)
    {
        if (type.ValueKind == JsonValueKind.String) return Primitive(type.GetString()!, column);
        return type.GetProperty("type").GetString() switch
        {
            "struct" => Struct(type, nameOf),
            "list" => new JsonObject
            {
                ["type"] = "array", ["elementType"] = TypeOf(type.GetProperty("element"), column, nameOf),
                ["containsNull"] = true,
            },
            "map" => new JsonObject
            {
                ["type"] = "map", ["keyType"] = TypeOf(type.GetProperty("key"), column, nameOf),
                ["valueType"] = TypeOf(type.GetProperty("value"), column, nameOf), ["valueContainsNull"] = true,
            },
            var other => throw Unsupported(column, other ?? ""),
        };
    }

    static string Primitive(string type, string column) => type switch
    {
        "boolean" or "float" or "double" or "long" or "date" or "string" or "binary" => type,
        "int" => "integer",
        "timestamp" => "timestamp_ntz",
        "timestamptz" => "timestamp",
        "time" or "uuid" => "string",
        _ when type.StartsWith("fixed", StringComparison.Ordinal) => "binary",
        _ when type.StartsWith("decimal", StringComparison.Ordinal) => type.Replace(" ", "", StringComparison.Ordinal),
        _ => throw Unsupported(column, type),
    };

    static FozException Unsupported(string column, string type) =>
        new(ErrorKind.Table, $"column '{column}' has Iceberg's type {type}, which is not supported");
}
