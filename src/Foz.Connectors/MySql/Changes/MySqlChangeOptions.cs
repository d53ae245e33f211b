using Foz.Lake;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Which changes of a server are read, and how.</summary>
/// <param name="ConnectionString">How the server is reached, as MySqlConnector reads it.</param>
public sealed record MySqlChangeOptions(string ConnectionString)
{
    const int ServerIdMin = 1 << 30;

    /// <summary>Gets the tables, each as a database and a name; empty for all of the connection's database.</summary>
    public IReadOnlyList<(string Database, string Name)> Tables { get; init; } = [];

    /// <summary>Gets the number by which the server knows this reader; no other replica may have it.</summary>
    public uint ServerId { get; init; } = (uint)Random.Shared.Next(ServerIdMin, int.MaxValue);

    /// <summary>Gets how often a server that has nothing to send shows that it is there.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Returns which tables are read.</summary>
    /// <exception cref="FozException">Thrown when neither tables nor a database are named.</exception>
    internal Func<string, string, bool> Filter(string database)
    {
        if (Tables.Count > 0)
        {
            var wanted = Tables.ToHashSet();
            return (schema, name) => wanted.Contains((schema, name));
        }

        if (database.Length == 0)
            throw new FozException(
                ErrorKind.Configuration, "the connection names no database, so that changes need tables");
        return (schema, _) => schema == database;
    }
}
