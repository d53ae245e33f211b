using System.Text.RegularExpressions;

namespace Foz.Lake.Configuration;

/// <summary>
/// Texts with variables in them: <c>${NAME}</c>, or <c>${NAME:-default}</c> for when it is not set or empty; <c>$${</c>
/// means a plain <c>${</c>.
/// </summary>
public static partial class VariableText
{
    /// <summary>Whether a text can be the name of a variable: letters, digits and <c>_</c>, no digit first.</summary>
    public static bool IsName(string text) => Name.IsMatch(text);

    /// <summary>
    /// Whether every character of a text comes from variables that have no default: what a secret has to be.
    /// </summary>
    public static bool IsOnlyVariables(string text) =>
        text.Length > 0 && Reference.Replace(text, m => m.Groups["default"].Length > 0 ? m.Value : "").Length == 0;

    /// <summary>Puts the values of variables into a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">Its place.</param>
    /// <param name="variables">The values.</param>
    /// <param name="errors">
    /// Takes names that are not set and have no default, and a <c>${</c> that is no variable.
    /// </param>
    /// <returns>The text with the values; a variable that is not set gives nothing.</returns>
    public static string Expand(string text, Place place, Variables variables, ErrorList errors)
    {
        if (!text.Contains("${", StringComparison.Ordinal)) return text;
        return Opening.Replace(text, opening =>
        {
            if (opening.Value == "$${") return "${";
            if (!opening.Groups["name"].Success)
            {
                errors.Add(
                    place, "'${' starts no variable here", "write ${NAME} or ${NAME:-default}, or $${ for a plain ${");
                return "";
            }
            var name = opening.Groups["name"].Value;
            var otherwise = opening.Groups["default"] is { Success: true } group ? group.Value : null;
            var value = variables[name];
            if (value is null or "" && otherwise is not null) return otherwise;
            if (value is not null) return value;
            var nearest = NearestName.Find(name, variables.Names);
            errors.Add(
                place, $"the environment variable '{name}' is not set",
                nearest is null ? $"set it, add it to {Variables.FileName}, or give a default: ${{{name}:-…}}"
                    : $"did you mean '{nearest}'?");
            return "";
        });
    }

    /// <summary>Puts the values of variables into all values of a node; keys stay unchanged.</summary>
    /// <inheritdoc cref="Expand(string, Place, Variables, ErrorList)"/>
    public static YamlNode Expand(YamlNode node, Variables variables, ErrorList errors) => node switch
    {
        YamlNode.Scalar scalar when scalar.Text.Contains("${", StringComparison.Ordinal) =>
            new YamlNode.Scalar(Expand(scalar.Text, scalar.Place, variables, errors), isQuoted: true, scalar.Place),
        YamlNode.Sequence sequence =>
            new YamlNode.Sequence([.. sequence.Items.Select(i => Expand(i, variables, errors))], sequence.Place),
        YamlNode.Mapping mapping =>
            new YamlNode.Mapping(
                [.. mapping.Entries.Select(e => e with { Value = Expand(e.Value, variables, errors) })], mapping.Place),
        _ => node,
    };

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Name { get; }

    [GeneratedRegex(
        @"(?<!\$)\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Reference { get; }

    [GeneratedRegex(
        @"\$\$\{|\$\{((?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\})?", RegexOptions.ExplicitCapture)]
    private static partial Regex Opening { get; }
}
