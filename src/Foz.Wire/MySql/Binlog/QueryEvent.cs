using System.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Query: a statement, such as BEGIN, COMMIT, or one that changes the columns of a table.</summary>
/// <param name="Database">The database that names without one are of; empty for none.</param>
/// <param name="Text">The statement.</param>
public readonly record struct QueryEvent(string Database, string Text)
{
    const int LoadBytes = 13;

    /// <summary>Reads the fields of an event, compressed or not, or of one that loads a file.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static QueryEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        fields.ReadUInt32();
        fields.ReadUInt32();
        int databaseBytes = fields.ReadByte();
        fields.ReadUInt16();
        int variableBytes = fields.ReadUInt16();
        if (data.Type == BinlogEventType.ExecuteLoadQuery) fields.ReadBytes(LoadBytes);
        fields.ReadBytes(variableBytes);
        var database = fields.Text(fields.ReadBytes(databaseBytes));
        if (fields.ReadByte() != 0) throw fields.Fault("has no NUL after the database");
        var text = fields.ReadRest();
        if (data.Type == BinlogEventType.QueryCompressed)
            return new(database, Decode(ZlibBlock.Decompress(text, "QueryCompressed")));
        return new(database, Decode(text));
    }

    /// <summary>Returns the text of a statement, which is in the character set of its client.</summary>
    static string Decode(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text)
        ? Encoding.UTF8.GetString(text)
        : Encoding.Latin1.GetString(text);
}
