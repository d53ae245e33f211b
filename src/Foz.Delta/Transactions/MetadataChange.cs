using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>What a change of metadata means for writers that do not know of it.</summary>
static class MetadataChange
{
    /// <summary>
    /// Whether only descriptions differ: name, description and comments, how far identity columns have counted, and
    /// whatever is not Delta's own in the properties. Data written for the old metadata are right for the new, unless
    /// they count themselves, and then the transaction has metadata of its own.
    /// </summary>
    public static bool IsDescriptive(Metadata before, Metadata after) =>
        before.Id == after.Id
        && before.FormatProvider == after.FormatProvider
        && before.FormatOptions.Equals(after.FormatOptions)
        && before.PartitionColumns.Equals(after.PartitionColumns)
        && Effective(before.Configuration).Equals(Effective(after.Configuration))
        && (before.SchemaString == after.SchemaString
            || Effective(StructType.ParseSchema(before.SchemaString))
                .Equals(Effective(StructType.ParseSchema(after.SchemaString))));

    static StringMap Effective(StringMap properties) =>
        new(properties.Where(property => property.Key.StartsWith("delta.", StringComparison.Ordinal)));

    static DeltaType Effective(DeltaType type) => type switch
    {
        StructType parent => new StructType([.. parent.Fields.Select(field => field with
        {
            Type = Effective(field.Type),
            Metadata = Effective(field.Metadata),
        })]),
        ArrayType array => array with { Element = Effective(array.Element) },
        MapType map => map with { Key = Effective(map.Key), Value = Effective(map.Value) },
        _ => type,
    };

    static FieldMetadata Effective(FieldMetadata metadata)
    {
        foreach (var (key, _) in metadata.Entries)
            if (key is FieldMetadata.CommentKey or IdentityColumn.HighWaterMarkKey
                || key.StartsWith("foz.", StringComparison.Ordinal))
                metadata = metadata.Without(key);
        return metadata;
    }
}
