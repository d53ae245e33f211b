using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using Foz.Connectors.MySql.Changes;
using Foz.Lake;
using Foz.Lake.Configuration;
using MySqlConnector;

namespace Foz.Connectors.MySql.Streams;

/// <summary>Finds the tables of streams, and refuses those whose log would lack changes.</summary>
/// <param name="connection">A session for statements.</param>
/// <param name="database">The database that names without one are of.</param>
sealed class TableCatalog(MySqlConnection connection, string database)
{
    const string Find = "SELECT t.TABLE_NAME, t.TABLE_TYPE, COALESCE(t.ENGINE, ''), COALESCE(e.TRANSACTIONS, 'NO') "
        + "FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE "
        + "WHERE t.TABLE_SCHEMA = @database";

    /// <summary>Finds the table of a stream.</summary>
    /// <exception cref="FozException">There is none, or its changes cannot be read.</exception>
    /// <exception cref="System.Data.Common.DbException">The server refuses.</exception>
    public async Task<FeedTable> FindAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var stated = Dialect.Parts(stream.Settings.Text("table") ?? stream.Name);
        var (schema, name) = stated is [.., var first, var last] ? (first, last) : (database, stated[^1]);
        var found = await QueryAsync($"{Find} AND t.TABLE_NAME = @name", schema, name, cancellationToken);
        if ((found.FirstOrDefault(row => row[0] == name) ?? found.FirstOrDefault()) is not { } table)
            throw new FozException(ErrorKind.NotFound, $"stream '{stream.Name}': there is no table {schema}.{name}")
            {
                Place = stream.Place is { File: not null } place ? place : null,
                Hint = NearestName.Hint(
                    name, (await QueryAsync(Find, schema, name, cancellationToken)).Select(row => row[0]))
                    ?? $"GRANT SELECT ON {schema}.{name} if the user may not see it",
            };
        name = table[0];
        if (table[1] != "BASE TABLE")
            throw FeedFaults.Unreadable(
                stream, $"{schema}.{name} is a {table[1].ToLowerInvariant()}, whose changes are not read",
                "mode: snapshot reads it");
        if (table[3] != "YES")
            throw FeedFaults.Unreadable(
                stream, $"{schema}.{name} has the engine {table[2]}, which knows no transactions: no copy of it fits "
                    + "to a place of the log",
                $"ALTER TABLE {schema}.{name} ENGINE = InnoDB; or mode: snapshot");
        if (await FindCascadeAsync(schema, name, cancellationToken) is { } cascade)
            throw FeedFaults.Unreadable(
                stream, $"{schema}.{name} has a foreign key with {cascade}: what the server changes by it is not in "
                    + "its log",
                "mode: snapshot reads it; or let the program that deletes the parent row change this table itself, "
                    + "and take the rule out of the foreign key");
        return new(stream.Name, schema, name, Id: null);
    }

    /// <summary>
    /// Finds a foreign key by which the server changes rows of a table itself. The user need not have more rights than
    /// to read the table.
    /// </summary>
    /// <returns>Its rule; null where there is none.</returns>
    async Task<string?> FindCascadeAsync(string schema, string name, CancellationToken cancellationToken)
    {
        var dialect = Dialect.All.First(known => known.Name == "mysql");
        var row = await ServerState.RowAsync(
            connection, $"SHOW CREATE TABLE {dialect.Quote(schema)}.{dialect.Quote(name)}", cancellationToken);
        return StatementText.ForeignKeyRule(row[1]);
    }

    async Task<List<string[]>> QueryAsync(
        string sql, string schema, string name, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(sql, connection);
        command.Parameters.AddWithValue("@database", schema);
        command.Parameters.AddWithValue("@name", name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<string[]>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        return rows;
    }
}
