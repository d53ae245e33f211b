using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>Where a project tells of its runs in OpenLineage's words.</summary>
public sealed record OpenLineageTarget
{
    /// <summary>The key of <c>foz.yml</c>.</summary>
    public const string Key = "openlineage";

    /// <summary>How long an endpoint may take to answer by default, in milliseconds.</summary>
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
