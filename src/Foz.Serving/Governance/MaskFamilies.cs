using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Serving.Governance;

/// <summary>
/// Which columns show the same hash for the same value. A family is what an owner declares in <c>families:</c>; else
/// the column's tag; else the column's name.
/// </summary>
public sealed class MaskFamilies
{
    /// <summary>The key of files of <c>policies/</c>.</summary>
    public const string Key = "families";

    readonly Dictionary<string, string> tags = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<(TableName Table, string Column), string> columns = [];
    readonly HashSet<string> ruled = new(ColumnTag.ProtectedFamilies, StringComparer.OrdinalIgnoreCase);

    /// <summary>The family of a column.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="column">The column, with its tags.</param>
    public string Of(TableName table, Field column)
    {
        if (columns.TryGetValue((BaseOf(table), column.Name.ToLowerInvariant()), out var declared)) return declared;
        var own = ColumnTag.Of(column).Where(tag => !ColumnTag.IsRelease(tag)).ToList();
        if (own.Select(DeclaredOf).FirstOrDefault(known => known is not null) is { } family) return family;
        return (own.FirstOrDefault(ColumnTag.IsProtected) ?? own.FirstOrDefault(IsRuled)) is { } tag
            ? $"tag {tag.ToLowerInvariant()}"
            : $"column {column.Name.ToLowerInvariant()}";
    }

    /// <summary>
    /// Whether only owners set or take away a tag: it is about people, or of a family for which a policy has a rule.
    /// </summary>
    /// <param name="tag">The tag, as SET TAGS names it.</param>
    public bool IsOwners(string tag)
    {
        var family = FirstWord(ColumnTag.WithoutRelease(tag));
        return ruled.Any(name => FirstWord(name).Equals(family, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What is declared, as people read it.</summary>
    internal IEnumerable<string> Rights =>
    [
        .. tags.Select(tag => $"{tag.Value} has {tag.Key}"),
        .. columns.Select(column => $"{column.Value} has {column.Key.Table}.{column.Key.Column}"),
    ];

    /// <summary>Notes tags for which a policy has a rule.</summary>
    internal void AddRules(IEnumerable<string> names) => ruled.UnionWith(names);

    /// <summary>Reads <c>families:</c>, names with the tags and columns that belong together.</summary>
    internal void Read(MappingReader file, ErrorList errors)
    {
        foreach (var entry in file.Entries(Key))
        {
            if (entry.Value is not YamlNode.Sequence { Items: var items })
            {
                errors.Add(
                    entry.Value.Place, $"the family '{entry.Key}' must be a list",
                    "list tags and columns: [pii.cpf, silver.orders.document]");
                continue;
            }
            foreach (var item in items) Read($"family {entry.Key}", item, errors);
        }
    }

    void Read(string family, YamlNode item, ErrorList errors)
    {
        var text = (item as YamlNode.Scalar)?.Text ?? "";
        var isNew = !ColumnTag.IsProtected(text)
            && text.Split('.') is [{ Length: > 0 } schema, { Length: > 0 } table, { Length: > 0 } column]
            ? columns.TryAdd((new(schema, table), column.ToLowerInvariant()), family)
            : !ColumnTag.IsName(text) || tags.TryAdd(text, family);
        if (!ColumnTag.IsName(text) && !text.Contains('.', StringComparison.Ordinal))
            errors.Add(
                item.Place, $"'{text}' is neither a tag nor a column",
                "write a tag such as pii.cpf, or schema.table.column");
        else if (!isNew) errors.Add(item.Place, $"'{text}' stands in '{Key}' twice");
    }

    bool IsRuled(string tag) => ruled.Any(family => ColumnTag.Covers(family, tag));

    string? DeclaredOf(string tag) =>
        tags.Keys.Where(name => ColumnTag.Covers(name, tag)).MaxBy(name => name.Length) is { } longest
            ? tags[longest]
            : null;

    /// <summary>The table whose rows a table keeps apart.</summary>
    internal static TableName BaseOf(TableName table)
    {
        foreach (var suffix in TableName.None.Beside.Select(beside => beside.Name))
            if (table.Name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                return table with { Name = table.Name[..^suffix.Length] };
        return table;
    }

    static string FirstWord(string tag) => tag.Split('.')[0];
}

/// <summary>What <c>hash</c> masks show a user of a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Families">The families of columns.</param>
/// <param name="MayWrite">
/// Whether a grant lets the user write the table: its masks would hash values that the user wrote.
/// </param>
public sealed record TableHashes(TableName Table, MaskFamilies Families, bool MayWrite)
{
    /// <summary>The family by whose key a column is hashed; null where no hash is shown.</summary>
    public string? FamilyOf(Field column) => MayWrite ? null : Families.Of(Table, column);
}
