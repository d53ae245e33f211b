using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Where a project tells of its runs in OpenLineage's words.</summary>
public sealed record OpenLineageTarget
{
    /// <summary>The key of <c>foz.yml</c>.</summary>
    public const string Key = "openlineage";

    /// <summary>How long an endpoint may take to answer where nobody says, in milliseconds.</summary>
    public const int TimeoutMsDefault = 5_000;

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("url", "the service, such as `http://marquez:5000`") { Default = "`OPENLINEAGE_URL`" },
        new("endpoint", "the path of its interface") { Default = "`api/v1/lineage`" },
        new("api_key", "what the service knows the sender by") { IsSecret = true, Default = "`OPENLINEAGE_API_KEY`" },
        new("file", "a file of the project to append events to, one a line, instead of a service"),
        new("namespace", "the namespace of jobs") { Default = "`OPENLINEAGE_NAMESPACE`, else the project's name" },
        new("timeout_ms", "how long the service may take to answer, in milliseconds") { Default = "5000" },
    ];

    /// <summary>The interface of a service; null where events go to a file.</summary>
    public Uri? Url { get; init; }

    /// <summary>What the service knows the sender by; null where it asks for nothing.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The full path of a file that takes the events; null where they go to a service.</summary>
    public string? File { get; init; }

    /// <summary>The namespace of jobs.</summary>
    public required string Namespace { get; init; }

    /// <summary>How long the service may take to answer, in milliseconds.</summary>
    public int TimeoutMs { get; init; } = TimeoutMsDefault;
}

/// <summary>
/// Reads <c>openlineage:</c> of <c>foz.yml</c>, and the variables that OpenLineage's own clients go by.
/// </summary>
/// <param name="folder">The project's folder.</param>
/// <param name="variables">What texts are filled in from.</param>
/// <param name="secrets">Takes the key.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class OpenLineageReader(string folder, Variables variables, Secrets secrets, ErrorList errors)
{
    const string EndpointDefault = "api/v1/lineage";

    /// <summary>Where the project tells of its runs; null where it does not.</summary>
    public OpenLineageTarget? Read(MappingReader file, string projectName)
    {
        var place = file.PlaceOf(OpenLineageTarget.Key);
        var settings = ReadSettings(file);
        if (variables["OPENLINEAGE_DISABLED"] is "true") return null;
        var path = settings.Text("file");
        var url = settings.Text("url") ?? (path is null ? variables["OPENLINEAGE_URL"] : null);
        if (path is not null && url is not null)
            errors.Add(settings.PlaceOf("file"), "'openlineage' takes a 'file' or a 'url', not both");
        if (url is null && path is null)
        {
            if (file.Node(OpenLineageTarget.Key) is not null)
                errors.Add(place, "'url' is missing in 'openlineage'", "or a 'file' to append events to");
            return null;
        }
        var apiKey = settings.Text("api_key") ?? variables["OPENLINEAGE_API_KEY"];
        if (apiKey is not null) secrets.Add(apiKey);
        return new()
        {
            Url = url is null ? null : UrlOf(url, settings),
            ApiKey = apiKey,
            File = path is null ? null : Path.GetFullPath(path, folder),
            Namespace = settings.Text("namespace") ?? variables["OPENLINEAGE_NAMESPACE"] ?? projectName,
            TimeoutMs = TimeoutOf(settings),
        };
    }

    Settings ReadSettings(MappingReader file)
    {
        if (file.Node(OpenLineageTarget.Key) is not { } node) return Foz.Lake.Configuration.Settings.Empty;
        if (node is not YamlNode.Mapping mapping)
        {
            file.Wrong<object>(node, OpenLineageTarget.Key, "a mapping");
            return Foz.Lake.Configuration.Settings.Empty;
        }
        var reader = new SettingsReader(OpenLineageTarget.Settings, errors);
        reader.Check(mapping, [], $"'{OpenLineageTarget.Key}'");
        var filledIn = (YamlNode.Mapping)VariableText.Expand(mapping, variables, errors);
        reader.NoteSecrets(mapping, filledIn, secrets);
        return reader.Read(filledIn, []);
    }

    Uri? UrlOf(string text, Settings settings)
    {
        var endpoint = settings.Text("endpoint") ?? variables["OPENLINEAGE_ENDPOINT"] ?? EndpointDefault;
        if (Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return new(url, endpoint.TrimStart('/'));
        errors.Add(settings.PlaceOf("url"), $"'{text}' is not the address of a service", "such as http://marquez:5000");
        return null;
    }

    int TimeoutOf(Settings settings)
    {
        if (settings.Text("timeout_ms") is not { } text) return OpenLineageTarget.TimeoutMsDefault;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var timeoutMs) && timeoutMs > 0) return timeoutMs;
        errors.Add(settings.PlaceOf("timeout_ms"), $"'timeout_ms' must be a number of milliseconds, not '{text}'");
        return OpenLineageTarget.TimeoutMsDefault;
    }
}
