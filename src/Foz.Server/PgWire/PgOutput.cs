using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// The messages that a client is sent. While one buffer is on its way the next one is filled; what a client does not read
/// stops who writes. One writer at a time.
/// </summary>
sealed class PgOutput(Stream stream)
{
    /// <summary>From how many bytes on a buffer is worth sending.</summary>
    const int FlushBytes = 64 << 10;

    MessageWriter sending = new();
    Task sent = Task.CompletedTask;

    /// <summary>Takes messages.</summary>
    public MessageWriter Writer { get; private set; } = new();

    /// <summary>Whether there is enough to be worth sending.</summary>
    public bool IsFull => Writer.Length >= FlushBytes;

    /// <summary>Begins to send what was written, once what was sent before is on its way.</summary>
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await sent;
        if (Writer.Length == 0) return;
        (Writer, sending) = (sending, Writer);
        Writer.Reset();
        sent = stream.WriteAsync(sending.Written, cancellationToken).AsTask();
    }

    /// <summary>Sends what was written, and gives the room back.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken);
        await sent;
        await stream.FlushAsync(cancellationToken);
        Writer.Shrink();
        sending.Shrink();
    }
}
