using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Imports;

/// <summary>What is said of a model that comes from elsewhere, in the order in which it is written.</summary>
sealed class ImportedModel
{
    readonly List<YamlEntry> entries = [];

    /// <summary>Whether nothing is said.</summary>
    public bool IsEmpty => entries.Count == 0;

    /// <summary>Says something; nothing where the value is null or an empty list.</summary>
    public void Set(string key, YamlNode? value)
    {
        if (value is null or { IsNull: true } or YamlNode.Sequence { Items.Count: 0 }
            or YamlNode.Mapping { Entries.Count: 0 })
            return;
        entries.RemoveAll(entry => entry.Key == key);
        entries.Add(new(key, default, value));
    }

    /// <summary>Says a text.</summary>
    public void Set(string key, string? text)
    {
        if (!string.IsNullOrEmpty(text)) Set(key, Text(text));
    }

    /// <summary>All of it.</summary>
    public YamlNode.Mapping Yaml => new([.. entries], default);

    /// <summary>The text of a SQL file: front matter, then the SELECT.</summary>
    public string File(string sql) =>
        // The end of a comment within a text would end this one.
        (IsEmpty ? "" : $"/* @foz\n{YamlText.Of(Yaml).Replace("*/", "* /", StringComparison.Ordinal)}@foz */\n")
            + sql.Trim() + "\n";

    public static YamlNode.Scalar Text(string text) => new(text, isQuoted: false, default);

    public static YamlNode.Scalar Flag(bool value) => Text(value ? "true" : "false");

    public static YamlNode.Scalar Number(long value) => Text(value.ToString(CultureInfo.InvariantCulture));

    public static YamlNode.Sequence List(IEnumerable<string> texts) => new([.. texts.Select(Text)], default);

    public static YamlNode.Mapping Map(params (string Key, YamlNode? Value)[] entries) => new(
        [
            .. entries.Where(entry => entry.Value is not null)
                .Select(entry => new YamlEntry(entry.Key, default, entry.Value!)),
        ], default);
}
