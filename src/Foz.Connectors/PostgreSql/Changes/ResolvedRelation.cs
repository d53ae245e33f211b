using System.Collections.Immutable;
using Foz.Connectors.Changes;
using Foz.Lake.Data;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>A table that changes come from, with what the server's catalog knows and its message does not.</summary>
/// <param name="Message">The server's message.</param>
/// <param name="Types">The types of its columns, domains resolved to what they are made of.</param>
/// <param name="PrimaryKey">Which columns are the primary key, counted from 0; empty where there is none.</param>
sealed record ResolvedRelation(
    RelationMessage Message, ImmutableArray<ColumnType> Types, ImmutableArray<int> PrimaryKey)
{
    /// <summary>Columns, by their names in the lake, that identify rows besides the primary key.</summary>
    public IReadOnlyList<string> MoreKeys { get; init; } = [];

    /// <summary>How the types arrive in bronze.</summary>
    /// <param name="hasUncheckedText">Whether the database takes any bytes as text.</param>
    public ImmutableArray<TypeMapping> Mappings(bool hasUncheckedText) =>
        [.. Types.Select(type => TypeMapping.Of(type, hasUncheckedText))];

    /// <summary>The table as its changes have it.</summary>
    public ChangeTable Table(ImmutableArray<TypeMapping> mappings)
    {
        var columns = FieldNames.Distinct(
            [
                .. Message.Columns.Select(
                    (c, i) => new RelationColumn((short)(i + 1), c.Name, Types[i]) { FieldName = c.Name }),
            ]);
        var fields = columns.Select(
            (c, i) => new Field(c.FieldName, mappings[i].Type).WithSourceType(c.Type.Name)).ToList();
        if (mappings.Any(m => m.MayRescue)) fields.Add(RescuedColumn.Field);
        var keys = Keys(fields);
        return new ChangeTable(Message.Schema, Message.Name)
        {
            Id = Message.Id,
            Fields = [.. fields],
            ColumnCount = Message.Columns.Length,
            Keys = keys,
            Identity = keys.Length > 0 ? RowIdentity.Key
                : Message.Identity == ReplicaIdentity.Full ? RowIdentity.WholeRow
                : RowIdentity.None,
            HasBefore = Message.Identity == ReplicaIdentity.Full,
        };
    }

    /// <summary>
    /// The key: the columns that the server sends of old rows, for it marks them; with <c>REPLICA IDENTITY FULL</c>,
    /// which marks all, the primary key and the columns of the stream's keys.
    /// </summary>
    ImmutableArray<int> Keys(List<Field> fields) => Message.Identity switch
    {
        ReplicaIdentity.Full =>
        [
            .. PrimaryKey.Union(MoreKeys.Select(key => fields.FindIndex(field => field.Name == key)))
                .Where(index => index >= 0),
        ],
        ReplicaIdentity.Nothing => [],
        _ => [.. Enumerable.Range(0, Message.Columns.Length).Where(i => Message.Columns[i].IsIdentity)],
    };

    public bool Equals(ResolvedRelation? other) =>
        other is not null && Message == other.Message && Types.SequenceEqual(other.Types)
        && PrimaryKey.SequenceEqual(other.PrimaryKey) && MoreKeys.SequenceEqual(other.MoreKeys);

    public override int GetHashCode() => Message.GetHashCode();
}
