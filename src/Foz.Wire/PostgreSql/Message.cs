using System.Buffers.Binary;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// One message of the protocol, version 3, in a buffer: a type, a length and a payload (PostgreSQL documentation,
/// "Message Formats").
/// </summary>
/// <param name="type">The type, one of <see cref="MessageType"/>.</param>
/// <param name="payload">The payload.</param>
public readonly ref struct Message(byte type, ReadOnlySpan<byte> payload)
{
    /// <summary>The bytes of type and length in front of a payload.</summary>
    public const int HeaderBytes = 1 + sizeof(int);

    /// <summary>The longest payload that PostgreSQL itself sends: a row of 1 GiB.</summary>
    public const int PayloadBytesMax = 0x4000_0000;

    /// <summary>The longest payload before a user is known, and of any message that is no row.</summary>
    public const int ControlPayloadBytesMax = 1 << 20;

    /// <summary>The type, one of <see cref="MessageType"/>.</summary>
    public byte Type { get; } = type;

    /// <summary>The payload; as long valid as the buffer that it was read from.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>The length of the whole message.</summary>
    public int Bytes => HeaderBytes + Payload.Length;

    /// <summary>Reads the message that a buffer starts with.</summary>
    /// <param name="buffer">What has arrived.</param>
    /// <param name="message">The message.</param>
    /// <returns>Whether it is there in full.</returns>
    /// <exception cref="WireException">Its length is impossible, or above what its type allows.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out Message message)
    {
        message = default;
        if (buffer.Length < HeaderBytes) return false;
        var payloadBytes = PayloadLength(buffer);
        if (buffer.Length - HeaderBytes < payloadBytes) return false;
        message = new Message(buffer[0], buffer.Slice(HeaderBytes, payloadBytes));
        return true;
    }

    /// <summary>How long the message is that a buffer starts with; null where its header has not arrived yet.</summary>
    /// <exception cref="WireException">Its length is impossible, or above what its type allows.</exception>
    public static int? LengthOf(ReadOnlySpan<byte> buffer) =>
        buffer.Length < HeaderBytes ? null : HeaderBytes + PayloadLength(buffer);

    static int PayloadLength(ReadOnlySpan<byte> buffer)
    {
        var payloadBytes = BinaryPrimitives.ReadInt32BigEndian(buffer[1..]) - (long)sizeof(int);
        var payloadBytesMax = buffer[0] is MessageType.CopyData or MessageType.DataRow
            ? PayloadBytesMax
            : ControlPayloadBytesMax;
        if (payloadBytes < 0)
            throw WireException.Malformed($"a message of type {buffer[0]} states a length of {payloadBytes + 4}");
        return payloadBytes <= payloadBytesMax
            ? (int)payloadBytes
            : throw new WireException(
                WireErrorKind.TooLong,
                $"a message of type {buffer[0]} has {payloadBytes} bytes, above {payloadBytesMax}");
    }
}

/// <summary>The types of messages, from server (backend) and client (frontend).</summary>
public static class MessageType
{
    /// <summary>Server: a step of authentication.</summary>
    public const byte Authentication = (byte)'R';

    /// <summary>Server: the key that cancels what this connection runs.</summary>
    public const byte BackendKeyData = (byte)'K';

    /// <summary>Server: a statement is done.</summary>
    public const byte CommandComplete = (byte)'C';

    /// <summary>Server: a Bind succeeded.</summary>
    public const byte BindComplete = (byte)'2';

    /// <summary>Server: a Close succeeded.</summary>
    public const byte CloseComplete = (byte)'3';

    /// <summary>Server: a described statement or portal gives no rows.</summary>
    public const byte NoData = (byte)'n';

    /// <summary>Server: the types of a statement's parameters.</summary>
    public const byte ParameterDescription = (byte)'t';

    /// <summary>Server: a Parse succeeded.</summary>
    public const byte ParseComplete = (byte)'1';

    /// <summary>Server: a portal has more rows than were asked for.</summary>
    public const byte PortalSuspended = (byte)'s';

    /// <summary>Client: values for a statement's parameters, which make it a portal.</summary>
    public const byte Bind = (byte)'B';

    /// <summary>Client: a statement or portal is no longer needed.</summary>
    public const byte Close = (byte)'C';

    /// <summary>Client: COPY from it fails.</summary>
    public const byte CopyFail = (byte)'f';

    /// <summary>Client: what does a statement take, what does a portal give?</summary>
    public const byte Describe = (byte)'D';

    /// <summary>Client: run a portal.</summary>
    public const byte Execute = (byte)'E';

    /// <summary>Client: send what there is.</summary>
    public const byte Flush = (byte)'H';

    /// <summary>Client: call a function, PostgreSQL's old way.</summary>
    public const byte FunctionCall = (byte)'F';

    /// <summary>Client: prepare a statement.</summary>
    public const byte Parse = (byte)'P';

    /// <summary>Client: the end of a group of messages, before which an error skips the rest.</summary>
    public const byte Sync = (byte)'S';

    /// <summary>Both: a piece of COPY.</summary>
    public const byte CopyData = (byte)'d';

    /// <summary>Both: the end of COPY.</summary>
    public const byte CopyDone = (byte)'c';

    /// <summary>Server: COPY in both directions begins.</summary>
    public const byte CopyBothResponse = (byte)'W';

    /// <summary>Server: COPY from the client begins.</summary>
    public const byte CopyInResponse = (byte)'G';

    /// <summary>Server: COPY to the client begins.</summary>
    public const byte CopyOutResponse = (byte)'H';

    /// <summary>Server: a row.</summary>
    public const byte DataRow = (byte)'D';

    /// <summary>Server: the statement was empty.</summary>
    public const byte EmptyQueryResponse = (byte)'I';

    /// <summary>Server: an error.</summary>
    public const byte ErrorResponse = (byte)'E';

    /// <summary>Server: a version or option of the protocol that it does not know.</summary>
    public const byte NegotiateProtocolVersion = (byte)'v';

    /// <summary>Server: something that is no error.</summary>
    public const byte NoticeResponse = (byte)'N';

    /// <summary>Server: a notification of LISTEN.</summary>
    public const byte NotificationResponse = (byte)'A';

    /// <summary>Server: a setting that clients care about.</summary>
    public const byte ParameterStatus = (byte)'S';

    /// <summary>Client: a password, or a step of SASL.</summary>
    public const byte Password = (byte)'p';

    /// <summary>Client: a statement.</summary>
    public const byte Query = (byte)'Q';

    /// <summary>Server: it waits for the next statement.</summary>
    public const byte ReadyForQuery = (byte)'Z';

    /// <summary>Server: the columns of the rows that follow.</summary>
    public const byte RowDescription = (byte)'T';

    /// <summary>Client: good-bye.</summary>
    public const byte Terminate = (byte)'X';
}
