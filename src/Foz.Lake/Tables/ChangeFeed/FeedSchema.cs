using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>Whether rows of all versions of a range can be read with the columns of the last one.</summary>
static class FeedSchema
{
    /// <summary>Refuses a range whose columns changed otherwise than by columns that were added or widened.</summary>
    /// <exception cref="FozException">They did; says what and when.</exception>
    public static void Check(LakeTable table, TableSnapshot end, IReadOnlyList<VersionStep> steps)
    {
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var step = steps[i];
            if (step.Before is not { } before || ReferenceEquals(before.Metadata, step.After.Metadata)) continue;
            // Of the version before, only rows that this one removes are read.
            var takesAway = step.Removed.Any() && step.ChangeDataFiles.Count == 0;
            if (i == 0 && !takesAway) return;
            if (Difference(before.TableSchema, end.Schema) is not { } difference) continue;
            var next = takesAway ? step.Version + 1 : step.Version;
            throw new FozException(
                ErrorKind.Data,
                $"the changes of {table.Name} from version {steps[0].Version} to {end.Version} have no common columns: "
                + $"in version {step.Version}, {difference}")
            {
                Hint = $"read the changes up to version {step.Version - 1}, and those from version {next} on",
            };
        }
    }

    /// <summary>
    /// Whether files of an earlier version can be read with the columns of the last one, whatever these are called.
    /// </summary>
    public static bool CanRead(TableSchema before, TableSchema end) =>
        Keys(before).SequenceEqual(Keys(end), StringComparer.Ordinal)
        && (before.Mapping == end.Mapping || end.Mapping != ColumnMappingMode.Id)
        && CanRead(before.Columns, end.Columns, Mappings.Of(before, end));

    static bool CanRead(DeltaType before, DeltaType end, Mappings mapping) => (before, end) switch
    {
        (StructType old, StructType now) => old.Fields.All(field =>
            mapping.FindIn(now, field) is not { } known || CanRead(field.Type, known.Type, mapping)),
        (ArrayType old, ArrayType now) => CanRead(old.Element, now.Element, mapping),
        (MapType old, MapType now) => CanRead(old.Key, now.Key, mapping) && CanRead(old.Value, now.Value, mapping),
        _ => before == end || before == DeltaType.Void || TypeWidening.CanRead(before, end),
    };

    /// <summary>What of one schema the rows of another do not fit, in words; null if all do.</summary>
    static string? Difference(TableSchema before, TableSchema end)
    {
        if (!Keys(before).SequenceEqual(Keys(end), StringComparer.Ordinal)) return "the partitioning changed";
        return before.Mapping != end.Mapping && end.Mapping == ColumnMappingMode.Id
            ? "columns came to be found by id"
            : Difference(before.Columns, end.Columns, Mappings.Of(before, end), ColumnPath.Root);
    }

    static IEnumerable<string> Keys(TableSchema schema) =>
        schema.PartitionColumns.Select(column => column.PhysicalName(schema.Mapping));

    static string? Difference(DeltaType before, DeltaType end, Mappings mapping, ColumnPath path)
    {
        switch (before, end)
        {
            case (StructType old, StructType now):
                foreach (var field in old.Fields)
                {
                    var inner = path.Then(field.Name);
                    var known = mapping.FindIn(now, field);
                    if (known is null) return $"column {inner} was dropped, or became another one";
                    if (!known.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))
                        return $"column {inner} was renamed to {known.Name}";
                    if (Difference(field.Type, known.Type, mapping, inner) is { } difference) return difference;
                }
                return null;
            case (ArrayType old, ArrayType now):
                return Difference(old.Element, now.Element, mapping, path.Then("element"));
            case (MapType old, MapType now):
                return Difference(old.Key, now.Key, mapping, path.Then("key"))
                    ?? Difference(old.Value, now.Value, mapping, path.Then("value"));
            default:
                return before == end || before == DeltaType.Void || TypeWidening.CanRead(before, end)
                    ? null
                    : $"column {path} became {end} after it was {before}";
        }
    }

    /// <summary>
    /// How columns of two schemas are found in files: a table that begins to map them gives them the names they had.
    /// </summary>
    readonly record struct Mappings(ColumnMappingMode Before, ColumnMappingMode End)
    {
        /// <summary>Those of two schemas; where the later one maps no columns, all have their names.</summary>
        public static Mappings Of(TableSchema before, TableSchema end) =>
            new(end.Mapping is ColumnMappingMode.None ? ColumnMappingMode.None : before.Mapping, end.Mapping);

        /// <summary>The column of a later struct that has the values of an earlier one; null for none.</summary>
        public StructField? FindIn(StructType end, StructField before)
        {
            var (name, mapping) = (before.PhysicalName(Before), End);
            return end.Fields.FirstOrDefault(field => field.PhysicalName(mapping) == name);
        }
    }
}
