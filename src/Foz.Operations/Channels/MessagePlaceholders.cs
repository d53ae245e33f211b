namespace Foz.Operations.Channels;

/// <summary>What the placeholders of a channel's template are replaced by: the parts of a message.</summary>
static class MessagePlaceholders
{
    const int RowsMax = 20;

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

    /// <summary>Gets the placeholders, with what each is replaced by.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
    [
        ("heading", "the severity, what the message reports, and the title"),
        ("title", "what happened, in one line"),
        ("text", "the message's text, in lines"),
        ("values", "since when, owners and others, each as `name: value` in a line"),
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

    /// <summary>Reads a template of a channel.</summary>
    /// <inheritdoc cref="MessageTemplate.Read"/>
    public static MessageTemplate Read(string text, out (string Message, string? Hint)? error) =>
        MessageTemplate.Read(text, values.Keys, out error);

    /// <summary>Returns a template's text with what a message has in place of placeholders.</summary>
    /// <param name="template">The template.</param>
    /// <param name="message">The message.</param>
    /// <param name="words">The words of its language.</param>
    /// <param name="escape">Escapes what takes the place of a placeholder.</param>
    public static string Render(
        this MessageTemplate template, AlertMessage message, MessageWords words, Func<string, string> escape) =>
        template.Render((name, max) => escape(values[name](message, words, max)));

    static FittedMessage Fitted(AlertMessage message, MessageWords words, int max) => FittedMessage.Of(
        message, words, new(Title: max, Text: max, Value: Math.Min(max, 1000), Values: 40, Table: max)
        {
            Rows = RowsMax,
        });
}
