using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Destinations;

/// <summary>The configuration that Airbyte's platform gives the destination: the file of <c>--config</c>.</summary>
public sealed record AirbyteConfig
{
    /// <summary>The folder of the project whose lake takes the rows; null for the one that the command finds.</summary>
    public string? Project { get; init; }

    /// <summary>Its environment; null for the default.</summary>
    public string? Target { get; init; }

    /// <summary>The schema of streams without a namespace.</summary>
    public string Schema { get; init; } = "bronze";

    /// <summary>With how many records that wait a state is a reason to commit.</summary>
    public int BatchRows { get; init; } = 100_000;

    /// <summary>After how many seconds a state is one, however few records wait.</summary>
    public int BatchSeconds { get; init; } = 60;

    static readonly string[] Names = ["project", "target", "schema", "batch_rows", "batch_seconds"];

    /// <summary>Reads it.</summary>
    /// <param name="text">JSON.</param>
    /// <exception cref="FozException">It is no JSON, or has a key or value that means nothing.</exception>
    public static AirbyteConfig Parse(string text)
    {
        var config = JsonFiles.Object(text, "the configuration");
        if (config.Select(p => p.Key).FirstOrDefault(key => !Names.Contains(key)) is { } stray)
            throw new FozException(ErrorKind.Configuration, $"the configuration has no key '{stray}'")
            {
                Hint = NearestName.Hint(stray, Names),
            };
        return new()
        {
            Project = Text("project"),
            Target = Text("target"),
            Schema = Text("schema") ?? "bronze",
            BatchRows = Number("batch_rows") ?? 100_000,
            BatchSeconds = Number("batch_seconds") ?? 60,
        };

        string? Text(string name) => config[name] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() is JsonValueKind.String
                && value.GetValue<string>() is { Length: > 0 } found => found,
            _ => throw Wrong(name, "a text"),
        };

        int? Number(string name) => config[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<int>(out var number) && number > 0 => number,
            _ => throw Wrong(name, "a whole number above 0"),
        };

        static FozException Wrong(string name, string expected) =>
            new(ErrorKind.Configuration, $"'{name}' of the configuration must be {expected}");
    }

    /// <summary>Its JSON Schema.</summary>
    internal static JsonObject JsonSchema()
    {
        var properties = new JsonObject();
        Add("project", "string", "Project", "The folder with foz.yml of the project whose lake takes the rows", null);
        Add("target", "string", "Environment", "The environment of foz.yml", null);
        Add("schema", "string", "Schema", "The schema of streams without a namespace", "bronze");
        Add("batch_rows", "integer", "Rows of a batch",
            "With how many records that wait a state of the source is a reason to commit", 100_000);
        Add("batch_seconds", "integer", "Seconds of a batch",
            "After how many seconds a state of the source is one, however few records wait", 60);
        return new()
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = "Foz", ["type"] = "object",
            ["additionalProperties"] = false, ["required"] = new JsonArray(), ["properties"] = properties,
        };

        void Add(string name, string type, string title, string description, JsonNode? otherwise)
        {
            var property = new JsonObject { ["type"] = type, ["title"] = title, ["description"] = description };
            if (type == "integer") property["minimum"] = 1;
            if (otherwise is not null) property["default"] = otherwise;
            properties[name] = property;
        }
    }
}

/// <summary>Reads files of JSON that others wrote.</summary>
static class JsonFiles
{
    /// <summary>An object.</summary>
    /// <exception cref="FozException">The text is no object of JSON.</exception>
    public static JsonObject Object(string text, string what)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject
                ?? throw new FozException(ErrorKind.Configuration, $"{what} is no object of JSON");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Configuration, $"{what} is no JSON: {e.Message}", e);
        }
    }

    /// <summary>A text of an object; null where there is none.</summary>
    public static string? Text(this JsonObject node, string key) =>
        node[key] is JsonValue value && value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : null;
}
