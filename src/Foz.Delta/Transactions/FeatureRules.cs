using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>Which table features a schema and properties need (PROTOCOL.md, "Table Features").</summary>
static class FeatureRules
{
    // What writers of version 2 do, which a new table asks of its writers at least.
    static readonly string[] Basic = [TableFeature.AppendOnly, "invariants"];

    static readonly (string Property, string Value, string Feature)[] ByProperty =
    [
        (DeletionVectorDescriptor.Property, "true", TableFeature.DeletionVectors),
        (ChangeDataFeed.Property, "true", ChangeDataFeed.Feature),
        ("delta.enableInCommitTimestamps", "true", TableFeature.InCommitTimestamp),
        (RowTracking.Property, "true", TableFeature.RowTracking),
        (RowTracking.Property, "true", TableFeature.DomainMetadata),
        (TypeWidening.EnableProperty, "true", "typeWidening"),
        ("delta.enableVariantShredding", "true", "variantShredding"),
        ("delta.enableIcebergCompatV1", "true", "icebergCompatV1"),
        ("delta.enableIcebergCompatV2", "true", "icebergCompatV2"),
        ("delta.checkpointPolicy", "v2", TableFeature.V2Checkpoint),
        (ColumnMapping.ModeProperty, "name", TableFeature.ColumnMapping),
        (ColumnMapping.ModeProperty, "id", TableFeature.ColumnMapping),
        ("delta.appendOnly", "true", TableFeature.AppendOnly),
    ];

    public static bool IsTrue(Metadata metadata, string property) => HasValue(metadata, property, "true");

    /// <summary>
    /// Returns the protocol of a new table, with the features that it needs and those asked for: the least version,
    /// without lists of features where a version implies exactly these.
    /// </summary>
    public static Protocol ForNew(Metadata metadata, IEnumerable<string> features) =>
        Exactly(new() { MinReaderVersion = 1, MinWriterVersion = 2 }, Needed(metadata).Union(Basic).Union(features));

    /// <summary>The protocol with the features that the metadata need; the same one if it has them.</summary>
    public static Protocol Upgrade(Protocol protocol, Metadata metadata)
    {
        var needed = Needed(metadata)
            .Where(feature => !protocol.Supports(feature) && !protocol.Supports($"{feature}-preview"))
            .ToList();
        return needed.Count == 0
            ? protocol
            : With(protocol, needed);
    }

    /// <summary>The protocol with features that are asked for.</summary>
    public static Protocol With(Protocol protocol, IEnumerable<string> features) =>
        Exactly(protocol, protocol.AllWriterFeatures.Union(protocol.AllReaderFeatures).Union(features));

    /// <summary>The protocol without a feature.</summary>
    public static Protocol Without(Protocol protocol, string feature, IEnumerable<string> added) => WithFeatures(
        protocol.AllWriterFeatures.Union(protocol.AllReaderFeatures).Where(name => name != feature).Union(added));

    /// <summary>
    /// Returns, of a protocol that has no lists, the least version without lists that implies exactly these features;
    /// otherwise the one with lists.
    /// </summary>
    static Protocol Exactly(Protocol protocol, IEnumerable<string> features)
    {
        var wanted = features.ToHashSet(StringComparer.Ordinal);
        if (protocol.MinWriterVersion < Protocol.WriterVersionWithFeatures)
            for (var writer = protocol.MinWriterVersion; writer < Protocol.WriterVersionWithFeatures; writer++)
                for (var reader = protocol.MinReaderVersion; reader < Protocol.ReaderVersionWithFeatures; reader++)
                {
                    var old = new Protocol { MinReaderVersion = reader, MinWriterVersion = writer };
                    if (wanted.SetEquals(old.AllWriterFeatures) && old.AllReaderFeatures.All(wanted.Contains)
                        && old.AllReaderFeatures.Contains(TableFeature.ColumnMapping)
                            == wanted.Contains(TableFeature.ColumnMapping))
                        return old;
                }
        return WithFeatures(wanted);
    }

    static Protocol WithFeatures(IEnumerable<string> features)
    {
        var writer = features.Order(StringComparer.Ordinal).ToList();
        var reader = writer.Where(name => TableFeature.Find(name) is { IsForReaders: true }).ToList();
        return new()
        {
            MinReaderVersion = reader.Count > 0 ? Protocol.ReaderVersionWithFeatures : 1,
            MinWriterVersion = Protocol.WriterVersionWithFeatures,
            ReaderFeatures = reader.Count > 0 ? StringList.From(reader) : null,
            WriterFeatures = StringList.From(writer),
        };
    }

    static HashSet<string> Needed(Metadata metadata)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (property, value, feature) in ByProperty)
            if (HasValue(metadata, property, value)) needed.Add(feature);
        if (metadata.Configuration.Keys.Any(key => key.StartsWith("delta.constraints.", StringComparison.Ordinal)))
            needed.Add("checkConstraints");
        AddNeeded(StructType.ParseSchema(metadata.SchemaString), needed);
        return needed;
    }

    static void AddNeeded(DeltaType type, HashSet<string> needed)
    {
        switch (type)
        {
            case PrimitiveType { Kind: PrimitiveKind.TimestampNtz }:
                needed.Add(TableFeature.TimestampNtz);
                break;
            case PrimitiveType { Kind: PrimitiveKind.Variant }:
                needed.Add("variantType");
                break;
            case ArrayType array:
                AddNeeded(array.Element, needed);
                break;
            case MapType map:
                AddNeeded(map.Key, needed);
                AddNeeded(map.Value, needed);
                break;
            case StructType parent:
                foreach (var field in parent.Fields)
                {
                    AddNeeded(field.Type, needed);
                    AddNeeded(field.Metadata, needed);
                }
                break;
        }
    }

    static void AddNeeded(FieldMetadata metadata, HashSet<string> needed)
    {
        if (metadata[FieldMetadata.GenerationExpressionKey] is not null) needed.Add("generatedColumns");
        if (metadata[FieldMetadata.InvariantsKey] is not null) needed.Add("invariants");
        if (metadata[FieldMetadata.CurrentDefaultKey] is not null) needed.Add("allowColumnDefaults");
        if (metadata[FieldMetadata.IdentityStartKey] is not null) needed.Add("identityColumns");
        if (metadata[FieldMetadata.TypeChangesKey] is not null) needed.Add("typeWidening");
    }

    static bool HasValue(Metadata metadata, string property, string value) =>
        string.Equals(metadata.Configuration.Find(property), value, StringComparison.OrdinalIgnoreCase);
}
