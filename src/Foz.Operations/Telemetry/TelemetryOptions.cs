using Foz.Lake.Configuration;

namespace Foz.Operations.Telemetry;

/// <summary>Who may read <c>/metrics</c>.</summary>
public enum MetricsAccess
{
    /// <summary>Users who log in.</summary>
    Login,

    /// <summary>Any program of this machine, and users who log in.</summary>
    Loopback,

    /// <summary>No program: there is no such page.</summary>
    Off,
}

/// <summary>How the OpenTelemetry protocol is spoken.</summary>
public enum OtlpProtocol
{
    /// <summary>Protocol Buffers over HTTP.</summary>
    HttpProtobuf,

    /// <summary>gRPC.</summary>
    Grpc,
}

/// <summary>Where metrics, traces and logs are sent in OpenTelemetry's protocol.</summary>
public sealed record OtlpOptions
{
    /// <summary>How long data is gathered by default, in milliseconds.</summary>
    public const int IntervalMsDefault = 60_000;

    /// <summary>How long a collector may take to answer by default, in milliseconds.</summary>
    public const int TimeoutMsDefault = 10_000;

    /// <summary>The collector; null where the variables of OpenTelemetry name one for each kind of data.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>How it is spoken to; null as the variables of OpenTelemetry say.</summary>
    public OtlpProtocol? Protocol { get; init; }

    /// <summary>The headers of requests; empty as the variables of OpenTelemetry say.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether traces are sent.</summary>
    public bool SendsTraces { get; init; } = true;

    /// <summary>Whether metrics are sent.</summary>
    public bool SendsMetrics { get; init; } = true;

    /// <summary>Whether logs are sent.</summary>
    public bool SendsLogs { get; init; } = true;

    /// <summary>How long metrics are gathered before they are sent, in milliseconds.</summary>
    public int IntervalMs { get; init; } = IntervalMsDefault;

    /// <summary>How long the collector may take to answer, in milliseconds.</summary>
    public int TimeoutMs { get; init; } = TimeoutMsDefault;
}

/// <summary>What a project says of metrics, traces and logs: <c>telemetry:</c> of <c>foz.yml</c>.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Its key in <c>foz.yml</c>.</summary>
    public const string Key = "telemetry";

    /// <summary>How many tables have series of their own by default.</summary>
    public const int TablesMaxDefault = 200;

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("metrics", "who may read `/metrics` of [`foz serve`](#serve)")
        {
            Values = ["login", "loopback", "off"],
            Default = "`login`: users, with their password or token; `loopback` adds all programs of this machine",
        },
        new("metrics_token", "a token with which a program may read `/metrics` that is no user") { IsSecret = true },
        new("tables_max", "how many tables have metrics of their own; later ones are counted together as `other`")
        {
            Default = "200",
        },
        new("otlp", "the collector that metrics, traces and logs are sent to in OpenTelemetry's protocol")
        {
            Keys = Otlp, Default = "none, unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set",
        },
    ];

    /// <summary>The settings of <c>otlp</c>.</summary>
    public static IReadOnlyList<SettingSpec> Otlp =>
    [
        new("endpoint", "its address, such as `http://localhost:4318`") { Default = "`OTEL_EXPORTER_OTLP_ENDPOINT`" },
        new("protocol", "how it is spoken to")
        {
            Values = ["http/protobuf", "grpc"], Default = "`OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`",
        },
        new("headers", "name → value of a header of each request; values are secrets")
        {
            Default = "`OTEL_EXPORTER_OTLP_HEADERS`",
        },
        new("traces", "whether runs and steps are sent as traces") { Default = "true" },
        new("metrics", "whether metrics are sent") { Default = "true" },
        new("logs", "whether logs are sent") { Default = "true" },
        new("interval", "how long metrics are gathered before they are sent") { Default = "`60s`" },
        new("timeout", "how long it may take to answer") { Default = "`10s`" },
    ];

    /// <summary>Who may read <c>/metrics</c>.</summary>
    public MetricsAccess Access { get; init; }

    /// <summary>A token with which a program may read <c>/metrics</c>; null for none.</summary>
    public string? MetricsToken { get; init; }

    /// <summary>How many tables have series of their own.</summary>
    public int TablesMax { get; init; } = TablesMaxDefault;

    /// <summary>Where data is sent; null for nowhere.</summary>
    public OtlpOptions? Collector { get; init; }
}
