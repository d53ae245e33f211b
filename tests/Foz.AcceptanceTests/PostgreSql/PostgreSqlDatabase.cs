using Foz.Connectors;
using Foz.Connectors.PostgreSql.Streams;
using Foz.Lake.Configuration;
using Npgsql;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>A database of the server for one test, and how Foz reads it as the user <c>foz</c>.</summary>
public sealed class PostgreSqlDatabase(PostgreSqlServer server, string name)
{
    public string Name => name;

    public PostgreSqlServer Server => server;

    /// <summary>Runs statements as the superuser.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await server.ConnectAsync(name);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The rows of a query by the superuser, as the texts that the server writes.</summary>
    public async Task<List<string?[]>> QueryAsync(string sql)
    {
        await using var connection = await server.ConnectAsync(name);
        await using var command = new NpgsqlCommand(
            "SET TimeZone = 'UTC'; SET extra_float_digits = 3; SET IntervalStyle = postgres; " + sql, connection)
        {
            AllResultTypesAreUnknown = true,
        };
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string?[]>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(
                [
                    .. Enumerable.Range(
                        0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i)),
                ]);
        return rows;
    }

    /// <summary>The one value of a query.</summary>
    public async Task<string?> ScalarAsync(string sql) => (await QueryAsync(sql))[0][0];

    /// <summary>Lets the user of the connection read everything that is there now.</summary>
    public Task GrantAsync(string schema = "public") => ExecuteAsync(
        $"GRANT USAGE ON SCHEMA \"{schema}\" TO foz; GRANT SELECT ON ALL TABLES IN SCHEMA \"{schema}\" TO foz");

    /// <summary>The database as a source.</summary>
    /// <param name="settings">Settings of the connection that stand over the usual ones.</param>
    public ISource Source(params (string Name, object Value)[] settings) => Source([], settings);

    /// <summary>The database as a source with streams.</summary>
    public ISource Source(IReadOnlyList<StreamDefinition> streams, params (string Name, object Value)[] settings)
    {
        (string Name, object Value)[] usual =
        [
            ("host", "localhost"),
            ("port", $"{server.Port}"),
            ("database", name),
            ("user", "foz"),
            ("password", PostgreSqlServer.Password),
        ];
        var all = settings.Concat(usual.Where(u => settings.All(s => s.Name != u.Name))).ToArray();
        return new PostgreSqlConnector().Open(
            new SourceDefinition
            {
                Name = "shop",
                Connection = new ConnectionDefinition("shop", "postgresql", Settings.Of(all)),
                Streams = streams,
            },
            Path.GetTempPath());
    }

    /// <summary>A stream of a table.</summary>
    public static StreamDefinition Stream(string table) => new()
    {
        Name = "stream",
        Settings = Settings.Of(("table", table)),
    };

    /// <summary>Reads the current rows of a stream.</summary>
    public async Task<ReadRows> ReadAsync(StreamDefinition stream, params (string Name, object Value)[] settings)
    {
        await using var source = Source(settings);
        return await ReadRows.ReadAsync(source, stream, new StreamInputs.OfAll());
    }
}
