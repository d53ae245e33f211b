namespace Foz.Operations.Channels;

/// <summary>A message about an incident, in the language and with the rights of the channel that it is for.</summary>
public sealed record AlertMessage
{
    /// <summary>Gets the incident's id.</summary>
    public required string IncidentId { get; init; }

    /// <summary>Gets what the message reports.</summary>
    public required MessageKind Kind { get; init; }

    /// <summary>Gets how bad it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>
    /// Gets the message's key, the same each time that this very message is sent: the incident's id, the kind, and the
    /// number of the repetition.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>Gets what happened, in one line of plain text.</summary>
    public required string Title { get; init; }

    /// <summary>Gets the message's text: plain text in lines, without the title, values and rows.</summary>
    public required string Text { get; init; }

    /// <summary>Gets named values, such as table, owner and since when, in the order in which they are shown.</summary>
    public IReadOnlyList<MessageValue> Values { get; init; } = [];

    /// <summary>Gets the first bad rows, masked for the channel; null where there are none.</summary>
    public MessageRows? Rows { get; init; }

    /// <summary>Gets the command that fixes it, or that shows more; null where there is none.</summary>
    public string? Command { get; init; }

    /// <summary>Gets the links of the message, such as to acknowledge it.</summary>
    public IReadOnlyList<MessageLink> Links { get; init; } = [];

    /// <summary>Gets what the channel returned for the incident's first message; null for the first.</summary>
    public string? Thread { get; init; }

    /// <summary>Gets when the incident began.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>What a message reports.</summary>
public enum MessageKind
{
    /// <summary>An incident began.</summary>
    Opened,

    /// <summary>It lasts still.</summary>
    Repeated,

    /// <summary>It lasts, and others are asked now.</summary>
    Escalated,

    /// <summary>A user takes care of it.</summary>
    Acknowledged,

    /// <summary>It is over.</summary>
    Resolved,

    /// <summary>A try of the channel, with made-up content.</summary>
    Test,
}

/// <summary>How bad an incident is.</summary>
public enum AlertSeverity
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>To be looked at in working hours.</summary>
    Warning,

    /// <summary>To be looked at now.</summary>
    Critical,
}

/// <summary>A named value of a message.</summary>
/// <param name="Name">Its name, in the message's language.</param>
/// <param name="Value">The value, as plain text.</param>
public readonly record struct MessageValue(string Name, string Value);

/// <summary>Rows in a message, as text.</summary>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Rows">The rows; a value is null where it is NULL.</param>
public sealed record MessageRows(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows);

/// <summary>A link in a message.</summary>
/// <param name="Text">What it is called.</param>
/// <param name="Address">Where it leads.</param>
public sealed record MessageLink(string Text, Uri Address);

/// <summary>Words for other programs, which no language changes.</summary>
static class AlertCodes
{
    extension(AlertSeverity severity)
    {
        /// <summary>Gets <c>info</c>, <c>warning</c> or <c>critical</c>.</summary>
        public string Code => severity switch
        {
            AlertSeverity.Critical => "critical",
            AlertSeverity.Warning => "warning",
            _ => "info",
        };
    }

    extension(MessageKind kind)
    {
        /// <summary>Gets the kind in small letters, such as <c>opened</c>.</summary>
        public string Code => kind switch
        {
            MessageKind.Repeated => "repeated",
            MessageKind.Escalated => "escalated",
            MessageKind.Acknowledged => "acknowledged",
            MessageKind.Resolved => "resolved",
            MessageKind.Test => "test",
            _ => "opened",
        };
    }
}
