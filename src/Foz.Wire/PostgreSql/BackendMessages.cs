using System.Collections.Immutable;

namespace Foz.Wire.PostgreSql;

/// <summary>ParameterStatus: a setting of the session that clients care about.</summary>
/// <param name="Name">Its name, such as <c>server_version</c>.</param>
/// <param name="Value">Its value.</param>
public readonly record struct ParameterStatus(string Name, string Value)
{
    /// <summary>Reads a payload.</summary>
    public static ParameterStatus Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var status = new ParameterStatus(reader.ReadString(), reader.ReadString());
        reader.End();
        return status;
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.ParameterStatus);
        writer.WriteString(Name);
        writer.WriteString(Value);
        writer.End();
    }
}

/// <summary>BackendKeyData: what a client must know to cancel a statement of this connection.</summary>
/// <param name="ProcessId">The server's process.</param>
/// <param name="SecretKey">The secret: 4 bytes, or up to 256 from protocol 3.2 on.</param>
public sealed record BackendKeyData(int ProcessId, byte[] SecretKey)
{
    /// <summary>Reads a payload.</summary>
    public static BackendKeyData Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        return new BackendKeyData(reader.ReadInt32(), reader.ReadRest().ToArray());
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.BackendKeyData);
        writer.WriteInt32(ProcessId);
        writer.WriteBytes(SecretKey);
        writer.End();
    }

    /// <inheritdoc/>
    public bool Equals(BackendKeyData? other) =>
        other is not null && ProcessId == other.ProcessId && SecretKey.AsSpan().SequenceEqual(other.SecretKey);

    /// <inheritdoc/>
    public override int GetHashCode() => ProcessId;
}

/// <summary>What a session is in when it waits for a statement.</summary>
public enum TransactionStatus : byte
{
    /// <summary>In no transaction.</summary>
    Idle = (byte)'I',

    /// <summary>In a transaction.</summary>
    InTransaction = (byte)'T',

    /// <summary>In a transaction that failed: only its end is accepted.</summary>
    Failed = (byte)'E',
}

/// <summary>ReadyForQuery and CommandComplete: the ends of statements.</summary>
public static class StatementEnd
{
    /// <summary>Reads the payload of a ReadyForQuery.</summary>
    public static TransactionStatus ReadReadyForQuery(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var status = (TransactionStatus)reader.ReadByte();
        reader.End();
        return Enum.IsDefined(status)
            ? status
            : throw WireException.Malformed($"a session is in the unknown state {(byte)status}");
    }

    /// <summary>Writes a ReadyForQuery.</summary>
    public static void WriteReadyForQuery(MessageWriter writer, TransactionStatus status)
    {
        writer.Begin(MessageType.ReadyForQuery);
        writer.WriteByte((byte)status);
        writer.End();
    }

    /// <summary>Writes a CommandComplete.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="tag">What was done, such as <c>SELECT 5</c>.</param>
    public static void WriteCommandComplete(MessageWriter writer, string tag)
    {
        writer.Begin(MessageType.CommandComplete);
        writer.WriteString(tag);
        writer.End();
    }

    /// <summary>How many rows a CommandComplete counts; null where it counts none.</summary>
    public static long? ReadRowCount(ReadOnlySpan<byte> payload)
    {
        var tag = FrontendMessages.ReadText(payload);
        return long.TryParse(tag.AsSpan(tag.LastIndexOf(' ') + 1), out var rows) ? rows : null;
    }
}

/// <summary>How values are encoded in rows.</summary>
public enum ValueFormat : short
{
    /// <summary>As text.</summary>
    Text = 0,

    /// <summary>As the type's binary form.</summary>
    Binary = 1,
}

/// <summary>CopyOutResponse: COPY to the client begins.</summary>
/// <param name="Format">How all of it is written.</param>
/// <param name="ColumnFormats">How each column is.</param>
public sealed record CopyOutResponse(ValueFormat Format, ImmutableArray<ValueFormat> ColumnFormats)
{
    /// <summary>Reads a payload.</summary>
    public static CopyOutResponse Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var format = (ValueFormat)reader.ReadByte();
        var columns = new ValueFormat[reader.ReadCount16(sizeof(short))];
        foreach (ref var column in columns.AsSpan()) column = (ValueFormat)reader.ReadInt16();
        reader.End();
        return new CopyOutResponse(format, [.. columns]);
    }

    /// <summary>Writes the message.</summary>
    public void Write(MessageWriter writer)
    {
        writer.Begin(MessageType.CopyOutResponse);
        writer.WriteByte((byte)Format);
        writer.WriteInt16((short)ColumnFormats.Length);
        foreach (var column in ColumnFormats) writer.WriteInt16((short)column);
        writer.End();
    }
}

/// <summary>One column of a RowDescription.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">Its type.</param>
public sealed record RowColumn(string Name, uint TypeOid)
{
    /// <summary>The table that it comes from; 0 where it comes from none.</summary>
    public uint TableOid { get; init; }

    /// <summary>Its number in that table; 0 where it comes from none.</summary>
    public short ColumnNumber { get; init; }

    /// <summary>Bytes of a value; negative where they vary.</summary>
    public short TypeBytes { get; init; } = -1;

    /// <summary>What narrows the type, such as precision and scale; -1 where nothing does.</summary>
    public int TypeModifier { get; init; } = -1;

    /// <summary>How its values are written.</summary>
    public ValueFormat Format { get; init; }
}

/// <summary>RowDescription: the columns of the rows that follow.</summary>
public static class RowDescription
{
    const int ColumnBytesMin = 19;

    /// <summary>Reads a payload.</summary>
    public static IReadOnlyList<RowColumn> Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var columns = new RowColumn[reader.ReadCount16(ColumnBytesMin)];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = reader.ReadString();
            var tableOid = reader.ReadOid();
            var columnNumber = reader.ReadInt16();
            columns[i] = new RowColumn(name, reader.ReadOid())
            {
                TableOid = tableOid,
                ColumnNumber = columnNumber,
                TypeBytes = reader.ReadInt16(),
                TypeModifier = reader.ReadInt32(),
                Format = (ValueFormat)reader.ReadInt16(),
            };
        }

        reader.End();
        return columns;
    }

    /// <summary>Writes the message.</summary>
    public static void Write(MessageWriter writer, IReadOnlyList<RowColumn> columns)
    {
        writer.Begin(MessageType.RowDescription);
        writer.WriteInt16(checked((short)columns.Count));
        foreach (var column in columns)
        {
            writer.WriteString(column.Name);
            writer.WriteOid(column.TableOid);
            writer.WriteInt16(column.ColumnNumber);
            writer.WriteOid(column.TypeOid);
            writer.WriteInt16(column.TypeBytes);
            writer.WriteInt32(column.TypeModifier);
            writer.WriteInt16((short)column.Format);
        }

        writer.End();
    }
}
