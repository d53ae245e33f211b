using Npgsql;
using NpgsqlTypes;

namespace Foz.Connectors.PostgreSql;

/// <content>What decides how the changes of tables can be read.</content>
sealed partial class PgCatalog
{
    /// <summary>
    /// Tables, partitions or tables that inherit, of which the server could not say which row an UPDATE changed.
    /// </summary>
    const string UnidentifiedSql = """
        WITH RECURSIVE member (root, oid) AS (
            SELECT root, root FROM unnest($1) root
            UNION
            SELECT m.root, i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid
        )
        SELECT DISTINCT ON (m.root) m.root, c.oid::pg_catalog.regclass::text,
               CASE WHEN c.relreplident = 'n' THEN 'has REPLICA IDENTITY NOTHING'
                    WHEN c.relreplident = 'f' THEN 'has a virtual column, which REPLICA IDENTITY FULL cannot have'
                    WHEN k.indexrelid IS NOT NULL THEN 'has a key of generated columns, which PostgreSQL does not log'
                    WHEN c.relreplident = 'i' THEN 'has a REPLICA IDENTITY by an index that is gone or cannot be used'
                    WHEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
                    THEN 'has no primary key by which PostgreSQL finds rows, as its key is DEFERRABLE'
                    ELSE 'has no primary key' END
          FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.oid
          LEFT JOIN pg_catalog.pg_index k ON k.indrelid = c.oid AND k.indimmediate AND k.indisvalid
                AND (c.relreplident = 'd' AND k.indisprimary OR c.relreplident = 'i' AND k.indisreplident)
         WHERE c.relkind = 'r' AND CASE
               WHEN c.relreplident = 'f' THEN EXISTS (
                   SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attgenerated = 'v' AND NOT a.attisdropped)
               ELSE k.indexrelid IS NULL OR EXISTS (
                   SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum = ANY (k.indkey::int2[]) AND a.attgenerated <> ''
                      AND pg_catalog.current_setting('server_version_num')::int < 180000) END
         ORDER BY m.root, 2
        """;

    /// <summary>Tables that inherit from a table, and are no partitions of it.</summary>
    const string HeirsSql = """
        SELECT i.inhparent, min(i.inhrelid::pg_catalog.regclass::text)
          FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
         WHERE c.relkind = 'r' AND c.oid = ANY ($1) GROUP BY i.inhparent
        """;

    /// <summary>
    /// Generated columns that the log does not have: from version 18 on a publication can have the stored ones.
    /// </summary>
    const string GeneratedSql = """
        SELECT attrelid, attname::text FROM pg_catalog.pg_attribute
         WHERE attrelid = ANY ($1) AND attgenerated <> '' AND NOT attisdropped
           AND NOT (attgenerated = 's' AND EXISTS (
               SELECT FROM pg_catalog.pg_publication p
                WHERE p.pubname = $2 AND pg_catalog.to_jsonb(p) ->> 'pubgencols' = 's'))
        """;

    /// <summary>The columns of an index that a user chose to identify rows by.</summary>
    const string IdentitySql = """
        SELECT c.oid, a.attname::text
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisreplident AND i.indimmediate AND i.indisvalid
          JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, number) ON k.number <= i.indnkeyatts
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE c.oid = ANY ($1) AND c.relreplident = 'i' ORDER BY c.oid, k.number
        """;

    /// <summary>What tables' rows lie in, with the columns that the log has of old rows.</summary>
    const string MembersSql = """
        WITH RECURSIVE member (root, oid) AS (
            SELECT root, root FROM unnest($1) root
            UNION
            SELECT m.root, i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid
        )
        SELECT m.root, c.oid, c.oid::pg_catalog.regclass::text, c.relreplident = 'f' AND c.relkind = 'r', ARRAY(
                   SELECT a.attname::text
                     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                      AND pg_catalog.array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts
                    WHERE i.indrelid = c.oid AND i.indimmediate AND i.indisvalid AND c.relkind = 'r'
                      AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident))
          FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.oid
         ORDER BY m.root, 3
        """;

    /// <summary>Keys of tables: whether each row is checked at once, and the columns.</summary>
    const string UniqueSql = """
        SELECT i.indrelid, c.relname::text, i.indimmediate, ARRAY(
                   SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid
                      AND pg_catalog.array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts)
          FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         ORDER BY i.indrelid, c.relname
        """;

    /// <summary>
    /// Finds tables without a key and replica identity. The server refuses each UPDATE and DELETE of such a table once
    /// a publication has it.
    /// </summary>
    /// <returns>The table, or the part of it, that has none, and why.</returns>
    public Task<List<(uint Oid, string Part, string Reason)>> FindUnidentifiedAsync(
        IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        QueryAsync(
            "reading replica identities", UnidentifiedSql, [OidsOf(tables)],
            row => (row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2)), cancellationToken);

    /// <summary>Finds what tables' rows lie in: themselves, and all partitions of them.</summary>
    public Task<List<TableMember>> FindMembersAsync(
        IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        QueryAsync(
            "reading replica identities", MembersSql, [OidsOf(tables)],
            row => new TableMember(
                row.GetFieldValue<uint>(0), row.GetFieldValue<uint>(1), row.GetString(2), row.GetBoolean(3),
                row.GetFieldValue<string[]>(4)),
            cancellationToken);

    /// <summary>Finds the unique keys of tables.</summary>
    public Task<List<UniqueKey>> FindUniqueAsync(
        IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        QueryAsync(
            "reading unique keys", UniqueSql, [OidsOf(tables)],
            row => new UniqueKey(
                row.GetFieldValue<uint>(0), row.GetString(1), row.GetBoolean(2), row.GetFieldValue<string[]>(3)),
            cancellationToken);

    /// <summary>Finds tables from which others inherit, without being their partitions.</summary>
    /// <returns>One of the others, by the table's number.</returns>
    public async Task<IReadOnlyDictionary<uint, string>> FindHeirsAsync(
        IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        (await FindNamesAsync("reading inheritance", HeirsSql, tables, cancellationToken))
            .ToDictionary(row => row.Oid, row => row.Name);

    /// <summary>Finds the names of columns that the server computes and does not log, by the table's number.</summary>
    public async Task<ILookup<uint, string>> FindGeneratedAsync(
        IEnumerable<Relation> tables, string publication, CancellationToken cancellationToken) =>
        (await QueryAsync(
            "reading generated columns", GeneratedSql,
            [OidsOf(tables), new NpgsqlParameter { Value = publication, NpgsqlDbType = NpgsqlDbType.Text }],
            row => (Oid: row.GetFieldValue<uint>(0), Name: row.GetString(1)), cancellationToken))
            .ToLookup(row => row.Oid, row => row.Name);

    /// <summary>
    /// Finds the columns of <c>REPLICA IDENTITY USING INDEX</c>, by the table's number; none where it has another
    /// identity.
    /// </summary>
    public async Task<ILookup<uint, string>> FindIdentityAsync(
        IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        (await FindNamesAsync("reading replica identities", IdentitySql, tables, cancellationToken))
            .ToLookup(row => row.Oid, row => row.Name);

    Task<List<(uint Oid, string Name)>> FindNamesAsync(
        string doing, string sql, IEnumerable<Relation> tables, CancellationToken cancellationToken) =>
        QueryAsync(
            doing, sql, [OidsOf(tables)], row => (row.GetFieldValue<uint>(0), row.GetString(1)), cancellationToken);

    static NpgsqlParameter OidsOf(IEnumerable<Relation> tables) => new()
    {
        Value = tables.Select(table => table.Oid).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid,
    };
}
