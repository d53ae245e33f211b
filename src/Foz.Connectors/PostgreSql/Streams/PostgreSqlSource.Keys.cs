using Foz.Connectors.Changes;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql.Streams;

/// <content>Tables whose log cannot be followed: by their keys, or by what the user may read.</content>
sealed partial class PostgreSqlSource
{
    /// <summary>
    /// Finds the streams whose changes the log does not have in an order by which rows are found, or has with more than
    /// the user may read.
    /// </summary>
    async Task FindUnfollowedAsync(
        IReadOnlyList<(StreamDefinition Stream, Relation Table)> tables, ILookup<uint, RelationColumn> columns,
        Dictionary<string, FozException> refused, CancellationToken cancellationToken)
    {
        var read = tables.Where(known => !refused.ContainsKey(known.Stream.Name)).ToList();
        var relations = read.Select(known => known.Table).ToList();
        var members = (await catalog.FindMembersAsync(relations, cancellationToken)).ToLookup(member => member.Root);
        var unique = (await catalog.FindUniqueAsync(relations, cancellationToken)).ToLookup(key => key.Table);
        foreach (var (stream, table) in read)
            if ((FindUnreadable(stream, table, columns[table.Oid])
                ?? FindWhole(stream, table, read, members)
                ?? FindUnlogged(stream, NamedKeysOf(stream, columns[table.Oid]), members[table.Oid])
                ?? FindDeferred(
                    stream, table, columns[table.Oid], members[table.Oid], unique[table.Oid])) is { } error)
                refused[stream.Name] = error;
    }

    /// <summary>
    /// Returns why a table is no stream of which the user may read some columns: the log has all, a copy would not.
    /// </summary>
    FozException? FindUnreadable(StreamDefinition stream, Relation table, IEnumerable<RelationColumn> columns)
    {
        var unreadable = columns.Where(column => !column.IsReadable).Select(column => column.Name).ToList();
        return unreadable.Count == 0
            ? null
            : FeedFaults.Unreadable(
                stream,
                $"{options.User} may not read {string.Join(", ", unreadable)} of {table}, which the log has",
                $"GRANT SELECT ON {table.Sql} TO {SqlText.Name(options.User)}; "
                    + "or mode: snapshot, which reads the others");
    }

    /// <summary>Returns why a partition is no stream: its changes come as those of the whole table.</summary>
    static FozException? FindWhole(
        StreamDefinition stream, Relation table, IEnumerable<(StreamDefinition Stream, Relation Table)> read,
        ILookup<uint, TableMember> members) =>
        read.FirstOrDefault(known => known.Table.Oid != table.Oid
            && members[known.Table.Oid].Any(member => member.Oid == table.Oid)) is { Table: { } whole } found
            ? FeedFaults.Unreadable(
                stream,
                $"{table} is a partition of {whole}, and its changes arrive in the stream '{found.Stream.Name}'",
                "take one of the two streams out; or mode: snapshot reads the partition")
            : null;

    /// <summary>Returns why deletes would not find their rows by the keys that the project names.</summary>
    static FozException? FindUnlogged(
        StreamDefinition stream, IReadOnlyList<RelationColumn> keys, IEnumerable<TableMember> members)
    {
        foreach (var member in members.Where(member => member.Identity.Count > 0))
            if (keys.FirstOrDefault(key => !member.Identity.Contains(key.Name)) is { } missing)
                return FeedFaults.Unreadable(
                    stream,
                    $"the log has only {string.Join(", ", member.Identity)} of rows of {member.Name} that are deleted, "
                        + $"not {missing.FieldName}, which 'keys' names",
                    $"ALTER TABLE {member.Name} REPLICA IDENTITY FULL; or keys: "
                        + $"[{string.Join(", ", member.Identity)}]");
        return null;
    }

    /// <summary>
    /// Returns why a key that the database checks only after some changes cannot be followed: two rows may have it in
    /// between, and a delete of the one would be one of the other.
    /// </summary>
    static FozException? FindDeferred(
        StreamDefinition stream, Relation table, IEnumerable<RelationColumn> columns,
        IEnumerable<TableMember> members, IEnumerable<UniqueKey> unique)
    {
        // Otherwise the log has no updates of a key that the server does not check at once.
        if (!members.Any(member => member.IsLoggedWhole)) return null;
        var keys = NamedKeysOf(stream, columns) is { Count: > 0 } named
            ? named.Select(column => column.Name).ToHashSet()
            : columns.Where(column => column.KeyPosition > 0).Select(column => column.Name).ToHashSet();
        var own = unique.Where(key => key.Columns.All(keys.Contains)).ToList();
        return own.Count == 0 || own.Exists(key => key.IsImmediate)
            ? null
            : FeedFaults.Unreadable(
                stream,
                $"its key {own[0].Name} is DEFERRABLE: two rows of {table} may have it in the middle of a transaction, "
                    + "and the log does not say which of them a change is of",
                $"ALTER TABLE {table.Sql} DROP CONSTRAINT {SqlText.Name(own[0].Name)}, and ADD it without DEFERRABLE; "
                    + "or name a key in 'keys' that is not; or mode: snapshot");
    }

    /// <summary>All columns by which rows of a stream are found.</summary>
    static IReadOnlyList<string> KeysOf(
        StreamDefinition stream, IEnumerable<RelationColumn> columns, IEnumerable<string> ofIndex) =>
        [.. IdentityOf(columns, ofIndex).Union(MoreKeysOf(stream, columns))];

    /// <summary>The columns of <c>keys</c> that are not the primary key's, by their names in the lake.</summary>
    static IReadOnlyList<string> MoreKeysOf(StreamDefinition stream, IEnumerable<RelationColumn> columns) =>
        [.. NamedKeysOf(stream, columns).Where(column => column.KeyPosition <= 0).Select(column => column.FieldName)];

    /// <summary>The columns of <c>keys</c>; one that is missing is an error of the stream's copy.</summary>
    static List<RelationColumn> NamedKeysOf(StreamDefinition stream, IEnumerable<RelationColumn> columns) =>
    [
        .. stream.Keys.Select(name => columns.FirstOrDefault(column => column.FieldName == name)
            ?? columns.FirstOrDefault(
                column => column.FieldName.Equals(name, StringComparison.OrdinalIgnoreCase))).OfType<RelationColumn>(),
    ];
}
