using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// A text with placeholders of a message: <c>{{title}}</c>, or <c>{{text:2000}}</c> with a greatest length.
/// </summary>
sealed partial class MessageTemplate
{
    const string Opening = "{{";
    const int LengthDefault = 8000, LengthMax = 60_000, RowsMax = 20;

    static readonly Dictionary<string, Func<AlertMessage, MessageWords, int, string>> values =
        new(StringComparer.Ordinal)
        {
            ["heading"] = static (m, w, max) => MessageText.Cut(FittedMessage.HeadingOf(m, w), max, w),
            ["title"] = static (m, w, max) => MessageText.Cut(MessageText.OneLine(m.Title), max, w),
            ["text"] = static (m, w, max) => MessageText.Cut(MessageText.Clean(m.Text).Trim(), max, w),
            ["values"] = static (m, w, max) => MessageText.Cut(
                string.Join('\n', Fitted(m, w, max).Values.Select(value => $"{value.Name}: {value.Value}")), max, w),
            ["rows"] = static (m, w, max) => m.Rows is { } rows ? MessageText.Table(rows, RowsMax, max, w) : "",
            ["command"] = static (m, w, max) => Fitted(m, w, max).Command,
            ["link"] = static (m, w, max) => Fitted(m, w, max).Links is [var link, ..] ? link.Address.AbsoluteUri : "",
            ["message"] = static (m, w, max) => MessageText.Cut(Fitted(m, w, max).ToText(w), max, w),
            ["severity"] = static (m, _, _) => m.Severity.Code,
            ["kind"] = static (m, _, _) => m.Kind.Code,
            ["since"] = static (m, _, _) => m.Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"),
            ["incident"] = static (m, _, _) => MessageText.OneLine(m.IncidentId),
            ["key"] = static (m, _, _) => MessageText.OneLine(m.Key),
        };

    readonly string text;

    MessageTemplate(string text) => this.text = text;

    /// <summary>Gets the placeholders, with what each is replaced by.</summary>
    public static IReadOnlyList<(string Name, string Description)> Placeholders { get; } =
    [
        ("heading", "the severity, what the message reports, and the title"),
        ("title", "what happened, in one line"),
        ("text", "the message's text, in lines"),
        ("values", "table, owner and others, each as `name: value` in a line"),
        ("rows", "the first bad rows, as a table of text"),
        ("command", "the command that fixes it"),
        ("link", "the address of the first link"),
        ("message", "all of these, as plain text"),
        ("severity", "`info`, `warning` or `critical`"),
        ("kind", "`opened`, `repeated`, `escalated`, `acknowledged`, `resolved` or `test`"),
        ("since", "when the incident began, as `2026-01-31T08:30:00Z`"),
        ("incident", "the incident's id"),
        ("key", "the message's key, the same if the message is sent again"),
    ];

    /// <summary>Reads a template.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="error">What is wrong with it, with a hint; null where nothing is.</param>
    public static MessageTemplate Read(string text, out (string Message, string? Hint)? error)
    {
        error = null;
        foreach (Match match in Placeholder.Matches(text))
        {
            var name = match.Groups["name"];
            if (!name.Success)
                error ??= ($"'{Opening}' starts no placeholder", "write {{title}}, or {{text:2000}} for a length");
            else if (!values.ContainsKey(name.Value))
                error ??= ($"unknown placeholder '{name.Value}'", NearestName.Hint(name.Value, values.Keys));
            else if (match.Groups["max"] is { Success: true } max && LengthOf(max.Value) is < 1 or > LengthMax)
                error ??= ($"the length of '{name.Value}' must be from 1 to {LengthMax}", null);
        }
        return new(text);
    }

    /// <summary>Returns the text with what a message has in place of placeholders.</summary>
    /// <param name="message">The message.</param>
    /// <param name="words">The words of its language.</param>
    /// <param name="escape">Escapes what takes the place of a placeholder.</param>
    public string Render(AlertMessage message, MessageWords words, Func<string, string> escape) =>
        Replace((name, max) => escape(values[name](message, words, max)));

    /// <summary>Returns the text with a sample in place of each placeholder.</summary>
    public string Sample(string sample) => Replace((_, _) => sample);

    string Replace(Func<string, int, string> valueOf) => Placeholder.Replace(
        text,
        match => valueOf(
            match.Groups["name"].Value,
            match.Groups["max"] is { Success: true } max ? LengthOf(max.Value) : LengthDefault));

    static FittedMessage Fitted(AlertMessage message, MessageWords words, int max) => FittedMessage.Of(
        message, words, new(Title: max, Text: max, Value: Math.Min(max, 1000), Values: 40, Table: max)
        {
            Rows = RowsMax,
        });

    static int LengthOf(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : -1;

    [GeneratedRegex(
        @"\{\{(\s*(?<name>\w+)\s*(:\s*(?<max>[0-9]+)\s*)?\}\})?", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder { get; }
}
