namespace Foz.Operations.Channels;

/// <summary>
/// A channel that can be disposed while it sends: what it holds is released once the last message has its answer. A
/// message that comes later fails, so that it is sent again by the channel that took its place.
/// </summary>
/// <param name="channel">The channel.</param>
sealed class ReplaceableChannel(IAlertChannel channel) : IAlertChannel
{
    readonly Lock gate = new();
    int sending;
    bool isDisposed;

    /// <inheritdoc/>
    public string Name => channel.Name;

    /// <inheritdoc/>
    public MessageWords Words => channel.Words;

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (isDisposed) return new Delivery.Failed("the channel was replaced", After: null);
            sending++;
        }
        try
        {
            return await channel.SendAsync(message, cancellationToken);
        }
        finally
        {
            bool isLast;
            lock (gate) isLast = --sending == 0 && isDisposed;
            if (isLast) channel.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed) return;
            isDisposed = true;
            if (sending > 0) return;
        }
        channel.Dispose();
    }
}
