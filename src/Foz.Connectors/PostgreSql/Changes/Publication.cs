using System.Globalization;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>A publication: which changes of which tables a slot sends.</summary>
/// <param name="connection">A session of the database.</param>
/// <param name="name">The name of the publication.</param>
/// <param name="operations">The changes.</param>
sealed class Publication(PgConnection connection, string name, string operations)
{
    /// <summary>All changes: a table without replica identity must be in no such publication.</summary>
    public const string AllOperations = "insert, update, delete, truncate";

    /// <summary>Changes that name no row: the server needs no replica identity for them.</summary>
    public const string Inserts = "insert, truncate";

    /// <summary>Returns whether it exists, and whether it is of all tables.</summary>
    /// <exception cref="FozException">It exists, but publishes other changes.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task<(bool Exists, bool IsOfAll)> FindStateAsync(CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            "SELECT puballtables, concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN "
            + "'update' END, CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END) "
            + $"FROM pg_catalog.pg_publication WHERE pubname = {SqlText.Literal(name)}",
            cancellationToken);
        if (rows is not [[var isOfAll, var published]]) return (false, false);
        return published == operations
            ? (true, isOfAll == "t")
            : throw Lacks(
                operations == AllOperations
                    ? $"publishes not all of {operations}"
                    : $"publishes '{published}' in place of '{operations}'",
                $"SET (publish = '{operations}')");
    }

    /// <summary>
    /// Creates the publication, or checks that it has what is asked for, and adds tables that it lacks.
    /// </summary>
    /// <param name="tables">The tables; null for all of the database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It exists, but leaves changes out.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task EnsureAsync(IReadOnlyList<RelationName>? tables, CancellationToken cancellationToken)
    {
        var (exists, isOfAll) = await FindStateAsync(cancellationToken);
        if (!exists)
        {
            await ChangeAsync(
                new ReplicationCommands(connection.ServerMajorVersion).CreatePublication(
                    name, tables?.Select(Sql).ToList(), operations),
                cancellationToken);
            return;
        }

        if (isOfAll) return;
        if (tables is null)
            throw new FozException(
                ErrorKind.Configuration,
                $"{connection.Options}: the publication '{name}' is not of all tables, and none are named")
            {
                Hint = "name the tables, or drop the publication so that Foz creates it",
            };
        await CheckFiltersAsync(cancellationToken);
        await AddAsync(tables, cancellationToken);
    }

    /// <summary>Runs a statement that owners of the tables may run.</summary>
    async Task ChangeAsync(string statement, CancellationToken cancellationToken)
    {
        try
        {
            await connection.QueryAsync(statement, cancellationToken);
        }
        catch (PgServerException error) when (SourceFault.IsOf(error, SqlStates.InsufficientPrivilege))
        {
            var fault = SourceFault.Of(error, "publishing changes", connection.Options);
            throw new FozException(fault.Kind, fault.Message, error)
            {
                Hint = $"let an owner of the tables run: {statement}; the user also needs: "
                    + $"ALTER ROLE {SqlText.Name(connection.Options.User)} REPLICATION",
            };
        }
    }

    /// <summary>A filter of rows or columns of another would leave changes out without a word.</summary>
    async Task CheckFiltersAsync(CancellationToken cancellationToken)
    {
        if (connection.ServerMajorVersion < 15) return;
        var filtered = await connection.QueryAsync(
            $"""
            SELECT r.prrelid::regclass::text FROM pg_catalog.pg_publication_rel r
              JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
             WHERE p.pubname = {SqlText.Literal(name)} AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL) LIMIT 1
            """,
            cancellationToken);
        if (filtered is [[{ } table]])
            throw new FozException(
                ErrorKind.Configuration,
                $"{connection.Options}: the publication '{name}' leaves rows or columns of {table} out")
            {
                Hint = $"drop the publication so that Foz creates it, or remove the filter of {table}",
            };
    }

    /// <summary>Finds the tables whose operations it publishes.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// The numbers under which the publication has them, another one once a table was removed and added again; 0 of
    /// tables that it has with all of the database, or of a schema.
    /// </returns>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task<IReadOnlyDictionary<(string Schema, string Name), long>> FindAsync(
        CancellationToken cancellationToken)
    {
        var published = await connection.QueryAsync(
            $"""
            WITH publication AS (
                SELECT oid FROM pg_catalog.pg_publication WHERE pubname = {SqlText.Literal(name)}
                   AND pubinsert AND pubtruncate AND {(operations == AllOperations
                    ? "pubupdate AND pubdelete"
                    : "NOT pubupdate AND NOT pubdelete")}),
            named AS (
                SELECT n.nspname AS schemaname, c.relname AS tablename, r.oid::bigint AS number
                  FROM publication p JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
                  JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
            SELECT * FROM named
            UNION ALL
            SELECT t.schemaname, t.tablename, 0 FROM pg_catalog.pg_publication_tables t
             WHERE t.pubname = {SqlText.Literal(name)} AND EXISTS (SELECT FROM publication)
               AND NOT EXISTS (
                SELECT FROM named n WHERE n.schemaname = t.schemaname AND n.tablename = t.tablename)
            """,
            cancellationToken);
        return published.ToDictionary(
            row => (row[0]!, row[1]!), row => long.Parse(row[2]!, CultureInfo.InvariantCulture));
    }

    /// <summary>Removes tables, so that their users can change them.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The user does not own the publication.</exception>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task RemoveAsync(IReadOnlyList<RelationName> tables, CancellationToken cancellationToken)
    {
        if (tables.Count == 0) return;
        var published = await FindAsync(cancellationToken);
        var own = tables.Where(table => published.GetValueOrDefault((table.Schema!, table.Name)) > 0).Select(Sql)
            .ToList();
        if (own.Count > 0)
            await ChangeAsync(
                $"ALTER PUBLICATION {SqlText.Name(name)} DROP TABLE {string.Join(", ", own)}", cancellationToken);
    }

    /// <summary>Removes all other tables, if the publication is the user's own.</summary>
    /// <param name="tables">The tables that stay.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PgServerException">The server refuses.</exception>
    public async Task RemoveOthersAsync(IReadOnlyList<RelationName> tables, CancellationToken cancellationToken)
    {
        var kept = tables.Select(table => (table.Schema!, table.Name)).ToHashSet();
        var others = (await FindAsync(cancellationToken)).Where(known => known.Value > 0 && !kept.Contains(known.Key))
            .Select(known => $"{SqlText.Name(known.Key.Schema)}.{SqlText.Name(known.Key.Name)}").ToList();
        if (others.Count == 0) return;
        var isOwn = await connection.QueryAsync(
            "SELECT pg_catalog.pg_has_role(pubowner, 'USAGE') FROM pg_catalog.pg_publication "
            + $"WHERE pubname = {SqlText.Literal(name)}",
            cancellationToken);
        if (isOwn is [["t"]])
            await ChangeAsync(
                $"ALTER PUBLICATION {SqlText.Name(name)} DROP TABLE {string.Join(", ", others)}", cancellationToken);
    }

    async Task AddAsync(IReadOnlyList<RelationName> tables, CancellationToken cancellationToken)
    {
        var published = await FindAsync(cancellationToken);
        var missing = tables.Where(table => !published.ContainsKey((table.Schema!, table.Name))).Select(Sql).ToList();
        if (missing.Count > 0)
            await ChangeAsync(
                $"ALTER PUBLICATION {SqlText.Name(name)} ADD TABLE {string.Join(", ", missing)}", cancellationToken);
    }

    FozException Lacks(string fault, string change) => new(
        ErrorKind.Configuration, $"{connection.Options}: the publication '{name}' {fault}")
    {
        Hint = $"ALTER PUBLICATION {SqlText.Name(name)} {change}",
    };

    static string Sql(RelationName table) => $"{SqlText.Name(table.Schema!)}.{SqlText.Name(table.Name)}";
}
