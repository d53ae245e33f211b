using System.Collections.Immutable;

namespace Foz.Wire.MySql.Binlog;

/// <summary>TableMap: a table and its columns as the rows after it have them.</summary>
/// <param name="Id">The number by which the rows name it.</param>
/// <param name="Database">The database that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Columns">Its columns, in the order of the values of a row.</param>
/// <param name="Metadata">
/// What the server says of them beyond that; without names where <c>binlog_row_metadata</c> is not <c>FULL</c>.
/// </param>
public sealed record TableMapEvent(
    ulong Id, string Database, string Name, ImmutableArray<BinlogColumn> Columns, TableMapMetadata Metadata)
{
    const int IdBytes = 6;

    /// <summary>Reads the fields of an event.</summary>
    /// <param name="data">The event.</param>
    /// <param name="isMariaDb">Whether MariaDB wrote it, which lists the collations of other columns.</param>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static TableMapEvent Read(BinlogEvent data, bool isMariaDb)
    {
        var fields = data.Fields();
        var id = ReadId(data);
        fields.ReadBytes(IdBytes + sizeof(ushort));
        var database = ReadName(ref fields);
        var name = ReadName(ref fields);
        var count = fields.ReadCount();
        var types = fields.ReadBytes(count);
        var blocks = new ByteReader(fields.ReadSized(), BinlogEvent.NameOf(data.Type));
        var columns = ImmutableArray.CreateBuilder<BinlogColumn>(count);
        foreach (var type in types) columns.Add(BinlogColumn.Read(type, ref blocks));
        fields.ReadBytes((count + 7) / 8);
        var all = columns.MoveToImmutable();
        return new(id, database, name, all, TableMapMetadata.Read(ref fields, all, isMariaDb));
    }

    /// <summary>Reads only the number of the table.</summary>
    /// <exception cref="WireException">Thrown when it is cut off.</exception>
    public static ulong ReadId(BinlogEvent data)
    {
        var fields = data.Fields();
        return fields.ReadUnsigned(IdBytes);
    }

    /// <inheritdoc/>
    public bool Equals(TableMapEvent? other) =>
        other is not null && Id == other.Id && Database == other.Database && Name == other.Name
        && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan()) && Metadata.Equals(other.Metadata);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Database, Name, Columns.Length);

    static string ReadName(ref ByteReader fields)
    {
        var name = fields.Text(fields.ReadBytes(fields.ReadByte()));
        return fields.ReadByte() == 0 ? name : throw fields.Fault("has no NUL after a name");
    }
}
