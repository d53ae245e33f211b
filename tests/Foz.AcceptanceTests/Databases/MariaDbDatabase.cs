using Foz.Connectors;
using Foz.Connectors.Databases;
using Foz.Lake.Configuration;
using MySqlConnector;

namespace Foz.AcceptanceTests.Databases;

/// <summary>A database of the server for one test, and the project that reads and writes it as <c>foz</c>.</summary>
public sealed class MariaDbDatabase(MariaDbServer server, string name)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Runs statements as the superuser.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await server.ConnectAsync(name);
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>The rows of a query by the superuser, values parted by bars.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await using var connection = await server.ConnectAsync(name);
        await using var command = new MySqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(string.Join(
                '|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader[i])));
        return rows;
    }

    /// <summary>Writes a project with the connection <c>db</c>, and a source of it.</summary>
    /// <param name="lake">The project.</param>
    /// <param name="streams">The streams in YAML.</param>
    /// <param name="settings">More settings of the connection, in YAML.</param>
    /// <param name="port">The port; that of the server where it is not given.</param>
    /// <param name="more">What follows in the connection string.</param>
    /// <param name="password">What the password is said to be.</param>
    public void Define(TestLake lake, string streams, string settings = "", int? port = null, string more = "",
        string password = MariaDbServer.Password)
    {
        lake.Write("foz.yml", $$"""
            name: t
            connections:
              db: {type: database, provider: MySqlConnector{{settings}}, connection_string: 'Server=127.0.0.1;Port={{port ?? server.Port}};Database={{name}};User ID=foz;Password=${DB_PASSWORD}{{more}}'}
            """);
        lake.Write(".env", $"DB_PASSWORD={password}\n");
        lake.Write("sources/db.yml", $"connection: db\nstreams: {streams}\n");
    }

    /// <summary>The database as a source without streams.</summary>
    public ISource Source() => new DatabaseConnector().Open(
        new SourceDefinition
        {
            Name = "shop",
            Connection = new ConnectionDefinition(
                "shop", "database", Settings.Of(
                    ("provider", "MySqlConnector"),
                    ("connection_string",
                        $"Server=127.0.0.1;Port={server.Port};Database={name};User ID=foz;"
                            + $"Password={MariaDbServer.Password}"))),
            Streams = [],
        },
        Path.GetTempPath());
}
