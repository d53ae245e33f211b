namespace Foz.Operations.Channels;

/// <summary>
/// A way to people, such as a chat or a mail server. Sends one message and says how that went; waiting, repeating and
/// the order of messages are for the caller. Safe for use by many threads.
/// </summary>
public interface IAlertChannel : IDisposable
{
    /// <summary>Gets the channel's name in <c>alerts/</c>.</summary>
    string Name { get; }

    /// <summary>Gets the labels of the channel's language, in which messages for it are written.</summary>
    MessageWords Words => MessageWords.English;

    /// <summary>
    /// Sends a message. A channel that can name a message passes on <see cref="AlertMessage.Key"/>, so that the same
    /// message sent twice arrives once, and later messages of the incident join the first.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How it went; failures of the channel are no exceptions.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> stopped it.</exception>
    Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken);

    /// <summary>Closes the channel's connections; by default there are none.</summary>
    void IDisposable.Dispose() { }
}

/// <summary>How sending a message went. Reasons hold no secrets: no address with a key, no token.</summary>
public abstract record Delivery
{
    Delivery() { }

    /// <summary>The channel took the message.</summary>
    /// <param name="Thread">
    /// What later messages of the incident refer to, such as the timestamp of a chat message; null where the channel
    /// has no such thing.
    /// </param>
    public sealed record Sent(string? Thread) : Delivery
    {
        /// <summary>
        /// Gets what went wrong in part, such as a recipient whom the server refused, in a sentence without its period;
        /// null where all went well.
        /// </summary>
        public string? Warning { get; init; }
    }

    /// <summary>The channel could not be reached, or asks to wait: the message can be sent again.</summary>
    /// <param name="Reason">The reason, in a sentence without its period.</param>
    /// <param name="After">The least time to wait that the channel asks for; null where it does not say.</param>
    public sealed record Failed(string Reason, TimeSpan? After) : Delivery;

    /// <summary>The channel refuses the message or the sender; sending it again is of no use.</summary>
    /// <param name="Reason">The reason, in a sentence without its period.</param>
    public sealed record Refused(string Reason) : Delivery;
}
