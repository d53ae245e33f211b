using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// The messages that a client sends. Between them no buffer is held: an idle connection costs next to nothing. One
/// reader at a time.
/// </summary>
sealed class PgInput(Stream stream) : IDisposable
{
    const int ReadBytes = 8192;

    byte[] buffer = [];
    int start;
    int end;
    int messageBytes;

    /// <summary>The type of the message that was read.</summary>
    public byte Type => buffer[start];

    /// <summary>The payload of the message that was read; valid until the next one is.</summary>
    public ReadOnlySpan<byte> Payload => buffer.AsSpan(start + Message.HeaderBytes, messageBytes - Message.HeaderBytes);

    /// <summary>Whether bytes have arrived after the message that was read.</summary>
    public bool HasMore => end - start > messageBytes;

    /// <summary>Whether the next message has arrived in full.</summary>
    public bool HasNext(ClientMessageLimits limits)
    {
        var next = buffer.AsSpan(start + messageBytes, end - start - messageBytes);
        return limits.LengthOf(next) <= next.Length;
    }

    /// <summary>Whether the next message begins to have arrived, and is of a type.</summary>
    public bool IsNext(byte type) => HasMore && buffer[start + messageBytes] == type;

    /// <summary>Reads the next message.</summary>
    /// <param name="limits">How long messages may be.</param>
    /// <param name="cancellationToken">Stops it; half of a message may have been read then.</param>
    /// <param name="wait">
    /// Waits on the caller's thread for the start of the message; null where that thread has other work.
    /// </param>
    /// <returns>Whether there is a message; false if the client has closed the connection.</returns>
    /// <exception cref="WireException">Thrown when the message is too long, of no known type, or cut off.</exception>
    public async ValueTask<bool> ReadAsync(
        ClientMessageLimits limits, CancellationToken cancellationToken, SocketWait? wait = null)
    {
        Skip();
        while (true)
        {
            var length = limits.LengthOf(buffer.AsSpan(start, end - start));
            if (length <= end - start)
            {
                messageBytes = length.Value;
                return true;
            }

            if (await FillAsync(length ?? Message.HeaderBytes, wait, cancellationToken)) continue;
            return end == start ? false : throw new EndOfStreamException("the connection ends within a message");
        }
    }

    /// <summary>Reads a packet of a connection's start, which has no type.</summary>
    /// <returns>The packet; null where the client has closed the connection.</returns>
    /// <exception cref="WireException">It is too long, or is no such packet.</exception>
    public async ValueTask<StartupPacket?> ReadStartupAsync(SocketWait wait, CancellationToken cancellationToken)
    {
        Skip();
        while (true)
        {
            messageBytes = StartupPacket.TryRead(buffer.AsSpan(start, end - start), out var packet);
            if (packet is not null) return packet;
            if (!await FillAsync(StartupPacket.BytesMax, wait, cancellationToken)) return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    void Skip()
    {
        start += messageBytes;
        messageBytes = 0;
        if (start == end) start = end = 0;
    }

    /// <summary>Reads what has arrived; the buffer grows with it, never ahead to what a message claims.</summary>
    async ValueTask<bool> FillAsync(int bytesWanted, SocketWait? wait, CancellationToken cancellationToken)
    {
        if (start == end)
        {
            Release();
            // Until bytes arrive there is no buffer for them. A socket does not show what TLS has decrypted already.
            var hasArrived = stream is NetworkStream && wait is not null && wait.HasArrived(cancellationToken);
            if (!hasArrived && await stream.ReadAsync(Memory<byte>.Empty, cancellationToken) != 0)
                throw new UnreachableException();
            buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        }
        else if (buffer.Length - start < Math.Min(bytesWanted, 2 * (end - start)) || end == buffer.Length)
        {
            Move(Math.Max(ReadBytes, Math.Min(bytesWanted, 2 * (end - start))));
        }

        var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += read;
        return read > 0;
    }

    void Move(int bytes)
    {
        var held = buffer.AsSpan(start, end - start);
        if (buffer.Length >= bytes && buffer.Length > held.Length)
        {
            held.CopyTo(buffer);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, held.Length + 1));
            held.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        (start, end) = (0, end - start);
    }

    void Release()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        (buffer, start, end, messageBytes) = ([], 0, 0, 0);
    }
}
