using System.Globalization;
using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>YAML as values of templates, and back.</summary>
static class DbtValues
{
    static readonly Dictionary<string, object?> Words = new(StringComparer.Ordinal)
    {
        ["true"] = true, ["True"] = true, ["TRUE"] = true, ["yes"] = true, ["Yes"] = true, ["on"] = true, ["On"] = true,
        ["false"] = false, ["False"] = false, ["FALSE"] = false, ["no"] = false, ["No"] = false, ["off"] = false,
        ["Off"] = false,
    };

    /// <summary>A node as a value.</summary>
    /// <param name="node">The node; null is none.</param>
    /// <param name="render">What becomes of a text that is a template; null leaves it.</param>
    public static object? Of(YamlNode? node, Func<YamlNode.Scalar, object?>? render = null) => node switch
    {
        null or { IsNull: true } => null,
        YamlNode.Scalar scalar when render is not null && JinjaTemplate.IsTemplate(scalar.Text) => render(scalar),
        YamlNode.Scalar { IsQuoted: true } scalar => scalar.Text,
        YamlNode.Scalar scalar => OfText(scalar.Text),
        YamlNode.Sequence sequence => new JinjaList(sequence.Items.Select(item => Of(item, render))),
        YamlNode.Mapping mapping => JinjaDict.Of(mapping.Entries.Select(entry => (entry.Key, Of(entry.Value, render)))),
        _ => throw new System.Diagnostics.UnreachableException(node.Kind),
    };

    /// <summary>Returns the value of an unquoted text in YAML 1.1, which dbt reads.</summary>
    public static object? OfText(string text) =>
        Words.TryGetValue(text, out var word) ? word
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
            && text.Count(c => c == '.') <= 1
            && double.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out var real) ? real
        : text;

    /// <summary>A value as a node that stands somewhere.</summary>
    public static YamlNode ToNode(object? value, Place place) => value switch
    {
        null or JinjaUndefined => new YamlNode.Scalar("", isQuoted: false, place),
        bool flag => new YamlNode.Scalar(flag ? "true" : "false", isQuoted: false, place),
        JinjaList or JinjaTuple =>
            new YamlNode.Sequence([.. JinjaValue.ItemsOf(value)!.Select(item => ToNode(item, place))], place),
        JinjaDict dict => new YamlNode.Mapping(
            [
                .. dict.Entries.Select(entry =>
                    new YamlEntry(JinjaValue.ToText(entry.Key), place, ToNode(entry.Value, place))),
            ], place),
        string text => new YamlNode.Scalar(text, isQuoted: true, place),
        _ => new YamlNode.Scalar(JinjaValue.ToText(value), isQuoted: false, place),
    };

    /// <summary>The texts of a value that is one, or a list of them.</summary>
    public static IReadOnlyList<string> Texts(object? value) => value switch
    {
        null or JinjaUndefined => [],
        JinjaList or JinjaTuple => [.. JinjaValue.ItemsOf(value)!.Select(JinjaValue.ToText)],
        _ => [JinjaValue.ToText(value)],
    };
}
