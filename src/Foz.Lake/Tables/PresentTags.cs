using System.Text.Json;
using Foz.Delta.Schema;
using Foz.Lake.Data;

namespace Foz.Lake.Tables;

/// <summary>
/// Tags are about what a column holds, and are as they were last set, whatever version is brought back: one that was
/// tagged since stays so, and one that was released.
/// </summary>
static class PresentTags
{
    /// <summary>The columns of a version with the tags that they have now; one that is no more keeps its own.</summary>
    /// <param name="version">The version.</param>
    /// <param name="now">The newest version of the same table.</param>
    public static StructType Of(TableSnapshot version, TableSnapshot now) => new(
    [
        .. version.Schema.Columns.Fields.Select(field =>
        {
            var stored = field.PhysicalName(version.Schema.Mapping);
            var present =
                now.Schema.Columns.Fields.FirstOrDefault(known => known.PhysicalName(now.Schema.Mapping) == stored);
            if (present is null) return field;
            var bare = TagsOf(field).Aggregate(field.Metadata, (metadata, tag) => metadata.Without(tag.Key));
            return field with
            {
                Metadata = TagsOf(present).Aggregate(bare, (metadata, tag) => metadata.With(tag.Key, tag.Value)),
            };
        }),
    ]);

    static IEnumerable<KeyValuePair<string, JsonElement>> TagsOf(StructField field) =>
        field.Metadata.Entries.Where(entry => entry.Key.StartsWith(ColumnTag.Prefix, StringComparison.Ordinal));
}
