using System.Text.RegularExpressions;
using Foz.Lake.Sql;

namespace Foz.Cli.Commands.Starting;

/// <summary>Names and values as the files of a new project write them.</summary>
static partial class StartText
{
    /// <summary>Words that YAML or SQL would take for something else.</summary>
    static readonly HashSet<string> Taken = new(StringComparer.OrdinalIgnoreCase)
    {
        "all", "and", "any", "as", "asc", "between", "by", "case", "cast", "check", "collate", "column", "constraint",
        "create", "default", "desc", "describe", "distinct", "do", "else", "end", "except", "exists", "false", "fetch",
        "for", "foreign", "from", "grant", "group", "having", "in", "into", "is", "join", "left", "like", "limit", "no",
        "not", "null", "off", "offset", "on", "only", "or", "order", "pivot", "primary", "qualify", "references",
        "right", "select", "show", "some", "summarize", "table", "then", "to", "true", "union", "unique", "unpivot",
        "user", "using", "when", "where", "window", "with", "yes", "y", "n",
    };

    /// <summary>A value of YAML, in quotes where it needs them.</summary>
    public static string Yaml(string text) => PlainValue.IsMatch(text) && !Taken.Contains(text)
        ? text
        : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name of SQL, in quotes where it needs them.</summary>
    public static string Sql(string name) =>
        PlainName.IsMatch(name) && !Taken.Contains(name) ? name : SqlText.Identifier(name);

    /// <summary>A name for a project and its connection: small letters, digits and underscores.</summary>
    public static string NameOf(string text)
    {
        var name = string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).Trim('_');
        return name.Length == 0 ? "project" : char.IsAsciiDigit(name[0]) ? $"p{name}" : name;
    }

    /// <summary>A line of <c>.env</c>.</summary>
    public static string Env(string variable, string value) => value.Contains('\'') || value.Contains('\n')
        ? $"{variable}=\"{value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"",
            StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)}\"\n"
        : $"{variable}='{value}'\n";

    [GeneratedRegex("^[A-Za-z_./~][A-Za-z0-9_./@?=&%~+-]*(:[A-Za-z0-9_./@?=&%~+-]+)*$", RegexOptions.ExplicitCapture)]
    private static partial Regex PlainValue { get; }

    [GeneratedRegex("^[a-z_][a-z0-9_]*$")]
    private static partial Regex PlainName { get; }
}
