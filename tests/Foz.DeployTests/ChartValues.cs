using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Foz.DeployTests;

/// <summary>Values of a chart: texts, booleans, whole numbers, lists, and mappings in the order of their keys.</summary>
static partial class ChartValues
{
    /// <summary>Reads YAML.</summary>
    public static object? Read(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents.Count == 0 ? null : Of(stream.Documents[0].RootNode);
    }

    /// <summary>Puts values over others, mapping by mapping, as Helm does.</summary>
    public static object? Merge(object? below, object? above)
    {
        if (below is not SortedDictionary<string, object?> old || above is not SortedDictionary<string, object?> own)
            return above;
        var merged = new SortedDictionary<string, object?>(old, StringComparer.Ordinal);
        foreach (var (key, value) in own)
            merged[key] = merged.TryGetValue(key, out var known) ? Merge(known, value) : value;
        return merged;
    }

    /// <summary>Writes a value as <c>toYaml</c> does: keys in order, lists as far to the left as their key.</summary>
    public static string Write(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, "");
        return text.ToString().TrimEnd('\n');
    }

    static object? Of(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new SortedDictionary<string, object?>(
            mapping.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => Of(pair.Value)),
            StringComparer.Ordinal),
        YamlSequenceNode list => list.Children.Select(Of).ToList(),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => plain.Value switch
        {
            null or "" or "null" or "~" => null,
            "true" => true,
            "false" => false,
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) =>
                n,
            var text => text,
        },
        YamlScalarNode quoted => quoted.Value,
        _ => throw new InvalidOperationException($"{node.NodeType}"),
    };

    static void Write(StringBuilder text, object? value, string indent)
    {
        switch (value)
        {
            case SortedDictionary<string, object?> { Count: > 0 } mapping:
                foreach (var (key, item) in mapping)
                {
                    text.Append(indent).Append(Scalar(key)).Append(':');
                    WriteItem(text, item, item is List<object?> ? indent : indent + "  ");
                }
                break;
            case List<object?> { Count: > 0 } list:
                foreach (var item in list)
                {
                    var nested = new StringBuilder();
                    Write(nested, item, indent + "  ");
                    text.Append(indent).Append("- ").Append(nested.ToString().TrimStart(' '));
                }
                break;
            default:
                text.Append(indent).Append(Scalar(value)).Append('\n');
                break;
        }
    }

    static void WriteItem(StringBuilder text, object? item, string indent)
    {
        if (item is SortedDictionary<string, object?> { Count: > 0 } or List<object?> { Count: > 0 })
        {
            text.Append('\n');
            Write(text, item, indent);
        }
        else text.Append(' ').Append(Scalar(item)).Append('\n');
    }

    static string Scalar(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        SortedDictionary<string, object?> => "{}",
        List<object?> => "[]",
        string text when IsPlain(text) => text,
        string text => Quote(text),
        _ => throw new InvalidOperationException($"{value}"),
    };

    /// <summary>A text in quotes, as <c>quote</c> writes it.</summary>
    public static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    static bool IsPlain(string text) => Plain.IsMatch(text)
        && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9./_-]*|[0-9]+([KMGT]i|m))$", RegexOptions.ExplicitCapture)]
    private static partial Regex Plain { get; }
}
