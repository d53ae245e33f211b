using System.Text.RegularExpressions;
using Foz.Lake.Configuration;

namespace Foz.Operations.Alerts;

/// <summary>
/// Own texts of messages, with <c>{{ name }}</c> for values of a fixed list of names. It knows no code and no secrets.
/// </summary>
public sealed partial class IncidentTemplate
{
    readonly string? title, text;

    IncidentTemplate(string? title, string? text) => (this.title, this.text) = (title, text);

    /// <summary>The names, with what they are.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["title"] = "the title that Foz gives", ["text"] = "what happened, in one line",
        ["event"] = "`opened`, `repeated`, `escalated`, `acknowledged`, `resolved` or `test`",
        ["kind"] = "the kind of incident", ["subject"] = "what it is about, such as a table",
        ["severity"] = "`info`, `warning` or `critical`", ["since"] = "since when it is broken",
        ["duration"] = "for how long", ["owners"] = "the owners", ["tags"] = "the tags",
        ["blocks"] = "the tables and exposures that wait for it", ["blocks_count"] = "how many those are",
        ["members"] = "what is broken, a line each", ["members_count"] = "how many things are",
        ["run"] = "the run that failed first", ["command"] = "the command that fixes it or shows more",
        ["project"] = "the project", ["environment"] = "the environment", ["incident"] = "the incident's id",
        ["acknowledged_by"] = "who takes care of it", ["link"] = "the link to acknowledge it",
    };

    /// <summary>Reads texts; what is wrong is noted, and they are null then.</summary>
    public static IncidentTemplate? Read(YamlNode.Scalar? title, YamlNode.Scalar? text, ErrorList errors)
    {
        var before = errors.Count;
        foreach (var scalar in new[] { title, text }.OfType<YamlNode.Scalar>())
        {
            foreach (Match match in Placeholder.Matches(scalar.Text))
                if (match.Groups["name"].Value is var name && !Names.ContainsKey(name))
                    errors.Add(
                        scalar.Place, $"unknown name '{name}' in a template", NearestName.Hint(name, Names.Keys));
            if (Placeholder.Replace(scalar.Text, "").Contains("{{", StringComparison.Ordinal))
                errors.Add(
                    scalar.Place, "a template has '{{' that is no '{{ name }}'",
                    "templates have names only: no conditions, loops or functions");
        }
        return errors.Count > before ? null : new(title?.Text, text?.Text);
    }

    /// <summary>Fills in the title; null where the template has none.</summary>
    public string? Title(IReadOnlyDictionary<string, string> values) => FillIn(title, values)?.ReplaceLineEndings(" ");

    /// <summary>Fills in the text; null where the template has none.</summary>
    public string? Text(IReadOnlyDictionary<string, string> values) => FillIn(text, values);

    static string? FillIn(string? text, IReadOnlyDictionary<string, string> values) => text is null
        ? null
        : Placeholder.Replace(text, match => values.GetValueOrDefault(match.Groups["name"].Value, ""));

    [GeneratedRegex(@"\{\{\s*(?<name>[^{}\s]+)\s*\}\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder { get; }
}
