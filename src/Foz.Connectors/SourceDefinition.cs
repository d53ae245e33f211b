using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors;

/// <summary>A connection of <c>foz.yml</c>: how to reach a system.</summary>
/// <param name="Name">Its name in the project.</param>
/// <param name="Type">The type of connector, such as <c>postgresql</c> or <c>files</c>.</param>
/// <param name="Settings">What the connector's <see cref="IConnector.ConnectionSettings"/> declare.</param>
public sealed record ConnectionDefinition(string Name, string Type, Settings Settings)
{
    /// <summary>The secrets of its project, which messages of the external system must not hold.</summary>
    public Secrets Secrets { get; init; } = new();
}

/// <summary>A source of the project: streams that one connection brings into tables.</summary>
public sealed record SourceDefinition
{
    /// <summary>Its name in the project.</summary>
    public required string Name { get; init; }

    /// <summary>How to reach it.</summary>
    public required ConnectionDefinition Connection { get; init; }

    /// <summary>The schema that its tables go to.</summary>
    public string Schema { get; init; } = "bronze";

    /// <summary>
    /// Its streams; empty together with <see cref="TakesAllStreams"/> where they are to be discovered.
    /// </summary>
    public required IReadOnlyList<StreamDefinition> Streams { get; init; }

    /// <summary>
    /// Whether every stream that the source has is taken, the ones not named in <see cref="Streams"/> too.
    /// </summary>
    public bool TakesAllStreams { get; init; }

    /// <summary>What <c>.env</c> sets and the environment does not, for programs of the project.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }
}

/// <summary>How a stream is read.</summary>
public enum StreamMode
{
    /// <summary>All of it, in one consistent read that replaces the table.</summary>
    Snapshot,

    /// <summary>Rows that are new since the last batch, appended.</summary>
    Incremental,

    /// <summary>All rows once, then all changes of them that the source's log has, appended.</summary>
    Changes,
}

/// <summary>One stream of a source: what arrives in one table.</summary>
public sealed record StreamDefinition
{
    /// <summary>Its name: that of its table in the lake.</summary>
    public required string Name { get; init; }

    /// <summary>How it is read.</summary>
    public StreamMode Mode { get; init; } = StreamMode.Snapshot;

    /// <summary>The columns that identify a row; empty where unknown.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The column that grows with every change of a row; null where there is none.</summary>
    public string? Cursor { get; init; }

    /// <summary>Declared types of columns as SQL type names, by column; a column not named keeps its own.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The names of its columns in their order; empty where they are not stated as a list.</summary>
    public IReadOnlyList<string> ColumnNames { get; init; } = [];

    /// <summary>What the connector's <see cref="IConnector.StreamSettings"/> declare.</summary>
    public Settings Settings { get; init; } = Settings.Empty;

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }
}
