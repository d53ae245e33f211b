using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Foz.Connectors.PostgreSql;

/// <summary>Reads which relations a database has, and the data on which a plan depends. Uses Npgsql.</summary>
sealed partial class PgCatalog : IAsyncDisposable
{
    const int ConnectionsMax = 4;

    const string RelationsSql = """
        SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.reltuples::float8, c.relispartition,
               COALESCE(pg_catalog.row_security_active(c.oid), false),
               CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'None'
                    WHEN pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 'All'
                    WHEN pg_catalog.has_any_column_privilege(c.oid, 'SELECT') THEN 'SomeColumns'
                    ELSE 'None' END
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
        """;

    const string ListSql = RelationsSql + """

           AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         ORDER BY n.nspname, c.relname
        """;

    const string FindSql = RelationsSql + """

           AND n.nspname = $1 AND c.relname = $2
        """;

    const string ColumnsSql = """
        WITH RECURSIVE base (type, base, modifier) AS (
            SELECT oid, oid, -1 FROM pg_catalog.pg_type WHERE typtype <> 'd'
            UNION ALL
            SELECT d.oid, b.base, CASE WHEN b.modifier <> -1 THEN b.modifier ELSE d.typtypmod END
              FROM pg_catalog.pg_type d JOIN base b ON b.type = d.typbasetype WHERE d.typtype = 'd'
        )
        SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
               COALESCE(element.base, column_type.base), t.typcategory = 'A' AND element.base IS NOT NULL,
               GREATEST(a.atttypmod, column_type.modifier, element.modifier), GREATEST(a.attndims, d.typndims),
               a.attnotnull OR d.typnotnull, pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
               pg_catalog.col_description(a.attrelid, a.attnum),
               CASE WHEN pg_catalog.array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts
                    THEN pg_catalog.array_position(i.indkey::int2[], a.attnum) ELSE -1 END
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
          JOIN base column_type ON column_type.type = a.atttypid
          JOIN pg_catalog.pg_type t ON t.oid = column_type.base
          LEFT JOIN base element ON element.type = t.typelem AND t.typlen = -1 AND t.typcategory = 'A'
                                AND t.oid NOT IN (22, 30)
          LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
         WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attrelid, a.attnum
        """;

    /// <summary>What a table's rows lie in: itself, its partitions, the tables that inherit from it.</summary>
    const string SizeSql = """
        WITH RECURSIVE member (oid) AS (
            SELECT $1::oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN member m ON m.oid = i.inhparent
        )
        SELECT COALESCE(max(pg_catalog.pg_relation_size(c.oid)), 0),
               COALESCE(sum(pg_catalog.pg_relation_size(c.oid)), 0)::bigint,
               bool_and(c.relkind IN ('r', 'm', 'p') AND COALESCE(a.amname, 'heap') = 'heap'),
               pg_catalog.current_setting('block_size')::bigint,
               pg_catalog.md5(pg_catalog.string_agg(
                   c.oid || ' ' || COALESCE(pg_catalog.pg_relation_filenode(c.oid), 0), ' ' ORDER BY c.oid))
          FROM member JOIN pg_catalog.pg_class c ON c.oid = member.oid LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
        """;

    readonly PgOptions options;
    readonly NpgsqlDataSource database;

    public PgCatalog(PgOptions options)
    {
        this.options = options;
        database = Connect(options, ConnectionsMax);
    }

    /// <summary>Connections of Npgsql to a database.</summary>
    /// <param name="options">How it is reached.</param>
    /// <param name="connectionsMax">How many there may be at a time.</param>
    public static NpgsqlDataSource Connect(PgOptions options, int connectionsMax)
    {
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = options.Host,
            Port = options.Port,
            Database = options.Database,
            Username = options.User,
            Password = options.Password,
            SslMode = options.SslMode switch
            {
                _ when options.IsUnixSocket => Npgsql.SslMode.Disable,
                SslMode.Disable => Npgsql.SslMode.Disable,
                SslMode.Prefer => Npgsql.SslMode.Prefer,
                SslMode.Require => Npgsql.SslMode.Require,
                SslMode.VerifyCa => Npgsql.SslMode.VerifyCA,
                _ => Npgsql.SslMode.VerifyFull,
            },
            ChannelBinding = options.RequiresChannelBinding ? ChannelBinding.Require : ChannelBinding.Prefer,
            RootCertificate = options.RootCertificateFile,
            SslCertificate = options.CertificateFile,
            SslKey = options.KeyFile,
            ApplicationName = options.ApplicationName,
            Options = options.ServerOptions,
            Timeout = (int)options.ConnectTimeout.TotalSeconds,
            CommandTimeout = (int)Math.Clamp(Math.Ceiling(options.ReadTimeout.TotalSeconds), 1, int.MaxValue),
            MaxPoolSize = connectionsMax,
            GssEncryptionMode = GssEncryptionMode.Disable,
            PersistSecurityInfo = false,
        }.ConnectionString);
        builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        return builder.Build();
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    /// <summary>
    /// Whether the database takes any bytes as text (<c>SQL_ASCII</c>), so that they need not be UTF-8; known once
    /// something was asked.
    /// </summary>
    public bool HasUncheckedText { get; private set; }

    /// <summary>All relations outside of system schemas that the user may read something of.</summary>
    public async Task<IReadOnlyList<Relation>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await QueryAsync("listing tables", ListSql, [], ReadRelation, cancellationToken);
        return [.. all.Where(r => r.Access != RelationAccess.None)];
    }

    /// <summary>The relation of a name, whether the user may read it or not; null where there is none.</summary>
    public async Task<Relation?> FindAsync(string schema, string name, CancellationToken cancellationToken) =>
        (await QueryAsync(
            "looking up a table",
            FindSql,
            [
                new NpgsqlParameter { Value = schema, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Text },
            ],
            ReadRelation,
            cancellationToken)).SingleOrDefault();

    /// <summary>The columns of relations, in their order.</summary>
    public async Task<ILookup<uint, RelationColumn>> ColumnsAsync(
        IEnumerable<Relation> relations, CancellationToken cancellationToken)
    {
        var oids = relations.Select(r => r.Oid).ToArray();
        var rows = await QueryAsync(
            "listing columns",
            ColumnsSql,
            [new NpgsqlParameter { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid }],
            row => (Relation: row.GetFieldValue<uint>(0), Column: ReadColumn(row)),
            cancellationToken);
        return rows.GroupBy(r => r.Relation)
            .SelectMany(g => FieldNames.Distinct([.. g.Select(r => r.Column)]).Select(c => (g.Key, Column: c)))
            .ToLookup(r => r.Key, r => r.Column);
    }

    /// <summary>How a relation's rows can be divided.</summary>
    public async Task<RelationSize> SizeAsync(Relation relation, CancellationToken cancellationToken) =>
        (await QueryAsync(
            $"measuring {relation}",
            SizeSql,
            [new NpgsqlParameter { Value = relation.Oid, NpgsqlDbType = NpgsqlDbType.Oid }],
            row => new RelationSize(row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2), (int)row.GetInt64(3))
            {
                Files = row.GetString(4),
            },
            cancellationToken)).Single();

    /// <summary>The largest value of a cursor column as the server writes it; null where there is none above.</summary>
    /// <param name="relation">The relation.</param>
    /// <param name="cursor">The column.</param>
    /// <param name="from">Only values above this one count; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<string?> CursorMaxAsync(
        Relation relation, RelationColumn cursor, string? from, CancellationToken cancellationToken)
    {
        // Without the alias, ORDER BY would take the text of the SELECT's own column.
        var name = $"t.{SqlText.Name(cursor.Name)}";
        var type = cursor.Type.Name;
        var above = from is null ? "" : $" AND {name} > $1::text::{type}";
        var values = await QueryAsync(
            $"asking {relation} for its largest {cursor.Name}",
            $"SELECT {name}::text FROM {relation.Sql} t WHERE {name} IS NOT NULL{above} ORDER BY {name} DESC LIMIT 1",
            from is null ? [] : [new NpgsqlParameter { Value = from, NpgsqlDbType = NpgsqlDbType.Text }],
            row => row.GetString(0),
            cancellationToken);
        return values.SingleOrDefault();
    }

    /// <summary>How many rows of a relation have a value of a cursor; of null, have none.</summary>
    public async Task<long> CursorRowsAsync(
        Relation relation, RelationColumn cursor, string? value, CancellationToken cancellationToken) =>
        await AskCursorAsync(relation, cursor, value, "count(*)", row => row.GetInt64(0), cancellationToken);

    /// <summary>The sum of the hashes of those rows, modulo 2^128.</summary>
    public async Task<UInt128> CursorHashAsync(
        Relation relation, IEnumerable<ReadColumn> columns, RelationColumn cursor, string? value,
        CancellationToken cancellationToken)
    {
        var row = $"ROW({string.Join(", ", columns.Select(c => c.Sql))})::text";
        return await AskCursorAsync(
            relation, cursor, value, $"sum(hashtextextended({row}, 0)::numeric)::text, "
                + $"sum(hashtextextended({row}, 1)::numeric)::text",
            answer => Half(answer, 0) + (Half(answer, 1) << 64), cancellationToken);

        static UInt128 Half(NpgsqlDataReader answer, int at) =>
            answer.IsDBNull(at) ? 0 : (UInt128)Int128.Parse(answer.GetString(at), CultureInfo.InvariantCulture);
    }

    async Task<T> AskCursorAsync<T>(
        Relation relation, RelationColumn cursor, string? value, string what, Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var name = $"t.{SqlText.Name(cursor.Name)}";
        return (await QueryAsync(
            $"comparing the rows of {relation} {(value is null ? "without" : "with the last")} {cursor.Name}",
            $"SELECT {what} FROM {relation.Sql} t WHERE {name} "
                + (value is null ? "IS NULL" : $"= $1::text::{cursor.Type.Name}"),
            value is null ? [] : [new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Text }],
            read, cancellationToken)).Single();
    }

    static Relation ReadRelation(NpgsqlDataReader row) =>
        new(row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), (RelationKind)row.GetString(3)[0])
        {
            RowCountEstimate = row.GetDouble(4) is >= 0 and var rows ? (long)rows : null,
            IsPartition = row.GetBoolean(5),
            HasRowSecurity = row.GetBoolean(6),
            Access = Enum.Parse<RelationAccess>(row.GetString(7)),
        };

    static RelationColumn ReadColumn(NpgsqlDataReader row)
    {
        var name = row.GetString(2);
        var type = new ColumnType(row.GetString(3), row.GetFieldValue<uint>(4), row.GetInt32(6))
        {
            IsArray = row.GetBoolean(5),
            Dimensions = row.GetInt32(7),
        };
        return new RelationColumn(row.GetInt16(1), name, type)
        {
            FieldName = name,
            IsNullable = !row.GetBoolean(8),
            IsReadable = row.GetBoolean(9),
            Comment = row.IsDBNull(10) ? null : row.GetString(10),
            KeyPosition = row.GetInt32(11) + 1,
        };
    }

    async Task<List<T>> QueryAsync<T>(
        string doing,
        string sql,
        IReadOnlyList<NpgsqlParameter> parameters,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await QueryAsync(sql, parameters, read, cancellationToken);
            }
            catch (PostgresException error) when (error.SqlState == SqlStates.IdleSessionTimeout)
            {
                // The server ended sessions that no query used for a while: those that are left may have ended too.
                database.Clear();
                return await QueryAsync(sql, parameters, read, cancellationToken);
            }
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            // Npgsql does not say which step of connecting failed: our own client does.
            if (error is not PostgresException { SqlState: [not '2', ..] and [not '3', ..] })
                await using (await PgConnection.OpenAsync(options, cancellationToken)) { }
            throw SourceFault.Of(error, doing, options);
        }
    }

    async Task<List<T>> QueryAsync<T>(
        string sql, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        HasUncheckedText = connection.PostgresParameters.GetValueOrDefault("server_encoding") == "SQL_ASCII";
        // One transaction, so that the settings apply to the query through a pooler too.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SetUpAsync(connection, transaction, cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    async Task SetUpAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            SessionSettings.Sql(options, connection.PostgreSqlVersion.Major), connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
