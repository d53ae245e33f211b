using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>The tags that the columns of a step should have.</summary>
/// <param name="Map">The metadata of tags by column, of columns that have any.</param>
/// <param name="Columns">What the project says of the columns.</param>
/// <param name="IsCertain">Whether it is known what the columns are made from: else no tag goes.</param>
sealed record PropagatedTags(ColumnTagMap Map, IReadOnlyList<ColumnDefinition> Columns, bool IsCertain)
{
    /// <summary>What of a column's metadata changes: values by key; null takes one away.</summary>
    /// <param name="field">The column as it is.</param>
    /// <param name="isMadeAnew">Whether no row is older: else a tag goes only where it is released.</param>
    public IReadOnlyDictionary<string, string?> ChangesOf(Field field, bool isMadeAnew)
    {
        var changes = new Dictionary<string, string?>(StringComparer.Ordinal);
        var wanted = Map.Of(field.Name);
        foreach (var (key, value) in field.Metadata)
            if (IsCertain && ColumnTag.IsOfRuns(key, value) && !wanted.ContainsKey(key)
                && (isMadeAnew || Goes(field, key, value)))
                changes[key] = null;
        foreach (var (key, value) in wanted)
            if (ColumnTag.MayPut(field.Metadata, key, value)) changes[key] = value;
        return changes;
    }

    /// <summary>Why a column has not a tag of what it is made from; null where it has it.</summary>
    public static string? ReleaseOf(ColumnDefinition? column, string tag) =>
        column?.Release.FirstOrDefault(release => ColumnTag.Covers(release.Key, tag)).Value;

    /// <summary>
    /// Whether a tag goes that older rows may have: one that came from other columns and is released, or what was
    /// released and is no more.
    /// </summary>
    bool Goes(Field field, string key, string value) =>
        key.StartsWith(ColumnTag.ReleasePrefix, StringComparison.Ordinal)
            || (value != ColumnTag.Stated && ReleaseOf(
                Columns.FirstOrDefault(c => c.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase)),
                key[ColumnTag.Prefix.Length..]) is not null);
}
