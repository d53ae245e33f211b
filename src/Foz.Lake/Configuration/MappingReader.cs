using System.Globalization;

namespace Foz.Lake.Configuration;

/// <summary>
/// Reads the entries of a YAML mapping typed. A wrong value is reported to an <see cref="ErrorList"/> and reads as not
/// set; <see cref="Finish"/> reports the keys that were never read.
/// </summary>
/// <param name="mapping">The mapping.</param>
/// <param name="keys">
/// The keys that there are, and no other can be asked for; null for those that are asked for.
/// </param>
/// <param name="errors">Receives the errors.</param>
public sealed class MappingReader(YamlNode.Mapping mapping, IReadOnlyList<SettingSpec>? keys, ErrorList errors)
{
    const int KeysUsual = 16, KeysListedMax = 48;

    /// <summary>The keys that were asked for, perhaps twice, where none are declared and any can be unknown.</summary>
    readonly List<string>? asked = keys is null && mapping.Entries.Count > 0 ? new(KeysUsual) : null;

    /// <summary>
    /// The entries whose keys were asked for or refused: there are many readers, and most mappings are short.
    /// </summary>
    readonly bool[] met = mapping.Entries.Count == 0 ? [] : new bool[mapping.Entries.Count];

    /// <summary>A reader of a mapping whose keys are those that are asked for.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="errors">Receives the errors.</param>
    public MappingReader(YamlNode.Mapping mapping, ErrorList errors)
        : this(mapping, keys: null, errors)
    {
    }

    /// <summary>Where the mapping starts.</summary>
    public Place Place => mapping.Place;

    /// <summary>A reader of a node that must be a mapping; of an empty mapping where the node is empty.</summary>
    /// <param name="node">The node; null reads as empty.</param>
    /// <param name="place">Its place if it is null.</param>
    /// <param name="what">What it is, such as <c>a source</c>.</param>
    /// <param name="errors">Receives the errors.</param>
    /// <param name="keys">The keys that there are; null for those that are asked for.</param>
    public static MappingReader Of(
        YamlNode? node, Place place, string what, ErrorList errors, IReadOnlyList<SettingSpec>? keys = null)
    {
        if (node is YamlNode.Mapping mapping) return new(mapping, keys, errors);
        if (node is { IsNull: false }) errors.Add(node.Place, $"{what} must be a mapping, not {node.Kind}");
        return new(new YamlNode.Mapping([], node?.Place ?? place), keys, errors);
    }

    /// <summary>The value of a key; null where it is not set or empty.</summary>
    /// <exception cref="ArgumentException">Keys are declared, and this is none of them.</exception>
    public YamlNode? Node(string key)
    {
        if (keys is null) asked?.Add(key);
        else if (!IsDeclared(key)) throw new ArgumentException($"the key '{key}' is not declared", nameof(key));
        var index = mapping.Find(key);
        if (index < 0) return null;
        met[index] = true;
        return mapping.Entries[index].Value is { IsNull: false } node ? node : null;
    }

    /// <summary>Whether a key is there, be its value empty or null.</summary>
    public bool Has(string key) => mapping[key] is not null;

    /// <summary>Returns the place of a key's value, or the mapping where it is not set.</summary>
    public Place PlaceOf(string key) => mapping[key]?.Place ?? mapping.Place;

    /// <summary>A single value as text; null where it is not set.</summary>
    public string? Text(string key) => Node(key) switch
    {
        null => null,
        YamlNode.Scalar scalar => scalar.Text,
        var node => Wrong<string>(node, key, "a single value"),
    };

    /// <summary>A text that must be set; empty, with an error, where it is not.</summary>
    public string RequiredText(string key)
    {
        if (Text(key) is { } text) return text;
        if (Node(key) is null) errors.Add(mapping.Place, $"'{key}' is missing");
        return "";
    }

    /// <summary>A flag; null where it is not set.</summary>
    public bool? Flag(string key) => Node(key) switch
    {
        null => null,
        YamlNode.Scalar { Text: "true" } => true,
        YamlNode.Scalar { Text: "false" } => false,
        var node => Wrong<bool?>(node, key, "true or false"),
    };

    /// <summary>A whole number within limits; null where it is not set.</summary>
    public long? Integer(string key, long min = long.MinValue, long max = long.MaxValue)
    {
        var node = Node(key);
        if (node is null) return null;
        return node is YamlNode.Scalar scalar
            && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
                ? number
                : Wrong<long?>(node, key, (min, max) switch
                {
                    (long.MinValue, long.MaxValue) => "a whole number",
                    (_, long.MaxValue) => $"a whole number of at least {min}",
                    _ => $"a whole number from {min} to {max}",
                });
    }

    /// <summary>A number; null where it is not set.</summary>
    public decimal? Number(string key) => Node(key) switch
    {
        null => null,
        YamlNode.Scalar scalar when decimal.TryParse(
            scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var number) => number,
        var node => Wrong<decimal?>(node, key, "a number"),
    };

    /// <summary>An amount of memory; null where it is not set.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bytesMin">The least that is accepted.</param>
    public MemorySize? MemorySize(string key, long bytesMin = 0) => Node(key) switch
    {
        null => null,
        YamlNode.Scalar scalar when Configuration.MemorySize.TryParse(scalar.Text, out var size)
            && size.Bytes >= bytesMin => size,
        var node => Wrong<MemorySize?>(
            node, key, bytesMin == 0
                ? "an amount of memory, such as 512MB or 2GB"
                : $"an amount of memory of at least {new MemorySize(bytesMin)}, such as 512MB or 2GB"),
    };

    /// <summary>One of several words; null where it is not set.</summary>
    /// <param name="key">The key.</param>
    /// <param name="words">The words with the value of each.</param>
    /// <param name="refused">Words that are known from elsewhere, with what to say about each.</param>
    public T? Word<T>(
        string key, IReadOnlyDictionary<string, T> words, IReadOnlyDictionary<string, string>? refused = null)
        where T : struct
    {
        if (Text(key) is not { } text) return null;
        if (words.TryGetValue(text, out var value)) return value;
        if (refused is not null && refused.TryGetValue(text, out var reason))
            errors.Add(PlaceOf(key), $"'{key}: {text}' {reason}", $"known: {string.Join(", ", words.Keys)}");
        else
            errors.Add(PlaceOf(key), $"unknown {key} '{text}'", NearestName.Hint(text, words.Keys));
        return null;
    }

    /// <summary>A list of single values; one value is a list of one; empty where it is not set.</summary>
    public IReadOnlyList<YamlNode.Scalar> Scalars(string key)
    {
        switch (Node(key))
        {
            case null: return [];
            case YamlNode.Scalar scalar: return [scalar];
            case YamlNode.Sequence sequence:
                foreach (var item in sequence.Items.Where(item => item is not YamlNode.Scalar))
                    errors.Add(item.Place, $"an item of '{key}' must be a single value, not {item.Kind}");
                return [.. sequence.Items.OfType<YamlNode.Scalar>()];
            case var node:
                Wrong<object>(node, key, "a list");
                return [];
        }
    }

    /// <summary>A list of texts; one text is a list of one; empty where it is not set.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. Scalars(key).Select(scalar => scalar.Text)];

    /// <summary>The entries of a mapping; empty where it is not set.</summary>
    public IReadOnlyList<YamlEntry> Entries(string key) => Node(key) switch
    {
        null => [],
        YamlNode.Mapping entries => entries.Entries,
        var node => Wrong<IReadOnlyList<YamlEntry>>(node, key, "a mapping") ?? [],
    };

    /// <summary>Reports a key that cannot be set, if it is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reason">Why, such as <c>is not supported yet</c>.</param>
    public void Refuse(string key, string reason)
    {
        var index = mapping.Find(key);
        if (index < 0) return;
        met[index] = true;
        errors.Add(mapping.Entries[index].KeyPlace, $"'{key}' {reason}");
    }

    /// <summary>Notes that a value is not what it must be.</summary>
    /// <returns>The default of <typeparamref name="T"/>.</returns>
    public T? Wrong<T>(YamlNode node, string key, string expected)
    {
        errors.Add(node.Place, $"'{key}' must be {expected}, not {node.Kind}");
        return default;
    }

    bool IsDeclared(string key)
    {
        for (var i = 0; i < keys!.Count; i++)
            if (keys[i].Name == key) return true;
        return false;
    }

    /// <summary>Reports every key that no method was asked for, with the nearest that there is.</summary>
    public void Finish()
    {
        for (var i = 0; i < met.Length; i++)
        {
            if (met[i]) continue;
            var entry = mapping.Entries[i];
            errors.Add(
                entry.KeyPlace, $"unknown key '{entry.Key}'",
                NearestName.Hint(entry.Key, keys?.Select(key => key.Name) ?? asked!, KeysListedMax));
        }
    }
}
