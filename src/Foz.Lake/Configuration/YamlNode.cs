namespace Foz.Lake.Configuration;

/// <summary>A node of a YAML text, with its place.</summary>
public abstract class YamlNode
{
    YamlNode(Place place) => Place = place;

    /// <summary>Where it starts.</summary>
    public Place Place { get; }

    /// <summary>What it is, in the words of error messages.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether it is a scalar without a value: empty, <c>~</c> or <c>null</c>, without quotes.</summary>
    public bool IsNull => this is Scalar { IsQuoted: false, Text: "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>A single value.</summary>
    /// <param name="text">Its text, without quotes.</param>
    /// <param name="isQuoted">Whether it is a text whatever it looks like: quoted, or a block.</param>
    /// <param name="place">Where it starts.</param>
    public sealed class Scalar(string text, bool isQuoted, Place place) : YamlNode(place)
    {
        /// <summary>Its text, without quotes.</summary>
        public string Text { get; } = text;

        /// <summary>Whether it is a text whatever it looks like: quoted, or a block.</summary>
        public bool IsQuoted { get; } = isQuoted;

        /// <summary>
        /// Whether it is a literal block (<c>|</c>): its lines are those of the file, from the next on.
        /// </summary>
        public bool IsLiteralBlock { get; init; }

        /// <inheritdoc/>
        public override string Kind => IsNull ? "empty" : $"'{Text}'";
    }

    /// <summary>A list.</summary>
    /// <param name="items">Its items in order.</param>
    /// <param name="place">Where it starts.</param>
    public sealed class Sequence(IReadOnlyList<YamlNode> items, Place place) : YamlNode(place)
    {
        /// <summary>Its items in order.</summary>
        public IReadOnlyList<YamlNode> Items { get; } = items;

        /// <inheritdoc/>
        public override string Kind => "a list";
    }

    /// <summary>A mapping; no key occurs in it twice.</summary>
    /// <param name="entries">Its entries in order.</param>
    /// <param name="place">Where it starts.</param>
    public sealed class Mapping(IReadOnlyList<YamlEntry> entries, Place place) : YamlNode(place)
    {
        readonly YamlEntry[] all = entries as YamlEntry[] ?? [.. entries];

        /// <summary>Its entries in order.</summary>
        public IReadOnlyList<YamlEntry> Entries => all;

        /// <summary>The value of a key; null where the key is not there.</summary>
        public YamlNode? this[string key] => Find(key) is var index and >= 0 ? all[index].Value : null;

        /// <summary>The index of the entry of a key; -1 where the key is not there.</summary>
        internal int Find(string key)
        {
            // Mappings are short, and are searched again and again.
            for (var i = 0; i < all.Length; i++)
                if (all[i].Key == key) return i;
            return -1;
        }

        /// <inheritdoc/>
        public override string Kind => "a mapping";
    }
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key's text.</param>
/// <param name="KeyPlace">The place of the key.</param>
/// <param name="Value">The value.</param>
public sealed record YamlEntry(string Key, Place KeyPlace, YamlNode Value);
