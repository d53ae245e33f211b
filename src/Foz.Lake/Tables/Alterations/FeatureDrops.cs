using System.Globalization;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Configuration;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>Which table features can be dropped, and what must be true before, as Spark has it.</summary>
static class FeatureDrops
{
    const string Protection = "checkpointProtection";
    const string ProtectionProperty = "delta.requireCheckpointProtectionBeforeVersion";

    static readonly Dictionary<string, Action<TableBuilder>> drops = new(StringComparer.OrdinalIgnoreCase)
    {
        [TableFeature.DeletionVectors] = DropDeletionVectors,
        [TableFeature.TypeWidening] = DropTypeWidening,
        ["typeWidening-preview"] = DropTypeWidening,
        [TableFeature.V2Checkpoint] = draft => Unset(draft, "delta.checkpointPolicy"),
        ["vacuumProtocolCheck"] = _ => { },
        [TableFeature.ColumnMapping] = draft => Refuse(
            draft.Mapping != ColumnMappingMode.None, draft, TableFeature.ColumnMapping,
            "its files hold columns by other names",
            "create the table again"),
        ["checkConstraints"] = draft => Refuse(
            draft.Properties.Keys.Any(key =>
                key.StartsWith(RowRules.ConstraintPrefix, StringComparison.OrdinalIgnoreCase)),
            draft, "checkConstraints", "it has constraints", "drop them first: drop-constraint"),
        ["allowColumnDefaults"] = draft => Refuse(
            draft.Schema.Fields.Any(field => field.Metadata[FieldMetadata.CurrentDefaultKey] is not null),
            draft, "allowColumnDefaults", "columns have defaults", "drop them first: drop-default"),
        [TableFeature.InCommitTimestamp] = draft => Unset(
            draft, "delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion",
            "delta.inCommitTimestampEnablementTimestamp"),
        [TableFeature.Clustering] = draft => draft.Domains[PropertyAlterations.ClusteringDomain] = null,
        [TableFeature.DomainMetadata] = DropDomains,
    };

    public static TableOperation Apply(TableBuilder draft, TableAlteration.DropFeature change)
    {
        var protocol = draft.Snapshot.State.Protocol;
        var supported = protocol.AllWriterFeatures.Union(protocol.AllReaderFeatures).ToList();
        var name = supported.Find(feature => feature.Equals(change.Feature, StringComparison.OrdinalIgnoreCase))
            ?? throw new FozException(ErrorKind.NotFound, $"{draft.Name} has no feature {change.Feature}")
            {
                Hint = NearestName.Find(change.Feature, supported) is { } near
                    ? $"did you mean {near}?"
                    : $"it has {string.Join(", ", supported)}",
            };
        if (!drops.TryGetValue(name, out var drop))
            throw new FozException(ErrorKind.Data, $"the feature {name} of {draft.Name} cannot be dropped")
            {
                Hint = $"those that can are {string.Join(", ", drops.Keys.Order(StringComparer.Ordinal))}",
            };
        drop(draft);
        draft.DroppedFeature = name;
        if (TableFeature.Find(name) is { IsForReaders: true }) ProtectHistory(draft);
        return TableOperation.Of("DROP FEATURE", ("featureName", name), ("truncateHistory", "false"));
    }

    // Older versions may need the feature: a client that does not know it must not clean up what lets it skip them.
    static void ProtectHistory(TableBuilder draft)
    {
        draft.AddedFeatures.Add(Protection);
        draft.Properties = draft.Properties.With(
            ProtectionProperty, (draft.Snapshot.Version + 1).ToString(CultureInfo.InvariantCulture));
    }

    static void DropDeletionVectors(TableBuilder draft)
    {
        Refuse(
            draft.Snapshot.State.Files.Any(file => file.DeletionVector is not null), draft,
            TableFeature.DeletionVectors,
            "files have deletion vectors", "rewrite those files first");
        Unset(draft, DeletionVectorDescriptor.Property);
    }

    static void DropTypeWidening(TableBuilder draft)
    {
        Refuse(
            draft.Schema.ToString().Contains($"\"{FieldMetadata.TypeChangesKey}\"", StringComparison.Ordinal), draft,
            TableFeature.TypeWidening, "types of columns were widened, and files of the old types may be there",
            "create the table again");
        Unset(draft, TypeWidening.EnableProperty);
    }

    static void DropDomains(TableBuilder draft)
    {
        var dependent = draft.Snapshot.State.Protocol.AllWriterFeatures
            .FirstOrDefault(feature => feature is TableFeature.Clustering or "rowTracking");
        Refuse(dependent is not null, draft, TableFeature.DomainMetadata, $"{dependent} needs it",
            $"drop {dependent} first");
        foreach (var domain in draft.Snapshot.State.Domains.Keys) draft.Domains[domain] = null;
    }

    static void Unset(TableBuilder draft, params IEnumerable<string> properties) =>
        draft.Properties = properties.Aggregate(draft.Properties, (left, property) => left.Without(property));

    static void Refuse(bool isNeeded, TableBuilder draft, string feature, string reason, string remedy)
    {
        if (isNeeded)
            throw new FozException(ErrorKind.Data, $"the feature {feature} of {draft.Name} cannot be dropped: {reason}")
            {
                Hint = remedy,
            };
    }
}
