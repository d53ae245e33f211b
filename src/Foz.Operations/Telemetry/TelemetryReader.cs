using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Telemetry;

/// <summary>Reads <c>telemetry:</c> of <c>foz.yml</c>, and the variables that OpenTelemetry's SDKs go by.</summary>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="errors">Takes what is wrong.</param>
public sealed class TelemetryReader(ProjectFile file, ErrorList errors)
{
    const string OtlpKey = "otlp", HeadersKey = "headers", TokenKey = "metrics_token";
    const int TablesMaxMax = 10_000;
    const int TokenLengthMin = 16;

    static readonly TimeSpan longest = TimeSpan.FromHours(1);

    static readonly string[] endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    static readonly Dictionary<string, MetricsAccess> accesses = new(StringComparer.Ordinal)
    {
        ["login"] = MetricsAccess.Login, ["loopback"] = MetricsAccess.Loopback, ["off"] = MetricsAccess.Off,
    };

    static readonly Dictionary<string, OtlpProtocol> protocols = new(StringComparer.Ordinal)
    {
        ["http/protobuf"] = OtlpProtocol.HttpProtobuf, ["grpc"] = OtlpProtocol.Grpc,
    };

    /// <summary>Reads what the project says; its secrets are masked from then on.</summary>
    public TelemetryOptions Read()
    {
        var reader = MappingReader.Of(
            Expand(file.Telemetry), new(ProjectFile.FileName), $"'{TelemetryOptions.Key}'", errors,
            TelemetryOptions.Settings);
        var options = new TelemetryOptions
        {
            Access = reader.Word("metrics", accesses) ?? MetricsAccess.Login,
            MetricsToken = TokenOf(reader),
            TablesMax = (int)(reader.Integer("tables_max", 1, TablesMaxMax) ?? TelemetryOptions.TablesMaxDefault),
            Collector = CollectorOf(reader),
        };
        reader.Finish();
        return options;
    }

    string? TokenOf(MappingReader reader)
    {
        if (reader.Text(TokenKey) is not { } token) return null;
        CheckSecret(TokenKey, (file.Telemetry as YamlNode.Mapping)?[TokenKey]);
        if (token.Length < TokenLengthMin)
            errors.Add(
                reader.PlaceOf(TokenKey), $"'{TokenKey}' must have at least {TokenLengthMin} characters",
                "openssl rand -hex 32 makes one");
        file.Secrets.Add(token);
        return token;
    }

    OtlpOptions? CollectorOf(MappingReader telemetry)
    {
        var node = telemetry.Node(OtlpKey);
        var reader = MappingReader.Of(
            node, telemetry.PlaceOf(OtlpKey), $"'{OtlpKey}'", errors, TelemetryOptions.Otlp);
        var named = reader.Text("endpoint");
        var options = new OtlpOptions
        {
            Endpoint = EndpointOf(reader, named),
            Protocol = reader.Word("protocol", protocols),
            Headers = HeadersOf(reader),
            SendsTraces = reader.Flag("traces") ?? true,
            SendsMetrics = reader.Flag("metrics") ?? true,
            SendsLogs = reader.Flag("logs") ?? true,
            IntervalMs = LengthOf(reader, "interval") ?? OtlpOptions.IntervalMsDefault,
            TimeoutMs = LengthOf(reader, "timeout") ?? OtlpOptions.TimeoutMsDefault,
        };
        reader.Finish();
        if (file.Variables["OTEL_SDK_DISABLED"] is "true") return null;
        var isNamed = named is not null || endpoints.Any(name => !string.IsNullOrEmpty(file.Variables[name]));
        if (node is not null && !isNamed)
            errors.Add(
                reader.Place, $"'endpoint' is missing in '{OtlpKey}'",
                $"the address of a collector, or {endpoints[0]}");
        return isNamed ? options : null;
    }

    Uri? EndpointOf(MappingReader reader, string? text)
    {
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
        errors.Add(
            reader.PlaceOf("endpoint"), $"'{text}' is not the address of a collector", "such as http://localhost:4318");
        return null;
    }

    Dictionary<string, string> HeadersOf(MappingReader reader)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var written = ((file.Telemetry as YamlNode.Mapping)?[OtlpKey] as YamlNode.Mapping)?[HeadersKey];
        foreach (var (name, place, value) in reader.Entries(HeadersKey))
        {
            if (value is not YamlNode.Scalar { Text: var text })
            {
                errors.Add(place, $"the header '{name}' must be a single value");
                continue;
            }
            CheckSecret(name, (written as YamlNode.Mapping)?[name]);
            // OpenTelemetry's exporter takes all headers as one text, in which a comma ends a header.
            if (text.Contains(',', StringComparison.Ordinal))
                errors.Add(place, $"the header '{name}' must not have a comma in its value");
            file.Secrets.Add(text);
            headers[name] = text;
        }
        return headers;
    }

    int? LengthOf(MappingReader reader, string key)
    {
        if (reader.Text(key) is not { } text) return null;
        if (Duration.TryParseWords(text, out var length) && length > TimeSpan.Zero && length <= longest)
            return (int)length.TotalMilliseconds;
        errors.Add(reader.PlaceOf(key), $"'{key}' must be a length of time such as 10s or 1m, not '{text}'");
        return null;
    }

    YamlNode? Expand(YamlNode? node) =>
        node is YamlNode.Mapping mapping ? VariableText.Expand(mapping, file.Variables, errors) : node;

    void CheckSecret(string key, YamlNode? written)
    {
        if (written is YamlNode.Scalar { Text: var text } && !VariableText.IsOnlyVariables(text))
            errors.Add(
                written.Place, $"'{key}' is a secret and must not stand in a file",
                "write ${NAME} here, and set NAME in the environment or in .env");
    }
}
