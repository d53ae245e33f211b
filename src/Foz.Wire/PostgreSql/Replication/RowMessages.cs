using System.Runtime.CompilerServices;

namespace Foz.Wire.PostgreSql.Replication;

/// <summary>What a message holds of a row before its change.</summary>
public enum OldRowKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The columns of the replica identity; all others are null.</summary>
    Key = 'K',

    /// <summary>All columns.</summary>
    Full = 'O',
}

/// <summary>Insert, Update and Delete: the change of one row.</summary>
public readonly ref struct RowMessage
{
    const byte NewRow = (byte)'N';

    readonly OutputMessage message;
    readonly int oldAt;
    readonly int newAt;

    RowMessage(OutputMessage message, uint relationId, OldRowKind oldKind, int oldAt, int newAt)
    {
        this.message = message;
        this.oldAt = oldAt;
        this.newAt = newAt;
        RelationId = relationId;
        OldKind = oldKind;
    }

    /// <summary>Gets the number of the table, as its <see cref="RelationMessage"/> gave it.</summary>
    public uint RelationId { get; }

    /// <summary>Gets what there is of the row before the change.</summary>
    public OldRowKind OldKind { get; }

    /// <summary>Gets the row before the change, of which <see cref="OldKind"/> says what it holds.</summary>
    public RowReader Old => new(message, oldAt);

    /// <summary>Gets the row after the change; not for Delete.</summary>
    public RowReader New => new(message, newAt);

    /// <summary>Reads the fields of a message; the values of its rows are read by their readers.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static RowMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var relationId = fields.ReadUInt32();
        var kind = fields.ReadOneOf(message.Type switch
        {
            OutputMessageType.Insert => "N"u8,
            OutputMessageType.Delete => "KO"u8,
            _ => "KON"u8,
        });
        if (kind == NewRow) return new RowMessage(message, relationId, OldRowKind.None, 0, fields.At);
        var at = fields.At;
        if (message.Type == OutputMessageType.Delete)
            return new RowMessage(message, relationId, (OldRowKind)kind, at, 0);
        var old = new RowReader(message, at);
        old.SkipValues();
        fields = new FieldReader(message.Data, nameof(OutputMessageType.Update), old.At);
        fields.ReadOneOf("N"u8);
        return new RowMessage(message, relationId, (OldRowKind)kind, at, fields.At);
    }
}

/// <summary>How a message has the value of a column.</summary>
public enum ColumnState
{
    /// <summary>The value is null.</summary>
    Null = 'n',

    /// <summary>
    /// The value is not sent: it is stored outside of the row (TOAST), and the update did not change it.
    /// </summary>
    Unchanged = 'u',

    /// <summary>The value is there, as the server writes it.</summary>
    Text = 't',

    /// <summary>The value is there, in its type's binary form.</summary>
    Binary = 'b',
}

/// <summary>Reads the values of one row, one after the other.</summary>
public ref struct RowReader
{
    FieldReader fields;
    int valuesLeft;

    internal RowReader(OutputMessage message, int at)
    {
        fields = new FieldReader(
            message.Data,
            message.Type switch
            {
                OutputMessageType.Insert => "Insert",
                OutputMessageType.Update => "Update",
                _ => "Delete",
            },
            at);
        ValueCount = valuesLeft = fields.ReadUInt16();
    }

    /// <summary>Gets how many values the row has.</summary>
    public int ValueCount { get; }

    /// <summary>Gets where the reader is in the message.</summary>
    internal readonly int At => fields.At;

    /// <summary>Reads the next value.</summary>
    /// <param name="value">The value; empty where there is none.</param>
    /// <returns>How the message has it.</returns>
    /// <exception cref="WireException">It is malformed, or the row has no more.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ColumnState ReadValue(out ReadOnlySpan<byte> value)
    {
        if (valuesLeft-- <= 0) ThrowNoMore();
        var state = (ColumnState)fields.ReadByte();
        if (state is ColumnState.Text or ColumnState.Binary)
        {
            value = fields.ReadSized();
            return state;
        }

        if (state is not (ColumnState.Null or ColumnState.Unchanged)) ThrowUnknown(state);
        value = [];
        return state;
    }

    /// <summary>Reads over all values that are left.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public void SkipValues()
    {
        while (valuesLeft > 0) ReadValue(out _);
    }

    /// <summary>Makes sure that the message ends with the row.</summary>
    /// <exception cref="WireException">It does not.</exception>
    public readonly void End()
    {
        if (valuesLeft > 0) throw fields.Fault($"has {valuesLeft} values that were not read");
        fields.End();
    }

    readonly void ThrowNoMore() => throw fields.Fault($"has {ValueCount} values, and no more");

    readonly void ThrowUnknown(ColumnState state) =>
        throw fields.Fault($"has a value of the unknown state 0x{(int)state:X2}");
}

/// <summary>Truncate: tables that were emptied in one statement.</summary>
public ref struct TruncateMessage
{
    FieldReader fields;
    int tablesLeft;

    TruncateMessage(FieldReader fields, int tables, bool isCascade, bool restartsIdentity)
    {
        this.fields = fields;
        tablesLeft = tables;
        IsCascade = isCascade;
        RestartsIdentity = restartsIdentity;
    }

    /// <summary>Gets whether the statement had <c>CASCADE</c>; the tables it reached are in the message.</summary>
    public bool IsCascade { get; }

    /// <summary>Gets whether the statement had <c>RESTART IDENTITY</c>.</summary>
    public bool RestartsIdentity { get; }

    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static TruncateMessage Read(OutputMessage message)
    {
        var reader = message.Fields();
        var tables = reader.ReadUInt32();
        var options = reader.ReadByte();
        return tables * (ulong)sizeof(uint) == (ulong)reader.BytesLeft
            ? new TruncateMessage(reader, (int)tables, (options & 1) != 0, (options & 2) != 0)
            : throw reader.Fault($"states {tables} tables in {reader.BytesLeft} bytes");
    }

    /// <summary>Reads the number of the next table.</summary>
    /// <returns>False where there are no more.</returns>
    public bool TryReadTable(out uint relationId)
    {
        relationId = 0;
        if (tablesLeft-- <= 0) return false;
        relationId = fields.ReadUInt32();
        return true;
    }
}

/// <summary>Message: what <c>pg_logical_emit_message</c> wrote.</summary>
public readonly ref struct LogicalMessage
{
    /// <summary>Gets whether it belongs to the transaction, and not to the log alone.</summary>
    public bool IsTransactional { get; private init; }

    /// <summary>Gets where it is in the log.</summary>
    public Lsn Lsn { get; private init; }

    /// <summary>Gets its prefix.</summary>
    public string Prefix { get; private init; }

    /// <summary>Gets its content: any bytes.</summary>
    public ReadOnlySpan<byte> Content { get; private init; }

    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static LogicalMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var logical = new LogicalMessage
        {
            IsTransactional = (fields.ReadByte() & 1) != 0,
            Lsn = fields.ReadLsn(),
            Prefix = fields.ReadString(),
            Content = fields.ReadSized(),
        };
        fields.End();
        return logical;
    }
}
