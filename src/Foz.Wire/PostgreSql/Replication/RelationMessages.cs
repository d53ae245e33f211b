using System.Collections.Immutable;

namespace Foz.Wire.PostgreSql.Replication;

/// <summary>Which columns of the old row a table sends with updates and deletes (<c>REPLICA IDENTITY</c>).</summary>
public enum ReplicaIdentity
{
    /// <summary>Those of the primary key; none where there is none.</summary>
    Default = 'd',

    /// <summary>None: the server refuses updates and deletes.</summary>
    Nothing = 'n',

    /// <summary>All.</summary>
    Full = 'f',

    /// <summary>Those of an index.</summary>
    Index = 'i',
}

/// <summary>A column of a <see cref="RelationMessage"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">Its type; a domain is not resolved.</param>
/// <param name="Modifier">What narrows the type, such as precision and scale; -1 where nothing does.</param>
/// <param name="IsIdentity">Whether it is sent for old rows.</param>
public readonly record struct RelationMessageColumn(string Name, uint TypeOid, int Modifier, bool IsIdentity);

/// <summary>Relation: a table and its columns as the changes after it have them.</summary>
/// <param name="Id">The number by which changes name it.</param>
/// <param name="Schema">The schema that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Identity">What it sends of old rows.</param>
/// <param name="Columns">Its columns, in the order of the values of a row.</param>
public sealed record RelationMessage(
    uint Id, string Schema, string Name, ReplicaIdentity Identity, ImmutableArray<RelationMessageColumn> Columns)
{
    /// <summary>The name of the schema that the server leaves out.</summary>
    const string CatalogSchema = "pg_catalog";

    const int ColumnBytesMin = 1 + 1 + 2 * sizeof(int);

    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static RelationMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var id = fields.ReadUInt32();
        var schema = fields.ReadString();
        var name = fields.ReadString();
        var identity = (ReplicaIdentity)fields.ReadOneOf("dnfi"u8);
        var count = fields.ReadUInt16();
        if (count * ColumnBytesMin > fields.BytesLeft)
            throw fields.Fault($"states {count} columns in {fields.BytesLeft} bytes");
        var columns = ImmutableArray.CreateBuilder<RelationMessageColumn>(count);
        for (var i = 0; i < count; i++)
        {
            var isIdentity = (fields.ReadByte() & 1) != 0;
            columns.Add(new(fields.ReadString(), fields.ReadUInt32(), fields.ReadInt32(), isIdentity));
        }

        fields.End();
        return new(id, schema.Length == 0 ? CatalogSchema : schema, name, identity, columns.MoveToImmutable());
    }

    /// <inheritdoc/>
    public bool Equals(RelationMessage? other) =>
        other is not null && Id == other.Id && Schema == other.Schema && Name == other.Name
        && Identity == other.Identity && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Schema, Name, Identity, Columns.Length);
}

/// <summary>Type: the name of a type that is not built in; of a domain, that of the type it is made of.</summary>
/// <param name="Oid">The type, as columns name it.</param>
/// <param name="Schema">The schema of the name; empty for <c>pg_catalog</c>.</param>
/// <param name="Name">The name.</param>
public readonly record struct TypeMessage(uint Oid, string Schema, string Name)
{
    /// <summary>Reads the fields of a message.</summary>
    /// <exception cref="WireException">They are malformed.</exception>
    public static TypeMessage Read(OutputMessage message)
    {
        var fields = message.Fields();
        var type = new TypeMessage(fields.ReadUInt32(), fields.ReadString(), fields.ReadString());
        fields.End();
        return type;
    }
}
