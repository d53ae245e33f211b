using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Readers;

namespace Foz.Delta.Transactions;

/// <summary>
/// Whether rows of a table may be marked as deleted. New tables leave that open (<see cref="Property"/>), so that
/// readers which know no deletion vectors read them: the first change of single rows that gains by it takes the
/// feature.
/// </summary>
public static class DeletionVectorRules
{
    /// <summary>
    /// The property of tables that take the feature when a change gains by it, with the value <see cref="Auto"/>.
    /// </summary>
    public const string Property = "foz.deletionVectors";

    /// <summary>The value of <see cref="Property"/>.</summary>
    public const string Auto = "auto";

    /// <summary>Whether rows are marked.</summary>
    public static bool AreOn(Protocol protocol, Metadata metadata) =>
        protocol.Supports(TableFeature.DeletionVectors)
            && FeatureRules.IsTrue(metadata, DeletionVectorDescriptor.Property);

    /// <summary>
    /// Whether a change may take the feature: the table leaves it open, nothing else forbids it, and its readers know
    /// it.
    /// </summary>
    public static bool MayBeTaken(Metadata metadata) =>
        metadata.Configuration.Find(Property) == Auto
        && metadata.Configuration.Find(DeletionVectorDescriptor.Property) is null && AreAllowed(metadata.Configuration)
        && HeldReaders.Allow(metadata.Configuration, TableFeature.DeletionVectors);

    /// <summary>
    /// Whether programs that know no deletion vectors need not read the table's files by other descriptions.
    /// </summary>
    public static bool AreAllowed(StringMap properties) =>
        !Iceberg(properties) && !string.Equals(
            properties.Find(Manifests.SymlinkManifests.Property), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Properties of a new table, which leave it open where they do not say whether rows may be marked.
    /// </summary>
    public static StringMap LeftOpen(StringMap properties) =>
        properties.Find(DeletionVectorDescriptor.Property) is null && AreAllowed(properties)
            ? properties.With(Property, Auto)
            : properties;

    /// <summary>The metadata of a table whose rows are marked.</summary>
    internal static Metadata Taken(Metadata metadata) => metadata with
    {
        Configuration = metadata.Configuration.Without(Property).With(DeletionVectorDescriptor.Property, "true"),
    };

    /// <summary>Whether a commit of others changed nothing else of what a table is.</summary>
    internal static bool AreAllThatChanged(Protocol before, Protocol after) =>
        FeatureRules.With(before, [TableFeature.DeletionVectors]).DemandsAs(after);

    /// <inheritdoc cref="AreAllThatChanged(Protocol, Protocol)"/>
    internal static bool AreAllThatChanged(Metadata before, Metadata after) =>
        MetadataChange.IsDescriptive(Taken(before), after);

    static bool Iceberg(StringMap properties) => IcebergCompat.IsRequired(IcebergCompat.ForNew(properties));
}
