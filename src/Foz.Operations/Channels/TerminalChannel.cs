namespace Foz.Operations.Channels;

/// <summary>Reports messages where the host reports to its operator: on its error output.</summary>
/// <param name="name">The channel's name.</param>
/// <param name="words">The words of its language.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class TerminalChannel(string name, MessageWords words, Action<string> report) : IAlertChannel
{
    static readonly MessageLimits limits = new(Title: 500, Text: 4000, Value: 1000, Values: 40, Table: 4000);

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "terminal", [], settings => new TerminalChannel(settings.Name, settings.Words, settings.Report));

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public MessageWords Words => words;

    /// <inheritdoc/>
    public Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var fitted = FittedMessage.Of(message, words, limits) with
        {
            Heading = MessageText.Cut(FittedMessage.PlainHeadingOf(message, words), limits.Title, words)
                + $" ({MessageText.OneLine(message.IncidentId)})",
        };
        var lines = fitted.ToText(words).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        report(string.Join("\n  ", lines));
        return Task.FromResult<Delivery>(new Delivery.Sent(Thread: null));
    }
}
