using System.Text;

namespace Foz.Operations.Channels;

/// <summary>How much of a message a channel takes.</summary>
/// <param name="Title">The greatest length of the heading.</param>
/// <param name="Text">The greatest length of the text.</param>
/// <param name="Value">The greatest length of a value; a name has 40 characters at most.</param>
/// <param name="Values">How many values are shown at most.</param>
/// <param name="Table">The greatest length of the table of rows.</param>
sealed record MessageLimits(int Title, int Text, int Value, int Values, int Table)
{
    /// <summary>Gets how many rows are shown at most.</summary>
    public int Rows { get; init; } = 10;

    /// <summary>
    /// Gets the greatest length of the command; a longer one is left out, as a part of it must not run.
    /// </summary>
    public int Command { get; init; } = 500;

    /// <summary>Gets the length of a part as the channel counts it, such as with escapes.</summary>
    public Func<string, int> LengthOf { get; init; } = static part => part.Length;

    /// <summary>Returns limits that are a part of these.</summary>
    public MessageLimits Times(double factor) => this with
    {
        Title = (int)(Title * factor),
        Text = (int)(Text * factor),
        Value = (int)(Value * factor),
        Values = (int)(Values * factor),
        Table = (int)(Table * factor),
        Command = (int)(Command * factor),
    };
}

/// <summary>
/// A message as a channel shows it, before the channel's escapes: clean plain text within limits. Parts that the
/// message lacks, or that do not fit, are empty.
/// </summary>
/// <param name="Heading">The severity, what the message reports, and the title, in one line.</param>
/// <param name="Text">The text, in lines.</param>
/// <param name="Values">The named values, each in one line.</param>
/// <param name="Table">The rows as a table in lines.</param>
/// <param name="Command">The command, in one line.</param>
/// <param name="Links">The links; their addresses are of HTTP.</param>
sealed record FittedMessage(
    string Heading, string Text, IReadOnlyList<MessageValue> Values, string Table, string Command,
    IReadOnlyList<MessageLink> Links)
{
    const int LinksMax = 5;
    const int LinkTextMax = 40;
    const int LinkLengthMax = 2400;

    /// <summary>Returns a message as a channel shows it.</summary>
    public static FittedMessage Of(AlertMessage message, MessageWords words, MessageLimits limits)
    {
        var command = MessageText.OneLine(message.Command ?? "");
        return new(
            MessageText.Cut(HeadingOf(message, words), limits.Title, words, limits.LengthOf),
            MessageText.Cut(MessageText.Clean(message.Text).Trim(), limits.Text, words, limits.LengthOf),
            ValuesOf(message.Values, words, limits),
            message.Rows is { } rows
                ? MessageText.Table(rows, limits.Rows, limits.Table, words, limits.LengthOf) : "",
            limits.LengthOf(command) <= limits.Command ? command : "",
            LinksOf(message.Links));
    }

    /// <summary>Returns the line above a message: its severity, what it reports, and its title.</summary>
    public static string HeadingOf(AlertMessage message, MessageWords words)
    {
        var symbol = (message.Kind, message.Severity) switch
        {
            (MessageKind.Acknowledged, _) => "👤",
            (MessageKind.Resolved, _) => "✅",
            (MessageKind.Test, _) => "🔔",
            (_, AlertSeverity.Critical) => "🔴",
            (_, AlertSeverity.Warning) => "🟠",
            _ => "🔵",
        };
        return $"{symbol} {PlainHeadingOf(message, words)}";
    }

    /// <summary>Returns the line above a message without its symbol.</summary>
    public static string PlainHeadingOf(AlertMessage message, MessageWords words)
    {
        var severity = words.Of(message.Severity);
        var label = message.Kind switch
        {
            MessageKind.Repeated => $"{severity}, {words.StillOpen}",
            MessageKind.Escalated => $"{severity}, {words.Escalated}",
            MessageKind.Acknowledged => words.Acknowledged,
            MessageKind.Resolved => words.Resolved,
            MessageKind.Test => words.Test,
            _ => severity,
        };
        return $"{label}: {MessageText.OneLine(message.Title)}";
    }

    /// <summary>Returns the message as plain text: its parts, with an empty line between them.</summary>
    public string ToText(MessageWords words)
    {
        var text = new StringBuilder(Heading);
        Add(Text);
        Add(string.Join('\n', Values.Select(value => $"{value.Name}: {value.Value}")));
        if (Table.Length > 0) Add($"{words.FirstRows}:\n{Table}");
        if (Command.Length > 0) Add($"{words.Fix}: {Command}");
        Add(string.Join('\n', Links.Select(link => $"{link.Text}: {link.Address.AbsoluteUri}")));
        return text.ToString();

        void Add(string part)
        {
            if (part.Length > 0) text.Append("\n\n").Append(part);
        }
    }

    static List<MessageValue> ValuesOf(
        IReadOnlyList<MessageValue> values, MessageWords words, MessageLimits limits)
    {
        var shown = values.Count <= limits.Values ? values.Count : Math.Max(0, limits.Values - 1);
        var fitted = values.Take(shown).Select(value => new MessageValue(
            MessageText.Cell(value.Name),
            MessageText.Cut(MessageText.OneLine(value.Value), limits.Value, words, limits.LengthOf))).ToList();
        if (shown < values.Count && limits.Values > 0) fitted.Add(new("…", words.MoreValues(values.Count - shown)));
        return fitted;
    }

    static List<MessageLink> LinksOf(IReadOnlyList<MessageLink> links)
    {
        var (fitted, length) = (new List<MessageLink>(), 0);
        foreach (var link in links)
        {
            if (link.Address is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) continue;
            var shown = link with { Text = LinkText(link) };
            length += shown.Address.AbsoluteUri.Length + shown.Text.Length;
            if (length > LinkLengthMax || fitted.Count == LinksMax) break;
            fitted.Add(shown);
        }
        return fitted;
    }

    static string LinkText(MessageLink link)
    {
        var text = MessageText.Cell(link.Text, LinkTextMax);
        return text.Length > 0 ? text : link.Address.Host;
    }
}
