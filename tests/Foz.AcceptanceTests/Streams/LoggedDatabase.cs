using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>A database of PostgreSQL whose changes a project reads into its lake.</summary>
public sealed class LoggedDatabase : LoggedLake
{
    LoggedDatabase(PostgreSqlDatabase database, string[] tables)
        : base(tables) => Database = database;

    public PostgreSqlDatabase Database { get; set; }

    /// <summary>Makes a database with tables, and a project that reads their changes.</summary>
    /// <param name="server">The server.</param>
    /// <param name="schema">The statements that make the tables.</param>
    /// <param name="tables">The tables.</param>
    public static async Task<LoggedDatabase> CreateAsync(PostgreSqlServer server, string schema, params string[] tables) =>
        await CreateAsync(await server.CreateDatabaseAsync(), schema, tables);

    /// <summary>Makes tables in a database, and a project that reads their changes.</summary>
    /// <param name="database">The database.</param>
    /// <param name="schema">The statements that make the tables.</param>
    /// <param name="tables">The tables.</param>
    public static async Task<LoggedDatabase> CreateAsync(PostgreSqlDatabase database, string schema, params string[] tables)
    {
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

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> ReadAsync(string table, string[] columns) =>
    [
        .. (await Database.QueryAsync($"SELECT {string.Join(", ", columns)} FROM {table}"))
            .Select(row => string.Join('|', row)),
    ];
}
