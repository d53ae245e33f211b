namespace Foz.Delta.Log;

/// <summary>
/// A table feature of the protocol (PROTOCOL.md, "Valid Feature Names in Table Features") with what this library does
/// about it. Features that are not in <see cref="All"/> are unknown and refused by name.
/// </summary>
/// <param name="Name">The name in the lists of a <see cref="Protocol"/>.</param>
public sealed record TableFeature(string Name)
{
    /// <summary>True if readers must know the feature too.</summary>
    public bool IsForReaders { get; init; }

    /// <summary>Whether tables that have it are read; always true for features of writers only.</summary>
    public bool CanRead { get; init; } = true;

    /// <summary>Whether tables that have it are written, as far as <see cref="ActiveWhen"/> is no obstacle.</summary>
    public bool CanWrite { get; init; } = true;

    /// <summary>Where a feature cannot be read: what people can do; null if nothing is known to help.</summary>
    internal string? Advice { get; init; }

    /// <summary>Where set, the feature is supported for writing only while this is false for the table.</summary>
    internal Func<Metadata, bool>? ActiveWhen { get; init; }

    /// <summary>
    /// The writer version before 7 that brings the feature; 0 for features that only the list brings.
    /// </summary>
    internal int LegacyWriterVersion { get; init; }

    /// <summary>The name of <c>appendOnly</c>.</summary>
    public const string AppendOnly = "appendOnly";

    /// <summary>The name of <c>columnMapping</c>.</summary>
    public const string ColumnMapping = "columnMapping";

    /// <summary>The name of <c>deletionVectors</c>.</summary>
    public const string DeletionVectors = "deletionVectors";

    /// <summary>The name of <c>timestampNtz</c>.</summary>
    public const string TimestampNtz = "timestampNtz";

    /// <summary>The name of <c>domainMetadata</c>.</summary>
    public const string DomainMetadata = "domainMetadata";

    /// <summary>The name of <c>inCommitTimestamp</c>.</summary>
    public const string InCommitTimestamp = "inCommitTimestamp";

    /// <summary>The name of <c>clustering</c>.</summary>
    public const string Clustering = "clustering";

    /// <summary>The name of <c>typeWidening</c>.</summary>
    public const string TypeWidening = "typeWidening";

    /// <summary>The name of <c>v2Checkpoint</c>.</summary>
    public const string V2Checkpoint = "v2Checkpoint";

    /// <summary>The name of <c>rowTracking</c>.</summary>
    public const string RowTracking = "rowTracking";

    /// <summary>The name of <c>materializePartitionColumns</c>.</summary>
    public const string MaterializePartitionColumns = "materializePartitionColumns";

    /// <summary>The name of <c>checkpointProtection</c>.</summary>
    public const string CheckpointProtection = "checkpointProtection";

    /// <summary>All features that the library knows.</summary>
    public static IReadOnlyList<TableFeature> All { get; } =
    [
        new(AppendOnly) { LegacyWriterVersion = 2 },
        new("invariants") { LegacyWriterVersion = 2 },
        new("checkConstraints") { LegacyWriterVersion = 3 },
        new("changeDataFeed") { LegacyWriterVersion = 4 },
        new("generatedColumns") { LegacyWriterVersion = 4 },
        new(ColumnMapping) { LegacyWriterVersion = 5, IsForReaders = true },
        new("identityColumns") { LegacyWriterVersion = 6 },
        new("allowColumnDefaults"),
        new(DeletionVectors) { IsForReaders = true },
        new(TimestampNtz) { IsForReaders = true },
        new(V2Checkpoint) { IsForReaders = true },
        new(DomainMetadata),
        new(RowTracking),
        new(Clustering),
        new(InCommitTimestamp),
        new(TypeWidening) { IsForReaders = true },
        new("typeWidening-preview") { IsForReaders = true },
        new("vacuumProtocolCheck") { IsForReaders = true },
        new("icebergCompatV1") { ActiveWhen = IsTrue("delta.enableIcebergCompatV1") },
        new("icebergCompatV2"),
        new("icebergCompatV3") { ActiveWhen = IsTrue("delta.enableIcebergCompatV3") },
        new("variantType") { IsForReaders = true, CanWrite = false },
        new("variantType-preview") { IsForReaders = true, CanWrite = false },
        new("variantShredding") { IsForReaders = true, CanWrite = false },
        new("variantShredding-preview") { IsForReaders = true, CanWrite = false },
        new(CheckpointProtection),
        CatalogManaged("catalogManaged"),
        CatalogManaged("catalogOwned"),
        CatalogManaged("catalogOwned-preview"),
        new(MaterializePartitionColumns),
    ];

    /// <summary>The feature of a name; null if it is unknown.</summary>
    public static TableFeature? Find(string name) => All.FirstOrDefault(feature => feature.Name == name);

    // The same feature under the names that it had in the course of time.
    static TableFeature CatalogManaged(string name) => new(name)
    {
        IsForReaders = true,
        CanRead = false,
        CanWrite = false,
        Advice = "a catalog decides which of its commits count: read it through that, or read a deep clone of it",
    };

    static Func<Metadata, bool> IsTrue(string property) => metadata =>
        string.Equals(metadata.Configuration.Find(property), "true", StringComparison.OrdinalIgnoreCase);
}
