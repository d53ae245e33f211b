using Foz.Dbt.Jinja;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>
/// The configuration of a resource, by key: in <c>dbt_project.yml</c>, in a YAML file next to it, and in itself.
/// </summary>
sealed class DbtConfig
{
    readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);
    readonly List<string> tags = [];
    JinjaDict meta = new();

    /// <summary>The value of a key; null where it is not configured.</summary>
    public object? this[string key] => key switch
    {
        "tags" => new JinjaList(tags),
        "meta" => meta,
        _ => values.GetValueOrDefault(key),
    };

    /// <summary>Its tags, of all places together.</summary>
    public IReadOnlyList<string> Tags => tags;

    /// <summary>Gets other properties of it, from all places together.</summary>
    public JinjaDict Meta => meta;

    /// <summary>All keys with values.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Values => values;

    /// <summary>The text of a key; null where it is not configured.</summary>
    public string? Text(string key) => this[key] is { } value and not JinjaUndefined ? JinjaValue.ToText(value) : null;

    /// <summary>The flag of a key; null where it is not configured.</summary>
    public bool? Flag(string key) => this[key] is bool flag ? flag : null;

    /// <summary>
    /// Takes what a nearer place says: tags are added, <c>meta</c> is merged, other keys are replaced.
    /// </summary>
    public void Add(string key, object? value)
    {
        key = key.TrimStart('+').Replace('-', '_');
        switch (key)
        {
            case "tags":
                foreach (var tag in DbtValues.Texts(value)
                    .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries)))
                    if (!tags.Contains(tag)) tags.Add(tag);
                break;
            case "meta" when value is JinjaDict dict:
                foreach (var (name, said) in dict.Entries) meta[name] = said;
                break;
            case "pre_hook" or "post_hook":
                values[key] = new JinjaList(
                    [.. JinjaValue.ItemsOf(values.GetValueOrDefault(key)) ?? [], .. HooksOf(value)]);
                break;
            default:
                values[key] = value;
                break;
        }
    }

    /// <summary>Applies all settings of a nearer place.</summary>
    public void Add(JinjaDict said)
    {
        foreach (var (key, value) in said.Entries) Add(JinjaValue.ToText(key), value);
    }

    /// <summary>
    /// Adds the configuration of a resource in <c>dbt_project.yml</c>, from the outermost folder inwards.
    /// </summary>
    /// <param name="said">The configuration of its kind.</param>
    /// <param name="path">The package, the folders and the name of the resource.</param>
    /// <param name="valueOf">Returns the value of an entry.</param>
    public void Add(YamlNode.Mapping said, IEnumerable<string> path, Func<YamlEntry, object?> valueOf)
    {
        var next = path.FirstOrDefault();
        YamlNode.Mapping? inner = null;
        foreach (var entry in said.Entries)
        {
            if (entry.Key == next && entry.Value is YamlNode.Mapping mapping) inner = mapping;
            else if (entry.Key.StartsWith('+') || entry.Value is not YamlNode.Mapping) Add(entry.Key, valueOf(entry));
        }
        if (inner is not null) Add(inner, path.Skip(1), valueOf);
    }

    /// <summary>Returns a copy that can be changed independently.</summary>
    public DbtConfig Copy()
    {
        var copy = new DbtConfig
        {
            meta = JinjaDict.Of(meta.Entries.Select(entry => (JinjaValue.ToText(entry.Key), entry.Value))),
        };
        copy.tags.AddRange(tags);
        foreach (var (key, value) in values) copy.values[key] = value;
        return copy;
    }

    static IEnumerable<object?> HooksOf(object? value) => value switch
    {
        null or JinjaUndefined => [],
        JinjaList list => list.SelectMany(HooksOf),
        JinjaDict dict => [dict.TryGet("sql", out var sql) ? sql : null],
        _ => [value],
    };
}
