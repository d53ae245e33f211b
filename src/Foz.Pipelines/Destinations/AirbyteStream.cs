using System.Text.Json.Nodes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Pipelines.Destinations;

/// <summary>What becomes of a stream's records.</summary>
enum AirbyteSyncMode
{
    /// <summary>Rows are added.</summary>
    Append,

    /// <summary>Rows replace all others, at once, when the stream is complete.</summary>
    Overwrite,

    /// <summary>Rows replace those with equal keys.</summary>
    AppendDedup,
}

/// <summary>A stream of Airbyte's configured catalog.</summary>
sealed record AirbyteStream
{
    /// <summary>When the source read a record.</summary>
    public const string ExtractedAt = "_airbyte_extracted_at";

    /// <summary>When the source's row was deleted: Airbyte's column of change streams.</summary>
    public const string DeletedAt = "_ab_cdc_deleted_at";

    /// <summary>Its name there.</summary>
    public required string Name { get; init; }

    /// <summary>Its namespace there; null for none.</summary>
    public string? Namespace { get; init; }

    /// <summary>The table that it goes to, without the environment's prefix.</summary>
    public required TableName Table { get; init; }

    /// <summary>What becomes of its records.</summary>
    public required AirbyteSyncMode Mode { get; init; }

    /// <summary>The columns that identify a row.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>
    /// The column of which the row with the greatest value is the last; null for the order of arrival.
    /// </summary>
    public string? Cursor { get; init; }

    /// <summary>The types of columns that the source declares, in SQL's words.</summary>
    public required IReadOnlyDictionary<string, string> Columns { get; init; }

    /// <summary>The number of this generation of rows; null where the platform does not count them.</summary>
    public long? Generation { get; init; }

    /// <summary>The first generation whose rows may stay.</summary>
    public long GenerationMin { get; init; }

    /// <summary>Reads a configured catalog.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="schema">The schema of streams without a namespace.</param>
    /// <exception cref="FozException">It is no catalog, or asks for what cannot be done.</exception>
    public static IReadOnlyList<AirbyteStream> ParseCatalog(string text, string schema)
    {
        var streams = JsonFiles.Object(text, "the catalog")["streams"] as JsonArray
            ?? throw new FozException(ErrorKind.Configuration, "the catalog has no 'streams'");
        var all = streams.Select(s => Parse(s as JsonObject ?? [], schema)).ToList();
        var errors = new ErrorList();
        foreach (var stream in all) Identifier.CheckWritten(stream.Table, default, errors);
        if (errors.Items is [var error, ..])
            throw new FozException(ErrorKind.Configuration, error.Message)
            {
                Hint = $"{error.Hint}: see 'schema' of the configuration, and the "
                    + "namespaces and prefix of the connection",
            };
        if (all.GroupBy(s => s.Table).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FozException(
                ErrorKind.Configuration,
                $"streams {string.Join(" and ", twice.Select(s => $"'{s.Name}'"))} would go to one table: {twice.Key}")
            {
                Hint = "let them have namespaces of their own, or a prefix",
            };
        return all;
    }

    static AirbyteStream Parse(JsonObject configured, string schema)
    {
        var stream = configured["stream"] as JsonObject ?? [];
        var name = stream.Text("name")
            ?? throw new FozException(ErrorKind.Configuration, "a stream of the catalog has no name");
        var space = stream.Text("namespace");
        var mode = configured.Text("destination_sync_mode") switch
        {
            "append" => AirbyteSyncMode.Append,
            "overwrite" => AirbyteSyncMode.Overwrite,
            "append_dedup" => AirbyteSyncMode.AppendDedup,
            var other =>
                throw Wrong($"destination_sync_mode '{other}'", "append, overwrite and append_dedup are supported"),
        };
        var keys = Keys(configured);
        if (mode is AirbyteSyncMode.AppendDedup && keys.Count == 0)
            throw Wrong("no primary key", "append_dedup needs one");
        return new()
        {
            Name = name,
            Namespace = space,
            Table = new(NameOf(space ?? schema), NameOf(name)),
            Mode = mode,
            Keys = keys,
            Cursor = configured["cursor_field"] is JsonArray { Count: > 0 } cursor ? Only(cursor, "cursor") : null,
            Columns = Types(stream["json_schema"] as JsonObject),
            Generation = configured["generation_id"] is JsonValue generation ? generation.GetValue<long>() : null,
            GenerationMin = configured["minimum_generation_id"] is JsonValue min ? min.GetValue<long>() : 0,
        };

        IReadOnlyList<string> Keys(JsonObject of) =>
            [.. (of["primary_key"] as JsonArray ?? []).OfType<JsonArray>().Select(key => Only(key, "primary key"))];

        string Only(JsonArray path, string what) => path.Count == 1
            ? path[0]!.ToString()
            : throw Wrong(
                $"the {what} {string.Join('.', path.Select(p => p?.ToString()))}",
                "it must be a field of the record, not one within another");

        FozException Wrong(string what, string hint) =>
            new(ErrorKind.Configuration, $"stream '{name}' of the catalog has {what}") { Hint = hint };
    }

    static string NameOf(string text) =>
        string.Concat(text.Select(c => char.IsLetterOrDigit(c) ? c : '_'));

    static Dictionary<string, string> Types(JsonObject? schema)
    {
        var types = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [ExtractedAt] = "timestamptz" };
        foreach (var (name, property) in schema?["properties"] as JsonObject ?? [])
            if (property is JsonObject declared && TypeOf(declared) is { } type) types[name] = type;
        return types;
    }

    /// <summary>The type that a property declares; null where only its values tell.</summary>
    static string? TypeOf(JsonObject property)
    {
        var types = property["type"] switch
        {
            JsonArray several => several.Select(t => t?.ToString()).Where(t => t != "null").ToList(),
            JsonValue one => [one.ToString()],
            _ => [],
        };
        return types switch
        {
            ["integer"] => "bigint",
            ["number"] => property.Text("airbyte_type") == "integer" ? "bigint" : "double",
            ["boolean"] => "boolean",
            ["string"] => (property.Text("format"), property.Text("airbyte_type")) switch
            {
                ("date", _) => "date",
                ("date-time", "timestamp_without_timezone") => "timestamp",
                ("date-time", _) => "timestamptz",
                _ => "varchar",
            },
            _ => null,
        };
    }
}
