using System.Collections.Immutable;

namespace Foz.Lake.Data;

/// <summary>The metadata of tags that columns are to have, by the columns' names, whatever the case.</summary>
public sealed class ColumnTagMap
{
    readonly SortedDictionary<string, ImmutableSortedDictionary<string, string>> columns = new(
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The columns that have any.</summary>
    public IEnumerable<string> Columns => columns.Keys;

    /// <summary>The metadata of a column; none where it has no tags.</summary>
    public ImmutableSortedDictionary<string, string> Of(string column) =>
        columns.GetValueOrDefault(column, ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Adds a tag; the first value of one stays.</summary>
    public void Add(string column, string key, string value)
    {
        var present = Of(column);
        columns[column] = present.ContainsKey(key) ? present : present.Add(key, value);
    }
}
