using System.Buffers.Binary;

namespace Foz.Wire.PostgreSql;

/// <summary>The first packet of a connection, which has no type.</summary>
public abstract record StartupPacket
{
    /// <summary>The longest such packet, as in PostgreSQL.</summary>
    public const int BytesMax = 10_000;

    const int SslCode = 80877103;
    const int GssCode = 80877104;
    const int CancelCode = 80877102;

    StartupPacket() { }

    /// <summary>Opens a session.</summary>
    /// <param name="MajorVersion">Version of the protocol: 3.</param>
    /// <param name="MinorVersion">Its second number.</param>
    /// <param name="Parameters">Settings in order; <c>user</c> is one of them.</param>
    public sealed record Startup(
        int MajorVersion, int MinorVersion, IReadOnlyList<KeyValuePair<string, string>> Parameters) : StartupPacket;

    /// <summary>Asks whether TLS may follow; the answer is one byte, <c>S</c> or <c>N</c>.</summary>
    public sealed record SslRequest : StartupPacket;

    /// <summary>Asks whether GSSAPI encryption may follow; the answer is one byte, <c>G</c> or <c>N</c>.</summary>
    public sealed record GssEncryptionRequest : StartupPacket;

    /// <summary>Cancels what another connection runs; there is no answer.</summary>
    /// <param name="Key">That connection's key.</param>
    public sealed record Cancel(BackendKeyData Key) : StartupPacket;

    /// <summary>Reads the packet that a buffer starts with.</summary>
    /// <param name="buffer">What has arrived.</param>
    /// <param name="packet">The packet; null where it is not there in full yet.</param>
    /// <returns>How many bytes it takes; 0 where it is not there in full yet.</returns>
    /// <exception cref="WireException">It is too long, or is no such packet.</exception>
    public static int TryRead(ReadOnlySpan<byte> buffer, out StartupPacket? packet)
    {
        packet = null;
        if (buffer.Length < sizeof(int)) return 0;
        var length = BinaryPrimitives.ReadInt32BigEndian(buffer);
        if (length < 2 * sizeof(int)) throw WireException.Malformed($"a first packet states a length of {length}");
        if (length > BytesMax)
            throw new WireException(WireErrorKind.TooLong, $"a first packet has {length} bytes, above {BytesMax}");
        if (buffer.Length < length) return 0;

        var reader = new PayloadReader(buffer[sizeof(int)..length]);
        packet = reader.ReadInt32() switch
        {
            SslCode => new SslRequest(),
            GssCode => new GssEncryptionRequest(),
            CancelCode => new Cancel(new BackendKeyData(reader.ReadInt32(), reader.ReadRest().ToArray())),
            var version => new Startup(version >> 16, version & 0xFFFF, ReadParameters(ref reader)),
        };
        reader.End();
        return length;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(MessageWriter writer)
    {
        writer.BeginUntyped();
        switch (this)
        {
            case SslRequest:
                writer.WriteInt32(SslCode);
                break;
            case GssEncryptionRequest:
                writer.WriteInt32(GssCode);
                break;
            case Cancel cancel:
                writer.WriteInt32(CancelCode);
                writer.WriteInt32(cancel.Key.ProcessId);
                writer.WriteBytes(cancel.Key.SecretKey);
                break;
            case Startup startup:
                writer.WriteInt32(startup.MajorVersion << 16 | startup.MinorVersion);
                foreach (var (name, value) in startup.Parameters)
                {
                    writer.WriteString(name);
                    writer.WriteString(value);
                }

                writer.WriteByte(0);
                break;
        }

        writer.End();
    }

    static List<KeyValuePair<string, string>> ReadParameters(ref PayloadReader reader)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        for (var name = reader.ReadString(); name.Length > 0; name = reader.ReadString())
            parameters.Add(new(name, reader.ReadString()));
        return parameters;
    }
}
