using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Contracts;

namespace Foz.Pipelines.Projects;

/// <summary>A source of the project: what its connector needs, and what the project says of it.</summary>
public sealed record ProjectSource
{
    /// <summary>What its connector needs; its schema has the environment's prefix.</summary>
    public required SourceDefinition Definition { get; init; }

    /// <summary>Its streams, named and discovered ones.</summary>
    public required IReadOnlyList<ProjectStream> Streams { get; init; }

    /// <summary>The schema of its tables, as the project's SQL has it.</summary>
    public required string Schema { get; init; }

    /// <summary>
    /// Whether every stream gets a model <c>silver.&lt;stream&gt;</c> of its current rows, unless the project has one.
    /// </summary>
    public bool KeepsCurrent { get; init; }

    /// <summary>
    /// Whether every stream of mode <c>cdc</c> gets a view <c>&lt;table&gt;__envelope</c> with its changes as events of
    /// Debezium.
    /// </summary>
    public bool HasEnvelopes { get; init; }

    /// <summary>Whether of the rows of a key the one that arrived last is the newest, whatever its cursor.</summary>
    public bool ReadsCurrentRows { get; init; }

    /// <summary>The key of hashes that mask columns; null where none is stated.</summary>
    public string? MaskKey { get; init; }

    /// <summary>The most bytes of log that the source may keep for the lake; null where it may keep any.</summary>
    public long? LogBytesMax { get; init; }

    /// <summary>What happens to new columns where a stream says nothing else.</summary>
    public DriftPolicy Drift { get; init; }

    /// <summary>How many rows of a batch may be rejected where a stream says nothing else.</summary>
    public RejectedLimit MaxRejected { get; init; } = RejectedLimit.Default;

    /// <summary>Which of its streams are known.</summary>
    public StreamsKnown Known { get; init; } = StreamsKnown.All;

    /// <summary>Whether it takes streams that are not discovered yet.</summary>
    public bool IsUndiscovered => Known is StreamsKnown.Named or StreamsKnown.Some;

    /// <summary>What a violation of a check does where nothing else is said.</summary>
    public OnViolation OnViolation { get; init; }

    /// <summary>Whether its named streams have contracts where they do not say.</summary>
    public bool IsContract { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// How old what the tables of its streams have may be, where these say nothing; null for nothing.
    /// </summary>
    public StreamFreshness? Freshness { get; init; }

    /// <summary>The owner; null if the project names none.</summary>
    public string? Owner { get; init; }

    /// <summary>Its tags, which its streams have too.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Definition.Name;
}

/// <summary>Which streams of a source are known.</summary>
public enum StreamsKnown
{
    /// <summary>The streams that the project names; the source may have others.</summary>
    Named,

    /// <summary>
    /// Also those that <c>sources/schemas.lock</c> or tables of the lake tell of; there may be others.
    /// </summary>
    Some,

    /// <summary>All, by <c>sources/schemas.lock</c>.</summary>
    Locked,

    /// <summary>All: the project names them, or the source was asked.</summary>
    All,
}

/// <summary>A stream of a source: what its connector needs, and what the project says of its table.</summary>
public sealed record ProjectStream
{
    /// <summary>What its connector needs.</summary>
    public required StreamDefinition Definition { get; init; }

    /// <summary>Its table's name, as models' SQL has it.</summary>
    public required TableName Name { get; init; }

    /// <summary>Its table's name in the lake: <see cref="Name"/> with the environment's schema prefix.</summary>
    public required TableName Table { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>The engines that its table stays readable for; null where nothing is said of it.</summary>
    public IReadOnlyList<string>? Readers { get; init; }

    /// <summary>Its tags and its source's.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What is said of its columns, which may be fewer than it has.</summary>
    public IReadOnlyList<ColumnDefinition> Columns { get; init; } = [];

    /// <summary>How its rows are cleaned before its checks look at them, in order.</summary>
    public IReadOnlyList<CleanRule> Clean { get; init; } = [];

    /// <summary>What it promises of its columns; null where it has no contract.</summary>
    public TableContract? Contract { get; init; }

    /// <summary>All its checks: those of its columns, then those of the table.</summary>
    public IReadOnlyList<CheckDefinition> Checks { get; init; } = [];

    /// <summary>What happens to columns that the source brings and the table does not have.</summary>
    public DriftPolicy Drift { get; init; }

    /// <summary>How many rows of a batch may be rejected.</summary>
    public RejectedLimit MaxRejected { get; init; } = RejectedLimit.Default;

    /// <summary>
    /// How old what its table has may be, for <c>foz source freshness</c>; null where nothing is said.
    /// </summary>
    public StreamFreshness? Freshness { get; init; }

    /// <summary>
    /// Columns, or fields of them, that hold lists whose elements get tables of their own; empty where none do.
    /// </summary>
    public IReadOnlyList<string> Lists { get; init; } = [];

    /// <summary>The tables that its checks need; filled in when the project is whole.</summary>
    public IReadOnlyList<Reference> References { get; init; } = [];
}
