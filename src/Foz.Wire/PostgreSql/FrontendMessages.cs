namespace Foz.Wire.PostgreSql;

/// <summary>What a client sends once a connection is open.</summary>
public static class FrontendMessages
{
    extension(MessageWriter writer)
    {
        /// <summary>Writes a PasswordMessage: a password, or its MD5 answer.</summary>
        public void WritePassword(string password) => writer.WriteText(MessageType.Password, password);

        /// <summary>Writes a SASLInitialResponse.</summary>
        /// <param name="mechanism">The mechanism that the client chose.</param>
        /// <param name="response">Its first message.</param>
        public void WriteSaslInitialResponse(string mechanism, ReadOnlySpan<byte> response)
        {
            writer.Begin(MessageType.Password);
            writer.WriteString(mechanism);
            writer.WriteInt32(response.Length);
            writer.WriteBytes(response);
            writer.End();
        }

        /// <summary>Writes a SASLResponse.</summary>
        public void WriteSaslResponse(ReadOnlySpan<byte> response)
        {
            writer.Begin(MessageType.Password);
            writer.WriteBytes(response);
            writer.End();
        }

        /// <summary>Writes a Query: one or more statements of the simple protocol.</summary>
        public void WriteQuery(string sql) => writer.WriteText(MessageType.Query, sql);

        /// <summary>Writes a Terminate.</summary>
        public void WriteTerminate() => writer.WriteEmpty(MessageType.Terminate);

        /// <summary>Writes a CopyDone, which a client or a server sends.</summary>
        public void WriteCopyDone() => writer.WriteEmpty(MessageType.CopyDone);

        /// <summary>Writes a CopyFail: COPY from the client ends without its rows.</summary>
        /// <param name="reason">Why.</param>
        public void WriteCopyFail(string reason) => writer.WriteText(MessageType.CopyFail, reason);

        /// <summary>Writes a CopyData, which a client or a server sends.</summary>
        public void WriteCopyData(ReadOnlySpan<byte> data)
        {
            writer.Begin(MessageType.CopyData);
            writer.WriteBytes(data);
            writer.End();
        }

        void WriteText(byte type, string text)
        {
            writer.Begin(type);
            writer.WriteString(text);
            writer.End();
        }

        internal void WriteEmpty(byte type)
        {
            writer.Begin(type);
            writer.End();
        }
    }

    /// <summary>Reads a Query or a PasswordMessage, whose payload is one text.</summary>
    public static string ReadText(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var text = reader.ReadString();
        reader.End();
        return text;
    }

    /// <summary>Reads a SASLInitialResponse.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="response">The mechanism's first message; empty where there is none.</param>
    /// <returns>The mechanism.</returns>
    public static string ReadSaslInitialResponse(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> response)
    {
        var reader = new PayloadReader(payload);
        var mechanism = reader.ReadString();
        var length = reader.ReadInt32();
        response = length == -1 ? [] : reader.ReadBytes(length);
        reader.End();
        return mechanism;
    }
}
