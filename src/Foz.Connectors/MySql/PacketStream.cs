using System.Net.Sockets;
using Foz.Connectors.PostgreSql;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql;

/// <summary>Reads and writes packets of MySQL's protocol, each with its length and number.</summary>
sealed class PacketStream : IAsyncDisposable
{
    const int HeaderBytes = 4, PartBytesMax = 0xFF_FFFF, BufferBytes = 256 << 10, BufferBytesKept = 4 << 20;

    ReceiveGathering? gathering;
    byte[] buffer = new byte[BufferBytes];
    int start;
    int end;
    int lastStart;
    byte number;
    byte lastNumber;
    Task<int>? pending;

    /// <param name="inner">The stream; owned.</param>
    /// <param name="before">What was read so far without encryption; null at the beginning.</param>
    public PacketStream(Stream inner, PacketStream? before)
    {
        Inner = inner;
        number = before?.number ?? 0;
        // An attacker must not be able to insert packets before TLS starts.
        if (before is not null && before.start < before.end)
            throw new WireException(WireErrorKind.Malformed, "the server sent bytes before TLS");
    }

    public Stream Inner { get; }

    /// <summary>Lets events gather before they wake their reader.</summary>
    public void Gather(Socket socket) => gathering ??= ReceiveGathering.Of(socket, isOfChanges: true);

    /// <summary>Sends the first packet of a command.</summary>
    public Task StartAsync(byte[] content, CancellationToken cancellationToken)
    {
        number = 0;
        return SendAsync(content, cancellationToken);
    }

    /// <summary>Sends a packet.</summary>
    /// <exception cref="WireException">It is too long.</exception>
    public async Task SendAsync(byte[] content, CancellationToken cancellationToken)
    {
        if (content.Length >= PartBytesMax) throw new WireException(WireErrorKind.TooLong, "a command is too long");
        byte[] packet =
        [
            (byte)content.Length, (byte)(content.Length >> 8), (byte)(content.Length >> 16), number++, .. content,
        ];
        await Inner.WriteAsync(packet, cancellationToken);
        await Inner.FlushAsync(cancellationToken);
    }

    /// <summary>Reads a packet that has arrived.</summary>
    /// <param name="packet">Its content, up to the next call.</param>
    /// <returns>False where not all of it has arrived.</returns>
    /// <exception cref="WireException">It is out of order, or too long.</exception>
    public bool TryRead(out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (!TryPart(start, out var length)) return false;
        (lastStart, lastNumber) = (start, number);
        if (length < PartBytesMax)
        {
            Note(start);
            packet = buffer.AsSpan(start + HeaderBytes, length);
            start += HeaderBytes + length;
            return true;
        }

        return TryReadLong(out packet);
    }

    /// <summary>Lets the packet that was read last be read again, before anything else is.</summary>
    public void PutBack() => (start, number) = (lastStart, lastNumber);

    /// <summary>Waits for more to arrive, but not longer than a time.</summary>
    /// <returns>Whether more has arrived.</returns>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    public async ValueTask<bool> TryFillAsync(
        TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        if (pending is null)
        {
            MakeRoom();
            // A read that is canceled would end the session if it is encrypted.
            pending = Inner.ReadAsync(buffer.AsMemory(end), CancellationToken.None).AsTask();
        }

        if (!pending.IsCompleted)
        {
            try
            {
                await pending.WaitAsync(waitMax, time, cancellationToken);
            }
            catch (TimeoutException) when (!pending.IsCompleted)
            {
                return false;
            }
        }

        var count = await pending;
        pending = null;
        if (count == 0) throw new EndOfStreamException();
        end += count;
        gathering?.Note(count);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        gathering?.Dispose();
        await Inner.DisposeAsync();
        try
        {
            if (pending is not null) await pending;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // No caller waits for what it would have read.
        }
    }

    bool TryPart(int at, out int length)
    {
        length = 0;
        if (end - at < HeaderBytes) return false;
        length = buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16;
        return end - at - HeaderBytes >= length;
    }

    /// <summary>Joins the parts of a long packet in the buffer, once the last of them is there.</summary>
    bool TryReadLong(out ReadOnlySpan<byte> packet)
    {
        packet = default;
        int at = start, total = 0, length;
        do
        {
            if (total > BinlogPacket.EventBytesMax)
                throw new WireException(WireErrorKind.TooLong, "an event is longer than 1 GiB");
            if (!TryPart(at, out length)) return false;
            total += length;
            at += HeaderBytes + length;
        }
        while (length == PartBytesMax);

        var joined = new byte[total];
        var written = 0;
        for (var part = start; part < at; part += HeaderBytes + length)
        {
            Note(part);
            TryPart(part, out length);
            buffer.AsSpan(part + HeaderBytes, length).CopyTo(joined.AsSpan(written));
            written += length;
        }

        start = at;
        packet = joined;
        return true;
    }

    void Note(int at)
    {
        var stated = buffer[at + HeaderBytes - 1];
        if (stated != number)
            throw new WireException(
                WireErrorKind.Malformed, $"a packet has the number {stated}, where {number} is expected");
        number++;
    }

    void MakeRoom()
    {
        var length = end - start;
        if (start > 0 && (length == 0 || start > buffer.Length / 2 || end == buffer.Length))
        {
            var target = length == 0 && buffer.Length > BufferBytesKept ? new byte[BufferBytes] : buffer;
            buffer.AsSpan(start, length).CopyTo(target);
            (buffer, start, end) = (target, 0, length);
        }

        if (end < buffer.Length) return;
        if (length > BinlogPacket.EventBytesMax)
            throw new WireException(WireErrorKind.TooLong, "an event is longer than 1 GiB");
        Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, BinlogPacket.EventBytesMax + (long)BufferBytes));
    }
}
