using System.Text.Json;
using Foz.Lake.Data;

namespace Foz.Connectors.Programs;

/// <summary>The columns that a JSON Schema describes, as far as its own types say.</summary>
static class JsonSchemaFields
{
    /// <summary>The fields of an object's schema.</summary>
    public static IReadOnlyList<Field> Of(JsonElement schema) =>
        schema.ValueKind is JsonValueKind.Object && schema.TryGetProperty("properties", out var properties)
            && properties.ValueKind is JsonValueKind.Object
            ? [.. properties.EnumerateObject().Select(p => new Field(p.Name, TypeOf(p.Value)))]
            : [];

    static DataType TypeOf(JsonElement schema)
    {
        if (schema.ValueKind is not JsonValueKind.Object || !schema.TryGetProperty("type", out var type))
            return DataType.String;
        var names = type.ValueKind is JsonValueKind.Array
            ? [.. type.EnumerateArray().Select(t => t.GetString())]
            : new List<string?> { type.GetString() };
        names.Remove("null");
        return names switch
        {
            ["integer"] => DataType.Long,
            ["number"] => DataType.Double,
            ["boolean"] => DataType.Boolean,
            _ => DataType.String,
        };
    }
}
