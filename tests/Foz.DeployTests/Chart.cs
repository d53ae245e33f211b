using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.DeployTests;

/// <summary>The chart of <c>deploy/helm/foz</c>, rendered as <c>helm template</c> does.</summary>
static class Chart
{
    const string Release = "foz";

    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy", "helm", "foz");

    public static object? Defaults { get; } = ChartValues.Read(Read("values.yaml"));

    static JsonNode Schema { get; } = JsonNode.Parse(Read("values.schema.json"))!;

    /// <summary>Renders the chart with values over its own; the schema is asked first, as by Helm.</summary>
    /// <exception cref="ChartException">The values are refused.</exception>
    public static string Render(string values)
    {
        var merged = ChartValues.Merge(Defaults, ChartValues.Read(values) ?? new SortedDictionary<string, object?>());
        Check(merged, Schema, "values");
        var chart = (SortedDictionary<string, object?>)ChartValues.Read(Read("Chart.yaml"))!;
        var root = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Values"] = merged,
            ["Release"] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["Name"] = Release, ["Namespace"] = Release, ["Service"] = "Helm",
            },
            ["Chart"] = new SortedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["AppVersion"] = chart["appVersion"], ["Version"] = chart["version"],
            },
        };
        var template = new ChartTemplate();
        var folder = Path.Combine(Folder, "templates");
        template.Define(File.ReadAllText(Path.Combine(folder, "_helpers.tpl")));
        _ = template.Render(File.ReadAllText(Path.Combine(folder, "NOTES.txt")), root);
        return string.Concat(Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal)
            .Select(file => template.Render(File.ReadAllText(file), root).Trim()).Where(text => text.Length > 0)
            .Select(text => $"---\n{text}\n"));
    }

    static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    /// <summary>Holds a value against a schema: the words of it that this one uses.</summary>
    static void Check(object? value, JsonNode schema, string place)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            Check(value, Schema["definitions"]![reference.Split('/')[^1]]!, place);
            return;
        }
        switch ((string)schema["type"]!, value)
        {
            case ("object", SortedDictionary<string, object?> mapping):
                foreach (var (key, item) in mapping)
                {
                    if (schema["properties"]?[key] is { } known) Check(item, known, $"{place}.{key}");
                    else if (schema["additionalProperties"] is JsonObject any) Check(item, any, $"{place}.{key}");
                    else if (schema["additionalProperties"] is not null)
                        throw new ChartException($"{place} has no key {key}");
                }
                break;
            case ("array", List<object?> list):
                foreach (var (i, item) in list.Index())
                    Check(item, schema["items"]!, string.Create(CultureInfo.InvariantCulture, $"{place}[{i}]"));
                break;
            case ("string", string text):
                if ((string?)schema["pattern"] is { } pattern
                    && !Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
                    throw new ChartException($"{place} cannot be '{text}'");
                if (schema["enum"] is JsonArray words && !words.Any(word => (string?)word == text))
                    throw new ChartException($"{place} cannot be '{text}'");
                break;
            case ("integer", long number):
                if (number < (long?)schema["minimum"] || number > (long?)schema["maximum"])
                    throw new ChartException($"{place} cannot be {number}");
                break;
            case ("boolean", bool):
                break;
            default:
                throw new ChartException($"{place} is not of the type {schema["type"]}");
        }
    }

    /// <summary>The keys that a schema has and the values do not, and the other way round.</summary>
    public static IReadOnlyList<string> KeysThatDiffer() => [.. Differ(Defaults, Schema, "values")];

    static IEnumerable<string> Differ(object? value, JsonNode schema, string place)
    {
        if (schema["properties"] is not JsonObject properties || value is not SortedDictionary<string, object?> mapping)
            return [];
        // Helm adds `global` by itself.
        return properties.Select(property => property.Key).Where(key => key != "global" && !mapping.ContainsKey(key))
            .Select(key => $"{place}.{key} has no default")
            .Concat(properties.Where(property => mapping.ContainsKey(property.Key))
                .SelectMany(property => Differ(mapping[property.Key], property.Value!, $"{place}.{property.Key}")));
    }
}
