namespace Foz.Wire.PostgreSql;

/// <summary>What a server answers besides rows.</summary>
public static class ServerAnswers
{
    extension(MessageWriter writer)
    {
        /// <summary>Writes a message without payload, such as <see cref="MessageType.ParseComplete"/>.</summary>
        public void WriteAnswer(byte type) => writer.WriteEmpty(type);

        /// <summary>Writes a ParameterDescription.</summary>
        /// <param name="types">The types of a statement's parameters.</param>
        public void WriteParameterDescription(IReadOnlyList<uint> types)
        {
            writer.Begin(MessageType.ParameterDescription);
            writer.WriteInt16(unchecked((short)types.Count));
            foreach (var type in types) writer.WriteOid(type);
            writer.End();
        }

        /// <summary>Writes a NegotiateProtocolVersion: the parts of a client's start that are not known here.</summary>
        /// <param name="minorVersion">The newest minor version of 3 that is known.</param>
        /// <param name="options">Names of options that are not known.</param>
        public void WriteNegotiateProtocolVersion(int minorVersion, IReadOnlyList<string> options)
        {
            writer.Begin(MessageType.NegotiateProtocolVersion);
            // The whole number of the version, as PostgreSQL sends it, not only its minor part.
            writer.WriteInt32((3 << 16) | minorVersion);
            writer.WriteInt32(options.Count);
            foreach (var option in options) writer.WriteString(option);
            writer.End();
        }

        /// <summary>Writes a CopyInResponse: COPY from the client begins.</summary>
        /// <param name="format">How all of it is to be written.</param>
        /// <param name="columns">How many columns there are.</param>
        public void WriteCopyInResponse(ValueFormat format, int columns)
        {
            writer.Begin(MessageType.CopyInResponse);
            writer.WriteByte((byte)format);
            writer.WriteInt16((short)columns);
            for (var i = 0; i < columns; i++) writer.WriteInt16((short)format);
            writer.End();
        }
    }
}
