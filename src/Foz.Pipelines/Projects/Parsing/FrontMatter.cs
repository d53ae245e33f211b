using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// A SQL file: YAML in the leading comment (<c>/* @foz … @foz */</c>), then SQL. Line and column of both are those of
/// the file.
/// </summary>
/// <param name="Yaml">The front matter; empty where there is none, or where it cannot be read.</param>
/// <param name="Body">The SQL.</param>
sealed partial record FrontMatter(YamlNode.Mapping Yaml, SqlBody Body)
{
    /// <summary>Reads a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file as it is named in errors.</param>
    /// <param name="errors">Takes what is wrong with the front matter.</param>
    public static FrontMatter Read(string text, string file, ErrorList errors)
    {
        var opening = Opening.Match(text);
        if (!opening.Success)
        {
            if (Foreign.Match(text) is { Success: true } foreign)
            {
                errors.Add(
                    PlaceOf(text, foreign.Index, file), $"the front matter of '{foreign.Value.Trim()}' is not read",
                    "front matter stands between /* @foz and @foz */");
            }
            return new(Empty(file), BodyFrom(text, 0, file));
        }
        var start = opening.Index + opening.Length;
        var closing = Closing.Match(text, start);
        if (!closing.Success)
        {
            errors.Add(
                PlaceOf(text, opening.Groups["open"].Index, file), "the front matter is never closed",
                "end it with a line: @foz */");
            return new(Empty(file), BodyFrom(text, text.Length, file));
        }
        var yaml = YamlReader.Read(text, start..closing.Index, file, errors);
        if (yaml is { IsNull: false } and not YamlNode.Mapping)
            errors.Add(yaml.Place, $"front matter must be a mapping, not {yaml.Kind}", "write 'key: value' lines");
        return new(yaml as YamlNode.Mapping ?? Empty(file), BodyFrom(text, closing.Index + closing.Length, file));
    }

    /// <summary>
    /// Reads a Python file: YAML in the docstring that it begins with (<c>"""@foz … @foz"""</c>); its body is the whole
    /// text.
    /// </summary>
    /// <returns>The file; null where it has no front matter.</returns>
    /// <inheritdoc cref="Read"/>
    public static FrontMatter? ReadPython(string text, string file, ErrorList errors)
    {
        var opening = Docstring.Match(text);
        if (!opening.Success) return null;
        var body = new SqlBody(text, new(file, 1, 1));
        var start = opening.Index + opening.Length;
        var closing = text.IndexOf("@foz", start, StringComparison.Ordinal);
        if (closing < 0)
        {
            errors.Add(
                PlaceOf(text, opening.Groups["open"].Index, file), "the front matter is never closed",
                $"end it with a line: @foz{opening.Groups["quotes"].Value}");
            return new(Empty(file), body);
        }
        var yaml = YamlReader.Read(text, start..closing, file, errors);
        if (yaml is { IsNull: false } and not YamlNode.Mapping)
            errors.Add(yaml.Place, $"front matter must be a mapping, not {yaml.Kind}", "write 'key: value' lines");
        return new(yaml as YamlNode.Mapping ?? Empty(file), body);
    }

    static YamlNode.Mapping Empty(string file) => new([], new(file, 1, 1));

    static SqlBody BodyFrom(string text, int from, string file)
    {
        while (from < text.Length && char.IsWhiteSpace(text[from])) from++;
        return new(SqlEnd.Trim(text, from), PlaceOf(text, from, file));
    }

    static Place PlaceOf(string text, int index, string file) => new SqlBody(text, new(file, 1, 1)).PlaceOf(index);

    /// <summary>The first comment that is front matter; other comments may stand before it.</summary>
    [GeneratedRegex(
        @"\A(?>(\s+|--[^\n]*(\n|\z)|/\*(?!\s*@foz\b)(?>([^*]|\*(?!/))*)\*/)*)(?<open>/\*\s*@foz\b)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Opening { get; }

    [GeneratedRegex(
        """\A(\s|#[^\n]*\n)*[rRuU]?(?<open>(?<quotes>\"{3}|'{3})\s*@foz\b)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Docstring { get; }

    [GeneratedRegex(@"@foz\s*\*/")]
    private static partial Regex Closing { get; }

    [GeneratedRegex(@"\A\s*/\*\s*@(?!foz\b)\w+")]
    private static partial Regex Foreign { get; }
}
