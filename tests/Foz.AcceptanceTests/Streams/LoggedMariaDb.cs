using Foz.AcceptanceTests.Databases;

[assembly: AssemblyFixture(typeof(Foz.AcceptanceTests.Streams.LoggedMariaDbServer))]

namespace Foz.AcceptanceTests.Streams;

/// <summary>A real MariaDB with the settings that the guide asks for.</summary>
public sealed class LoggedMariaDbServer : IAsyncDisposable
{
    /// <summary>What the guide asks for.</summary>
    public static IReadOnlyList<string> Settings { get; } =
        ["log-bin=binlog", "server-id=51", "binlog-format=ROW", "binlog-row-metadata=FULL"];

    public MariaDbServer Server { get; } = new() { Settings = Settings };

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>A database of MariaDB whose changes a project reads into its lake, by a user with no more rights.</summary>
public sealed class LoggedMariaDb : LoggedLake
{
    readonly MariaDbServer server;

    LoggedMariaDb(MariaDbServer server, MariaDbDatabase database, string[] tables)
        : base(tables) => (this.server, Database) = (server, database);

    public MariaDbDatabase Database { get; }

    /// <summary>Makes a database with tables, and a project that reads their changes.</summary>
    /// <param name="server">The server.</param>
    /// <param name="schema">The statements that make the tables.</param>
    /// <param name="tables">The tables.</param>
    public static async Task<LoggedMariaDb> CreateAsync(MariaDbServer server, string schema, params string[] tables)
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4");
        await database.ExecuteAsync($"""
            CREATE USER IF NOT EXISTS reader@localhost IDENTIFIED BY '{MariaDbServer.Password}';
            GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO reader@localhost;
            GRANT SELECT ON {database.Name}.* TO reader@localhost;
            """);
        await database.ExecuteAsync(schema);
        var logged = new LoggedMariaDb(server, database, tables);
        logged.WriteStreams(string.Concat(tables.Select(table => $"  {table}: {{mode: cdc}}\n")));
        return logged;
    }

    /// <summary>Writes what the project's source reads.</summary>
    public void WriteStreams(string streams)
    {
        Lake.Write("foz.yml", $$"""
            name: shop
            connections:
              shop: {type: mariadb, host: 127.0.0.1, port: {{server.Port}}, database: {{Database.Name}}, user: reader, password: '${SHOP_PASSWORD}'}
            """);
        Lake.Write(".env", $"SHOP_PASSWORD=\"{MariaDbServer.Password}\"\n");
        Lake.Write("sources/shop.yml", $"connection: shop\nstreams:\n{streams}");
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> ReadAsync(string table, string[] columns) =>
        await Database.QueryAsync(
            $"SELECT {string.Join(", ", columns.Select(column => $"CAST({column} AS CHAR)"))} FROM {table}");
}
