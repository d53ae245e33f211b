using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Foz.Wire.PostgreSql;

/// <summary>Which lengths of messages a server takes from its clients.</summary>
/// <param name="LargeBytesMax">Of those with statements, values or rows of COPY.</param>
/// <param name="SmallBytesMax">Of all others.</param>
public readonly record struct ClientMessageLimits(int LargeBytesMax, int SmallBytesMax)
{
    /// <summary>
    /// Before the client has said who it is: only its password comes, which PostgreSQL limits so too.
    /// </summary>
    public static ClientMessageLimits BeforeAuthentication { get; } = new(65_535, 65_535);

    /// <summary>Afterwards.</summary>
    public static ClientMessageLimits Session { get; } = new(64 << 20, 10_000);

    /// <summary>How long the message is that a buffer starts with; null where its header has not arrived yet.</summary>
    /// <exception cref="WireException">Its length is impossible or above the limit, or its type is none.</exception>
    public int? LengthOf(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty) return null;
        var payloadBytesMax = buffer[0] switch
        {
            MessageType.Query or MessageType.Parse or MessageType.Bind or MessageType.CopyData
                or MessageType.FunctionCall => LargeBytesMax,
            MessageType.Execute or MessageType.Describe or MessageType.Close or MessageType.Sync or MessageType.Flush
                or MessageType.CopyDone or MessageType.CopyFail or MessageType.Terminate => SmallBytesMax,
            MessageType.Password => BeforeAuthentication.SmallBytesMax,
            var type => throw WireException.Malformed($"a client's message has the unknown type {type}"),
        };
        if (buffer.Length < Message.HeaderBytes) return null;
        var payloadBytes = BinaryPrimitives.ReadInt32BigEndian(buffer[1..]) - (long)sizeof(int);
        if (payloadBytes < 0) throw WireException.Malformed($"a message states a length of {payloadBytes + 4}");
        return payloadBytes <= payloadBytesMax
            ? Message.HeaderBytes + (int)payloadBytes
            : throw new WireException(
                WireErrorKind.TooLong,
                $"a message of type {(char)buffer[0]} has {payloadBytes} bytes, above {payloadBytesMax}");
    }
}

/// <summary>Parse: prepare a statement.</summary>
/// <param name="Statement">Its name; empty for the one without name.</param>
/// <param name="Sql">One statement, or nothing.</param>
/// <param name="ParameterTypes">Types of its first parameters; 0 where the server is to find out.</param>
public sealed record ParseMessage(string Statement, string Sql, ImmutableArray<uint> ParameterTypes)
{
    /// <summary>Reads a payload.</summary>
    public static ParseMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var name = reader.ReadUtf8();
        var sql = reader.ReadUtf8();
        var types = new uint[reader.ReadCount16(sizeof(uint))];
        foreach (ref var type in types.AsSpan()) type = reader.ReadOid();
        reader.End();
        return new ParseMessage(name, sql, [.. types]);
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.Parse);
        writer.WriteString(Statement);
        writer.WriteString(Sql);
        writer.WriteInt16((short)ParameterTypes.Length);
        foreach (var type in ParameterTypes) writer.WriteOid(type);
        writer.End();
    }
}

/// <summary>Bind: values for a statement's parameters, which make it a portal.</summary>
/// <param name="Portal">The portal's name; empty for the one without name.</param>
/// <param name="Statement">The statement's name.</param>
/// <param name="ParameterFormats">How the values are written: one for all, or one for each; none means text.</param>
/// <param name="Values">The values; null for NULL.</param>
/// <param name="ResultFormats">
/// How the columns are to be written: one for all, or one for each; none means text.
/// </param>
public sealed record BindMessage(
    string Portal, string Statement, ImmutableArray<ValueFormat> ParameterFormats,
    ImmutableArray<byte[]?> Values, ImmutableArray<ValueFormat> ResultFormats)
{
    /// <summary>Reads a payload.</summary>
    public static BindMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var portal = reader.ReadUtf8();
        var statement = reader.ReadUtf8();
        var parameterFormats = ReadFormats(ref reader);
        var values = new byte[]?[reader.ReadCount16(sizeof(int))];
        foreach (ref var value in values.AsSpan())
        {
            var length = reader.ReadInt32();
            value = length == -1 ? null : reader.ReadBytes(length).ToArray();
        }

        if (parameterFormats.Length > 1 && parameterFormats.Length != values.Length)
            throw WireException.Malformed($"a Bind has {parameterFormats.Length} formats for {values.Length} values");
        var resultFormats = ReadFormats(ref reader);
        reader.End();
        return new BindMessage(portal, statement, parameterFormats, [.. values], resultFormats);
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.Bind);
        writer.WriteString(Portal);
        writer.WriteString(Statement);
        WriteFormats(writer, ParameterFormats);
        writer.WriteInt16((short)Values.Length);
        foreach (var value in Values)
        {
            writer.WriteInt32(value?.Length ?? -1);
            writer.WriteBytes(value);
        }

        WriteFormats(writer, ResultFormats);
        writer.End();
    }

    /// <summary>How one of several values is written.</summary>
    /// <param name="formats">One for all, or one for each; none means text.</param>
    /// <param name="index">Which, from 0.</param>
    public static ValueFormat FormatOf(ImmutableArray<ValueFormat> formats, int index) => formats.Length switch
    {
        0 => ValueFormat.Text,
        1 => formats[0],
        _ => formats[index],
    };

    static ImmutableArray<ValueFormat> ReadFormats(ref PayloadReader reader)
    {
        var formats = new ValueFormat[reader.ReadCount16(sizeof(short))];
        foreach (ref var format in formats.AsSpan())
        {
            format = (ValueFormat)reader.ReadInt16();
            if (format is not (ValueFormat.Text or ValueFormat.Binary))
                throw WireException.Malformed($"a value has the unknown format {(short)format}");
        }

        return [.. formats];
    }

    static void WriteFormats(MessageWriter writer, ImmutableArray<ValueFormat> formats)
    {
        writer.WriteInt16((short)formats.Length);
        foreach (var format in formats) writer.WriteInt16((short)format);
    }
}

/// <summary>What a Describe or Close is about.</summary>
public enum DescribedKind : byte
{
    /// <summary>A portal.</summary>
    Portal = (byte)'P',

    /// <summary>A prepared statement.</summary>
    Statement = (byte)'S',
}

/// <summary>Describe and Close: a statement or portal by its name.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">Its name; empty for the one without name.</param>
public readonly record struct NamedMessage(DescribedKind Kind, string Name)
{
    /// <summary>Reads a payload.</summary>
    public static NamedMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var kind = (DescribedKind)reader.ReadByte();
        if (kind is not (DescribedKind.Portal or DescribedKind.Statement))
            throw WireException.Malformed($"a message is about the unknown thing {(byte)kind}");
        var message = new NamedMessage(kind, reader.ReadUtf8());
        reader.End();
        return message;
    }

    /// <summary>Writes the message.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="type"><see cref="MessageType.Describe"/> or <see cref="MessageType.Close"/>.</param>
    public void Write(MessageWriter writer, byte type)
    {
        writer.Begin(type);
        writer.WriteByte((byte)Kind);
        writer.WriteString(Name);
        writer.End();
    }
}

/// <summary>Execute: run a portal.</summary>
/// <param name="Portal">Its name; empty for the one without name.</param>
/// <param name="RowsMax">The most rows to send; 0 for all.</param>
public readonly record struct ExecuteMessage(string Portal, int RowsMax)
{
    /// <summary>Reads a payload.</summary>
    public static ExecuteMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        // A negative number means all, as in PostgreSQL.
        var message = new ExecuteMessage(reader.ReadUtf8(), Math.Max(reader.ReadInt32(), 0));
        reader.End();
        return message;
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.Execute);
        writer.WriteString(Portal);
        writer.WriteInt32(RowsMax);
        writer.End();
    }
}
