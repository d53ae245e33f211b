using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>How a project is read.</summary>
public sealed record ProjectOptions
{
    /// <summary>The environment (<c>--target</c>); null for the project's default.</summary>
    public string? Target { get; init; }

    /// <summary>The environment variables; null for those of the process.</summary>
    public IReadOnlyDictionary<string, string>? EnvironmentVariables { get; init; }

    /// <summary>The connectors that there are.</summary>
    public IReadOnlyList<IConnector> Connectors { get; init; } = ConnectorRegistry.Connectors;

    /// <summary>The readers of projects of other tools.</summary>
    public IReadOnlyList<IProjectReader> Readers { get; init; } = [];

    /// <summary>
    /// Whether the lake has a table that the project does not make, by its name in the lake; none without a lake at
    /// hand.
    /// </summary>
    public Func<TableName, bool> ExistsInLake { get; init; } = static _ => false;

    /// <summary>What templates ask the lake; null without a lake at hand.</summary>
    public IProjectLake? Lake { get; init; }

    /// <summary>Variables of a dbt project that stand over its own, as YAML (<c>--vars</c>); null for none.</summary>
    public string? Vars { get; init; }

    /// <summary>Whether the rows that SQL tests find are kept as tables, where the tests do not say.</summary>
    public bool StoresFailures { get; init; }

    /// <summary>The command that the project is read for, which templates of a dbt project may ask.</summary>
    public string Command { get; init; } = "run";

    /// <summary>Whether the command rebuilds tables.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>Tells templates of a dbt project when the command began.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// A copy of the project's texts, from which they are read; null for the project's folder itself.
    /// </summary>
    public string? Texts { get; init; }

    /// <summary>Where what was parsed of projects is kept for the next time; null for nowhere.</summary>
    public string? CacheFolder { get; init; }
}
