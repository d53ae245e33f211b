using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

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
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var timeoutMs) && timeoutMs > 0)
            return timeoutMs;
        errors.Add(settings.PlaceOf("timeout_ms"), $"'timeout_ms' must be a number of milliseconds, not '{text}'");
        return OpenLineageTarget.TimeoutMsDefault;
    }
}
