using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// A text with placeholders: <c>{{title}}</c>, or <c>{{text:2000}}</c> with a greatest length. It knows no code and no
/// secrets.
/// </summary>
sealed partial class MessageTemplate
{
    const string Opening = "{{";
    const int LengthDefault = 8000, LengthMax = 60_000;

    readonly string text;

    MessageTemplate(string text) => this.text = text;

    /// <summary>Reads a template.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="names">The placeholders that it may have.</param>
    /// <param name="error">What is wrong with it, with a hint; null where nothing is.</param>
    public static MessageTemplate Read(
        string text, IReadOnlyCollection<string> names, out (string Message, string? Hint)? error)
    {
        error = null;
        foreach (Match match in Placeholder.Matches(text))
        {
            var name = match.Groups["name"];
            if (!name.Success)
                error ??= ($"'{Opening}' starts no placeholder", "write {{title}}, or {{text:2000}} for a length");
            else if (!names.Contains(name.Value))
                error ??= ($"unknown placeholder '{name.Value}'", NearestName.Hint(name.Value, names));
            else if (match.Groups["max"] is { Success: true } max && LengthOf(max.Value) is < 1 or > LengthMax)
                error ??= ($"the length of '{name.Value}' must be from 1 to {LengthMax}", null);
        }
        return new(text);
    }

    /// <summary>Returns the text with a value in place of each placeholder.</summary>
    /// <param name="valueOf">Gives the value of a placeholder, by its name and greatest length.</param>
    public string Render(Func<string, int, string> valueOf) => Placeholder.Replace(
        text,
        match => valueOf(
            match.Groups["name"].Value,
            match.Groups["max"] is { Success: true } max ? LengthOf(max.Value) : LengthDefault));

    /// <summary>Returns the text with a sample in place of each placeholder.</summary>
    public string Sample(string sample) => Render((_, _) => sample);

    static int LengthOf(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : -1;

    [GeneratedRegex(
        @"\{\{(\s*(?<name>\w+)\s*(:\s*(?<max>[0-9]+)\s*)?\}\})?", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder { get; }
}
