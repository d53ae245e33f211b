using System.Globalization;
using System.Text.Json;
using Foz.Lake;

namespace Foz.Dbt.Imports;

/// <summary>A check that replaces an expectation of another tool.</summary>
/// <param name="Column">The column that has the check; null for the table.</param>
/// <param name="Yaml">The check, as a line of YAML below <c>checks</c>, without its dash.</param>
public sealed record ImportedCheck(string? Column, string Yaml);

/// <summary>
/// A suite of Great Expectations as checks: both shapes of its JSON, that of releases before 1.0
/// (<c>expectation_type</c>) and that since (<c>type</c>).
/// </summary>
/// <param name="Name">The suite's name; null where it has none.</param>
/// <param name="Checks">The checks, in the order of the expectations.</param>
/// <param name="Unmatched">What has no equivalent: the expectation, and what to do instead.</param>
public sealed record ExpectationSuite(
    string? Name, IReadOnlyList<ImportedCheck> Checks, IReadOnlyList<(string Expectation, string Reason)> Unmatched)
{
    /// <summary>Reads a suite.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="file">Its file, for errors.</param>
    /// <param name="table">The table that it is about, for queries; null where it is not known.</param>
    /// <exception cref="FozException">The text is no suite.</exception>
    public static ExpectationSuite Read(string json, string file, string? table)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("expectations", out var expectations)
                || expectations.ValueKind is not JsonValueKind.Array)
                throw NoSuite(file, "it has no list 'expectations'");
            var checks = new List<ImportedCheck>();
            var unmatched = new List<(string, string)>();
            foreach (var item in expectations.EnumerateArray())
            {
                var expectation = Expectation.Of(item)
                    ?? throw NoSuite(file, "an expectation has neither 'type' nor 'expectation_type'");
                var reason = expectation.RowCondition is { } condition
                    ? $"its row_condition is in another language: write where: … for {condition}"
                    : ExpectationChecks.Add(expectation, table, checks);
                if (reason is not null) unmatched.Add((expectation.Title, reason));
            }
            return new(NameOf(root), checks, unmatched);
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Configuration, $"the file is no JSON: {e.Message}", e)
            {
                Place = new(file),
            };
        }
    }

    static string? NameOf(JsonElement root) =>
        root.TryGetProperty("name", out var name) || root.TryGetProperty("expectation_suite_name", out name)
            ? name.GetString()
            : null;

    static FozException NoSuite(string file, string why) =>
        new(ErrorKind.Configuration, $"the file is no suite of Great Expectations: {why}")
        {
            Place = new(file),
            Hint = "it is the JSON of a suite, such as gx/expectations/orders.json",
        };
}

/// <summary>One expectation.</summary>
/// <param name="Type">Its type, in words with <c>_</c> between.</param>
/// <param name="Arguments">Its arguments.</param>
sealed record Expectation(string Type, JsonElement Arguments)
{
    /// <summary>Whether it only warns, as suites since 1.0 can say.</summary>
    public bool IsWarning { get; init; }

    /// <summary>Its column; null where it has none.</summary>
    public string? Column => Text("column");

    /// <summary>Its type and column.</summary>
    public string Title => Column is { } column ? $"{Type}({column})" : Type;

    /// <summary>Which rows it is about, in the words of its tool; null for all.</summary>
    public string? RowCondition => Find("row_condition") is { } condition ? condition.ToString() : null;

    /// <summary>Reads an expectation; null where it has no type.</summary>
    public static Expectation? Of(JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object
            || !(item.TryGetProperty("type", out var type) || item.TryGetProperty("expectation_type", out type))
            || type.GetString() is not { } name)
            return null;
        var arguments = item.TryGetProperty("kwargs", out var kwargs) ? kwargs : default;
        var severity = item.TryGetProperty("severity", out var word) ? word.GetString() : null;
        return new(
            name,
            arguments.ValueKind is JsonValueKind.Object ? arguments.Clone() : JsonDocument.Parse("{}").RootElement)
        {
            IsWarning = severity is "warning" or "info",
        };
    }

    /// <summary>An argument; null where it is not set.</summary>
    public JsonElement? Find(string name) =>
        Arguments.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    /// <summary>An argument as text; null where it is not set, or is no text.</summary>
    public string? Text(string name) =>
        Find(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Whether a flag is set.</summary>
    public bool Flag(string name) => Find(name) is { ValueKind: JsonValueKind.True };

    /// <summary>An argument as YAML writes it in a flow; null where it is not set.</summary>
    public string? Yaml(string name) => Find(name) is { } value ? YamlOf(value) : null;

    /// <summary>A value as YAML writes it in a flow.</summary>
    public static string YamlOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(YamlOf))}]",
        JsonValueKind.String => Quoted(value.GetString()!),
        JsonValueKind.Number =>
            value.TryGetDecimal(out var number) ? number.ToString(CultureInfo.InvariantCulture) : value.GetRawText(),
        _ => value.GetRawText(),
    };

    /// <summary>A text that YAML reads as it is.</summary>
    public static string Quoted(string text) => text.Any(char.IsControl)
        ? System.Text.Json.Nodes.JsonValue.Create(text).ToJsonString()
        : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
