using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Serving.Governance;

/// <summary>What is shown in the place of a value.</summary>
public enum ColumnMask
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>Asterisks.</summary>
    Redact,

    /// <summary>The HMAC-SHA-256 of the value's text by the server's key: the same for the same value.</summary>
    Hash,

    /// <summary>Asterisks, and the last four characters.</summary>
    LastFour,
}

/// <summary>What is shown of columns with a tag; the stricter before the less strict.</summary>
public enum TagRule
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>Asterisks.</summary>
    Redact,

    /// <summary>The HMAC-SHA-256 of the value's text.</summary>
    Hash,

    /// <summary>Asterisks, and the last four characters.</summary>
    LastFour,

    /// <summary>The values as they are.</summary>
    Clear,
}

/// <summary>What some may read.</summary>
public sealed record AccessGrant
{
    /// <summary>Everyone who is logged in.</summary>
    public const string Everyone = "everyone";

    /// <summary>The users and roles.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>What of: schemas, tables and views as <c>schema.table</c>, or <c>*</c> for everything.</summary>
    public required IReadOnlyList<string> On { get; init; }

    /// <summary>What may be done; to read by default.</summary>
    public IReadOnlyList<Privilege> Privileges { get; init; } = [Privilege.Select];

    /// <summary>The columns; null for all.</summary>
    public IReadOnlySet<string>? Columns { get; init; }

    /// <summary>Which rows, as a condition in SQL; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Columns whose values are shown otherwise.</summary>
    public IReadOnlyDictionary<string, ColumnMask> Masks { get; init; } = new Dictionary<string, ColumnMask>();

    /// <summary>How columns with tags, or families of tags, are shown.</summary>
    public IReadOnlyDictionary<string, TagRule> Tags { get; init; } = new Dictionary<string, TagRule>();

    /// <summary>The same of tags about which the grant says nothing, as all files together say it.</summary>
    public IReadOnlyDictionary<string, TagRule> OtherTags { get; init; } = new Dictionary<string, TagRule>();

    /// <summary>
    /// How columns with a tag are shown: the longest name that covers it says it; null where nothing does.
    /// </summary>
    public TagRule? RuleOf(string tag) => RuleOf(Tags, tag) ?? RuleOf(OtherTags, tag);

    /// <summary>Where it stands.</summary>
    public required Place Place { get; init; }

    /// <summary>Where the names that it has stand.</summary>
    internal IReadOnlyDictionary<string, Place> Places { get; init; } = new Dictionary<string, Place>();

    /// <summary>Whether it is about a table or view.</summary>
    public bool IsAbout(TableName table) => On.Any(on =>
        ((on == "*" || on.Equals(table.Schema, StringComparison.OrdinalIgnoreCase)) && !IsByNameOnly(table))
        || (TableName.TryParse(on, out var name) && name == table));

    /// <summary>What everybody did, and asked, is granted by its name alone.</summary>
    static bool IsByNameOnly(TableName table) =>
        table == new TableName(TableName.SystemSchema, "audit")
            || table == new TableName(TableName.SystemSchema, "queries");

    bool IsReadOnly => Privileges is [Privilege.Select];

    /// <summary>The grant as people read it.</summary>
    public override string ToString() =>
        $"grant{(IsReadOnly ? "" : $" {string.Join(", ", Privileges).ToLowerInvariant()}")} on {string.Join(", ", On)} "
            + $"to {string.Join(", ", To)}"
        + (Columns is null ? "" : $" columns {string.Join(", ", Columns.Order(StringComparer.Ordinal))}")
        + (Where is null ? "" : $" where {Where}")
        + (Tags.Count == 0
            ? ""
            : $" tags {string.Join(", ", Tags.OrderBy(t => t.Key, StringComparer.Ordinal)
                .Select(t => $"{t.Key} {t.Value.ToString().ToLowerInvariant()}"))}")
        + (Masks.Count == 0
            ? ""
            : $" masks {string.Join(", ", Masks.OrderBy(m => m.Key, StringComparer.Ordinal)
                .Select(m => $"{m.Key} {m.Value.ToString().ToLowerInvariant()}"))}");

    /// <summary>Reads a grant.</summary>
    internal static AccessGrant? Read(YamlNode node, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "a grant", errors);
        var (to, on) = (reader.Texts("to"), reader.Texts("on"));
        var columns = reader.Has("columns") ? reader.Texts("columns") : null;
        var masks = new Dictionary<string, ColumnMask>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in reader.Entries("masks"))
            if (MaskOf(entry.Value) is { } mask) masks[entry.Key] = mask;
            else errors.Add(
                entry.Value.Place, $"'{entry.Key}' has no such mask", "masks are: null, redact, hash, last_four");
        var grant = new AccessGrant
        {
            To = to, On = on, Columns = columns?.ToHashSet(StringComparer.OrdinalIgnoreCase),
            Where = reader.Text("where"),
            Masks = masks, Tags = ReadTags(reader, errors), Privileges = ReadPrivileges(reader, errors),
            Place = node.Place,
            Places = PlacesOf(reader),
        };
        reader.Finish();
        if (!grant.IsReadOnly && (columns is not null || grant.Where is not null || masks.Count > 0))
            errors.Add(
                node.Place, "what is written is all of a table: such a grant has no 'columns', 'where' or 'masks'",
                "grant to read in a grant of its own");
        if (to.Count == 0) errors.Add(node.Place, "the grant has no 'to'", "name users or roles: to: [analysts]");
        if (on.Count == 0)
            errors.Add(node.Place, "the grant has no 'on'", "name schemas or tables: on: [gold, silver.orders]");
        return grant;
    }

    static Dictionary<string, Place> PlacesOf(MappingReader reader)
    {
        var places = new Dictionary<string, Place>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in new[] { "to", "on", "columns" })
            if (reader.Node(key) is YamlNode.Sequence { Items: var items })
                foreach (var item in items.OfType<YamlNode.Scalar>()) places.TryAdd(item.Text, item.Place);
        foreach (var entry in reader.Entries("masks")) places.TryAdd(entry.Key, entry.KeyPlace);
        return places;
    }

    /// <summary>Reads <c>tags:</c>, tags and families of tags with what is shown of their columns.</summary>
    internal static IReadOnlyDictionary<string, TagRule> ReadTags(MappingReader reader, ErrorList errors)
    {
        var tags = new Dictionary<string, TagRule>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in reader.Entries("tags"))
            if (!ColumnTag.IsName(entry.Key))
                errors.Add(
                    entry.KeyPlace, $"'{entry.Key}' cannot be a tag", "tags are words with dots between: pii.cpf");
            else if (MaskOf(entry.Value) is { } mask) tags[entry.Key] = (TagRule)mask;
            else if (entry.Value is YamlNode.Scalar { Text: "clear" }) tags[entry.Key] = TagRule.Clear;
            else errors.Add(
                entry.Value.Place, $"'{entry.Key}' has no such rule",
                "rules of tags are: null, redact, hash, last_four, clear");
        return tags;
    }

    static readonly Dictionary<string, Privilege> privileges =
        Enum.GetValues<Privilege>().ToDictionary(
            privilege => privilege.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    static IReadOnlyList<Privilege> ReadPrivileges(MappingReader reader, ErrorList errors)
    {
        if (!reader.Has("privileges")) return [Privilege.Select];
        var found = new List<Privilege>();
        foreach (var word in reader.Scalars("privileges"))
            if (word.Text == "all") found.AddRange(Enum.GetValues<Privilege>());
            else if (privileges.TryGetValue(word.Text, out var privilege)) found.Add(privilege);
            else
                errors.Add(
                    word.Place, $"there is no privilege '{word.Text}'",
                    NearestName.Hint(word.Text, privileges.Keys.Append("all")));
        return [.. found.Distinct()];
    }

    static ColumnMask? MaskOf(YamlNode node) =>
        node is not YamlNode.Scalar scalar ? null : scalar.IsNull ? ColumnMask.Null : scalar.Text switch
        {
            "null" => ColumnMask.Null,
            "redact" => ColumnMask.Redact,
            "hash" => ColumnMask.Hash,
            "last_four" or "last4" => ColumnMask.LastFour,
            _ => null,
        };

    static TagRule? RuleOf(IReadOnlyDictionary<string, TagRule> rules, string tag)
    {
        var longest = rules.Keys.Where(family => ColumnTag.Covers(family, tag)).MaxBy(family => family.Length);
        return longest is null ? null : rules[longest];
    }
}
