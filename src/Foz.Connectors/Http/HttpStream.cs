using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>How answers are written.</summary>
enum AnswerFormat
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>A JSON value a line.</summary>
    JsonLines,

    /// <summary>Fields between commas.</summary>
    Csv,

    /// <summary>Fields between tabs.</summary>
    Tsv,

    /// <summary>XML.</summary>
    Xml,
}

/// <summary>A stream of an API: its requests, and the place of the rows in the answers.</summary>
sealed record HttpStream
{
    /// <summary>The stream.</summary>
    public required StreamDefinition Definition { get; init; }

    /// <summary>The path below the connection's address; null for that itself.</summary>
    public Template? Path { get; init; }

    /// <summary>Parameters of the query.</summary>
    public IReadOnlyDictionary<string, Template> Params { get; init; } = new Dictionary<string, Template>();

    /// <summary>Headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body; null for a <c>GET</c> and for GraphQL.</summary>
    public Template? Body { get; init; }

    /// <summary>The query in GraphQL; null where it is none.</summary>
    public string? GraphQl { get; init; }

    /// <summary>The variables of that.</summary>
    public IReadOnlyDictionary<string, Template> Variables { get; init; } = new Dictionary<string, Template>();

    /// <summary>How answers are written; null where they say it.</summary>
    public AnswerFormat? Format { get; init; }

    /// <summary>Where the rows stand.</summary>
    public required JsonPath Records { get; init; }

    /// <summary>Whether an answer without them has none, and is not wrong.</summary>
    public bool MayMissRecords { get; init; }

    /// <summary>How one page leads to the next.</summary>
    public required Paging Paging { get; init; }

    /// <summary>The cursor of its rows and how it is sent; null where it has none.</summary>
    public CursorSetting? Cursor { get; init; }

    /// <summary>The parent stream, for each row of which it sends a request; null where it sends one request.</summary>
    public HttpStream? Parent { get; init; }

    /// <summary>Whether it asks only for parents that are new or changed since the last batch.</summary>
    public bool AsksForChangedParents { get; init; }

    /// <summary>Fields of the parent's row that a row gets: names, and where the parent has them.</summary>
    public IReadOnlyDictionary<string, string> ParentFields { get; init; } = new Dictionary<string, string>();

    /// <summary>Statuses that mean: no rows.</summary>
    public IReadOnlySet<int> SkipStatuses { get; init; } = new HashSet<int>();

    /// <summary>All fields of the parent that are needed.</summary>
    public IReadOnlyList<string> ParentPaths =>
        [.. Templates.SelectMany(t => t.ParentFields).Concat(ParentFields.Values).Distinct()];

    /// <summary>Everything that takes values.</summary>
    public IEnumerable<Template> Templates =>
        [.. Params.Values, .. Variables.Values, .. new[] { Path, Body }.OfType<Template>()];
}

/// <summary>Reads the streams of a source.</summary>
static class HttpStreams
{
    const string ParentColumn = "_parent_";

    static readonly Dictionary<string, AnswerFormat> Formats = new(StringComparer.Ordinal)
    {
        ["json"] = AnswerFormat.Json, ["jsonl"] = AnswerFormat.JsonLines, ["csv"] = AnswerFormat.Csv,
        ["tsv"] = AnswerFormat.Tsv, ["xml"] = AnswerFormat.Xml,
    };

    /// <summary>All of them, by name.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static IReadOnlyDictionary<string, HttpStream> Read(SourceDefinition source)
    {
        CheckNamed(source);
        var read = new Dictionary<string, HttpStream>(StringComparer.Ordinal);
        foreach (var stream in source.Streams) Read(source, stream, read, []);
        return read;
    }

    /// <summary>One of them.</summary>
    /// <exception cref="FozException">A setting of it, or of a stream that it is fed by, is wrong.</exception>
    public static HttpStream Read(SourceDefinition source, StreamDefinition stream) =>
        Read(source, stream, new(StringComparer.Ordinal), []);

    /// <summary>Makes sure that the streams are named.</summary>
    /// <exception cref="FozException">They are to be discovered.</exception>
    public static void CheckNamed(SourceDefinition source)
    {
        if (source.TakesAllStreams)
            throw new FozException(ErrorKind.Configuration, "an HTTP API does not tell which streams it has")
            {
                Place = source.Place,
                Hint = "name them under 'streams', each with its path",
            };
    }

    static HttpStream Read(
        SourceDefinition source, StreamDefinition definition, Dictionary<string, HttpStream> read, List<string> below)
    {
        if (read.TryGetValue(definition.Name, out var known)) return known;
        var settings = definition.Settings;
        if (below.Contains(definition.Name))
            throw settings.Wrong(
                "parent", $"a stream that is not fed by this one: {string.Join(" → ", below.Append(definition.Name))}");
        var parent = settings.Text("parent") is not { } name ? null
            : Read(
                source, source.Streams.FirstOrDefault(s => s.Name == name)
                    ?? throw new FozException(
                        ErrorKind.Configuration, $"unknown stream '{name}' as parent of '{definition.Name}'")
                    {
                        Place = settings.PlaceOf("parent"),
                        Hint = NearestName.Hint(name, source.Streams.Select(s => s.Name)),
                    }, read, [.. below, definition.Name]);
        return read[definition.Name] = Read(definition, parent);
    }

    static HttpStream Read(StreamDefinition definition, HttpStream? parent)
    {
        var settings = definition.Settings;
        var graphQl = settings.Text("graphql");
        var body = settings.Text("body");
        if (graphQl is not null && body is not null)
            throw settings.Wrong("body", "left out beside 'graphql', which makes one");
        if (graphQl is null && settings.Text("variables") is null && settings.Map("variables").Count > 0)
            throw settings.Wrong("variables", "left out without 'graphql'");
        var isPost = settings.Text("method") is { } method ? method == "POST" : body is not null || graphQl is not null;
        if (!isPost && (body ?? graphQl) is not null) throw settings.Wrong("method", "POST where there is a body");
        var path = settings.Text("path") ?? (graphQl is null ? definition.Name : null);
        if (path?.Contains("://", StringComparison.Ordinal) == true)
            throw settings.Wrong("path", "a path below the connection's url, not an address");
        var stream = new HttpStream
        {
            Definition = definition,
            Path = path is null ? null : Template.Of(path.TrimStart('/')),
            Params = Templates(settings.Map("params")),
            Headers = settings.Map("headers"),
            Body = isPost && graphQl is null ? Template.Of(body ?? "{}") : null,
            GraphQl = graphQl,
            Variables = Templates(settings.Map("variables")),
            Format = settings.Text("format") is { } format ? Formats[format] : null,
            Records = JsonPath.Parse(settings.Text("records") ?? "$"),
            MayMissRecords = settings.Text("records_missing") == "empty",
            Paging = Paging.Read(settings.Section("paging"), graphQl is not null),
            Parent = parent,
            SkipStatuses = settings.Texts("skip_status").Select(text => Status(settings, text)).ToHashSet(),
        };
        if (stream.Paging.Into is PagingTarget.Body && stream.Body is null)
            throw settings.Wrong("paging", "of a stream with a 'body' where it goes into it");
        stream = ReadParent(stream);
        return stream with { Cursor = CursorSetting.Read(stream) };
    }

    static HttpStream ReadParent(HttpStream stream)
    {
        var settings = stream.Definition.Settings;
        var taken = stream.Templates.SelectMany(t => t.ParentFields).Distinct().ToList();
        if (stream.Parent is null && (taken.Count > 0 || settings.Map("parent_fields").Count > 0))
            throw settings.Wrong(
                "parent", $"set where {(taken.Count > 0 ? $"{{parent.{taken[0]}}}" : "'parent_fields'")} is");
        if (stream.Parent is not null && taken.Count == 0)
            throw settings.Wrong("parent", "left out, or a field of it taken, such as {parent.id} in 'path'");
        var fields = settings.Map("parent_fields");
        return stream with
        {
            AsksForChangedParents = TakesChanged(stream),
            ParentFields = fields.Count > 0
                ? fields
                : taken.ToDictionary(f => ParentColumn + f.Replace('.', '_'), f => f, StringComparer.Ordinal),
        };
    }

    static bool TakesChanged(HttpStream stream)
    {
        const string mode = "parent_mode";
        var settings = stream.Definition.Settings;
        if (settings.Text(mode) is not { } stated) return false;
        if (stream.Parent is not { } parent) throw settings.Wrong(mode, "left out without 'parent'");
        if (stated != "incremental") return false;
        if (parent.Cursor is null)
            throw settings.Wrong(
                mode,
                $"left out where '{parent.Definition.Name}' is not incremental: its cursor tells which "
                    + "of its rows are new or changed");
        if (stream.Definition.Mode is StreamMode.Snapshot)
            throw settings.Wrong(
                mode, "left out without 'mode: incremental': rows of parents that did not change would be lost");
        return stream.Definition.Cursor is null
            ? true
            : throw settings.Wrong(mode, "left out beside 'cursor': all rows of a parent that changed arrive");
    }

    static Dictionary<string, Template> Templates(IReadOnlyDictionary<string, string> texts) =>
        texts.ToDictionary(t => t.Key, t => Template.Of(t.Value), StringComparer.Ordinal);

    static int Status(Settings settings, string text) =>
        int.TryParse(text, out var status) && status is >= 400 and < 500 and not 401 and not 429
            ? status
            : throw settings.Wrong("skip_status", $"statuses from 400 to 499 without 401 and 429, not '{text}'");
}
