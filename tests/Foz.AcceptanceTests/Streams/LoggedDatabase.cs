using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Sql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>A database of PostgreSQL whose changes a project reads into its lake.</summary>
public sealed class LoggedDatabase : IDisposable
{
    readonly string[] tables;

    LoggedDatabase(PostgreSqlDatabase database, string[] tables) => (Database, this.tables) = (database, tables);

    public PostgreSqlDatabase Database { get; }

    public TestLake Lake { get; } = new();

    public void Dispose() => Lake.Dispose();

    /// <summary>Makes a database with tables, and a project that reads their changes.</summary>
    /// <param name="server">The server.</param>
    /// <param name="schema">The statements that make the tables.</param>
    /// <param name="tables">The tables.</param>
    public static async Task<LoggedDatabase> CreateAsync(PostgreSqlServer server, string schema, params string[] tables)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(schema);
        await ChangeReader.PrepareAsync(database, tables);
        var logged = new LoggedDatabase(database, tables);
        logged.WriteStreams(string.Concat(tables.Select(table => $"  {table}: {{mode: cdc}}\n")));
        return logged;
    }

    /// <summary>Writes what the project's source reads.</summary>
    public void WriteStreams(string streams)
    {
        Lake.Write("foz.yml", $$"""
            name: shop
            connections:
              shop: {type: postgresql, host: localhost, port: {{Database.Server.Port}}, database: {{Database.Name}}, user: foz, password: '${SHOP_PASSWORD}'}
            """);
        Lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        Lake.Write("sources/shop.yml", $"connection: shop\nstreams:\n{streams}");
    }

    /// <summary>
    /// Asserts that the rows which the changes of a table leave are those of the database, and that no change is there
    /// twice.
    /// </summary>
    public Task AssertSameAsync(string table, string keys, params string[] columns) =>
        AssertSameAsync(table, table, keys, columns);

    /// <summary>As the other, of a stream that has another name than its table.</summary>
    public async Task AssertSameAsync(string table, string stream, string keys, string[] columns)
    {
        var wanted = (await Database.QueryAsync($"SELECT {string.Join(", ", columns)} FROM {table}"))
            .Select(row => string.Join('|', row)).Order(StringComparer.Ordinal).ToList();
        var actual = await CurrentAsync(stream, keys, columns);
        Assert.True(
            wanted.SequenceEqual(actual),
            $"{table}: missing {string.Join("; ", wanted.Except(actual).Take(5))}, and not expected "
                + $"{string.Join("; ", actual.Except(wanted).Take(5))}: {actual.Count} of {wanted.Count}");
        Assert.Empty(await Lake.QueryAsync(
            $"SELECT _cdc_lsn, _cdc_seq FROM bronze.{stream} WHERE _cdc_seq IS NOT NULL "
                + "GROUP BY ALL HAVING count(*) > 1"));
    }

    public async Task AssertAllSameAsync(string keys, params string[] columns)
    {
        foreach (var table in tables) await AssertSameAsync(table, keys, columns);
    }

    /// <summary>The rows that the changes of a table leave: unchanged values are those that the key had before.</summary>
    async Task<List<string>> CurrentAsync(string table, string keys, string[] columns)
    {
        var values = columns.Select(column =>
        {
            var name = SqlText.Identifier(column);
            // Of an insert that follows a delete of another key in its transaction, that key's values.
            return $"""
                COALESCE(last_value(CASE WHEN NOT list_contains(COALESCE(_cdc_unchanged, []), '{column}')
                    THEN struct_pack(v := {name}) END IGNORE NULLS) OVER w).v AS {name}
                """;
        });
        var rows = await Lake.QueryAsync($"""
            SELECT {string.Join(", ", columns.Select(column => $"CAST({SqlText.Identifier(column)} AS VARCHAR)"))} FROM (
                SELECT {string.Join(", ", values)}, _cdc_op, _cdc_lsn, _cdc_seq,
                    max(CASE WHEN _cdc_op = 't' THEN struct_pack(l := _cdc_lsn, s := COALESCE(_cdc_seq, -1)) END) OVER () AS foz_t,
                    row_number() OVER (PARTITION BY {keys} ORDER BY _cdc_lsn DESC, _cdc_seq DESC NULLS LAST) AS foz_n
                FROM bronze.{table}
                WINDOW w AS (PARTITION BY {keys} ORDER BY _cdc_lsn, _cdc_seq NULLS FIRST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            )
            WHERE foz_n = 1 AND _cdc_op NOT IN ('d', 't')
                AND (foz_t IS NULL OR struct_pack(l := _cdc_lsn, s := COALESCE(_cdc_seq, -1)) > foz_t)
            """);
        return [.. rows.Order(StringComparer.Ordinal)];
    }
}
