using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Imports;

/// <summary>
/// Writes YAML: mappings in lines, lists of plain values in one line, texts of several lines as blocks.
/// </summary>
static partial class YamlText
{
    /// <summary>The text of a mapping, ending with a line break; empty where it has no entries.</summary>
    public static string Of(YamlNode.Mapping mapping)
    {
        var text = new StringBuilder();
        Write(text, mapping, indent: 0);
        return text.ToString();
    }

    static void Write(StringBuilder text, YamlNode.Mapping mapping, int indent, bool isInline = false)
    {
        foreach (var entry in mapping.Entries)
        {
            text.Append(' ', isInline ? 0 : indent).Append(Plain(entry.Key, isQuoted: false)).Append(':');
            isInline = false;
            WriteValue(text, entry.Value, indent + 2);
        }
    }

    static void WriteValue(StringBuilder text, YamlNode value, int indent)
    {
        switch (value)
        {
            case YamlNode.Mapping { Entries.Count: > 0 } mapping:
                Write(text.Append('\n'), mapping, indent);
                break;
            case YamlNode.Sequence list
                when list.Items.All(item =>
                    item is YamlNode.Scalar scalar && !scalar.Text.Contains('\n', StringComparison.Ordinal)):
                text.Append(" [")
                    .AppendJoin(
                        ", ",
                        list.Items.Cast<YamlNode.Scalar>().Select(item => Plain(item.Text, item.IsQuoted)))
                        .Append("]\n");
                break;
            case YamlNode.Sequence list:
                text.Append('\n');
                foreach (var item in list.Items)
                {
                    text.Append(' ', indent).Append('-');
                    if (item is YamlNode.Mapping { Entries.Count: > 0 } mapping)
                        Write(text.Append(' '), mapping, indent + 2, isInline: true);
                    else WriteValue(text, item, indent + 2);
                }
                break;
            case YamlNode.Scalar scalar when scalar.Text.Contains('\n', StringComparison.Ordinal):
                text.Append(" |\n");
                foreach (var line in scalar.Text.TrimEnd('\n').Split('\n'))
                    text.Append(' ', line.Length == 0 ? 0 : indent).Append(line).Append('\n');
                break;
            case YamlNode.Scalar scalar:
                text.Append(' ').Append(Plain(scalar.Text, scalar.IsQuoted)).Append('\n');
                break;
            default:
                text.Append(" {}\n");
                break;
        }
    }

    static string Plain(string text, bool isQuoted) =>
        !isQuoted && PlainWord.IsMatch(text) ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What means itself in every place of YAML.</summary>
    [GeneratedRegex(
        @"\A[\p{L}\p{Nd}_./+%][\p{L}\p{Nd}_./+% ()=<>$-]*(?<! )\z|\A-?\d+(\.\d+)?\z|\A\$\{\w+\}\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex PlainWord { get; }
}
