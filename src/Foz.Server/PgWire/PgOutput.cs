using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// The messages to a client. While one buffer is sent the next one is filled; a client that does not read blocks the
/// writer. One writer at a time.
/// </summary>
sealed class PgOutput(Stream stream)
{
    /// <summary>From how many bytes on a buffer is worth sending.</summary>
    const int FlushBytes = 64 << 10;

    MessageWriter sending = new();
    Task sent = Task.CompletedTask;

    /// <summary>Takes messages.</summary>
    public MessageWriter Writer { get; private set; } = new();

    /// <summary>Whether there are enough bytes to be worth sending.</summary>
    public bool IsFull => Writer.Length >= FlushBytes;

    /// <summary>Begins to send what was written, once what was sent before is on its way.</summary>
    public async ValueTask SendAsync()
    {
        await sent;
        if (Writer.Length == 0) return;
        (Writer, sending) = (sending, Writer);
        Writer.Reset();
        // Never canceled: no message can follow half of one. A caller that gives up closes the connection.
        sent = WriteAsync(sending.Written);
    }

    /// <summary>Sends what was written, and gives the room back.</summary>
    public async ValueTask FlushAsync()
    {
        await SendAsync();
        await sent;
        Writer.Shrink();
        sending.Shrink();
    }

    async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw new PgLostException(e);
        }
    }
}

/// <summary>A client cannot be reached any more.</summary>
/// <param name="inner">Why.</param>
sealed class PgLostException(Exception inner) : IOException(inner.Message, inner);
