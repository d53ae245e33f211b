using Foz.Lake;

namespace Foz.Serving.Sessions;

/// <summary>The statements that a session keeps by names.</summary>
/// <param name="most">How many.</param>
/// <param name="held">Counts what the session holds.</param>
public sealed class PreparedStatements(int most, ClientMemory held)
{
    readonly Dictionary<string, SqlStatement> statements = new(StringComparer.Ordinal);

    /// <summary>Keeps a statement.</summary>
    /// <exception cref="FozException">The name is taken, or there are too many, or too large ones.</exception>
    public void Add(string name, SqlStatement statement)
    {
        if (statements.Count >= most)
            throw new FozException(ErrorKind.Resource, $"a session keeps at most {most} prepared statements")
            {
                SqlState = "53400",
            };
        if (statements.ContainsKey(name))
            throw new FozException(ErrorKind.Sql, $"prepared statement \"{name}\" already exists")
            {
                SqlState = "42P05",
            };
        held.Add(ClientMemory.Of(statement));
        statements.Add(name, statement);
    }

    /// <summary>The statement of a name.</summary>
    /// <exception cref="FozException">There is none.</exception>
    public SqlStatement Get(string name) => statements.GetValueOrDefault(name) ?? throw Missing(name);

    /// <summary>Forgets a statement; false if there was none.</summary>
    public bool Remove(string name)
    {
        if (!statements.Remove(name, out var statement)) return false;
        held.Remove(ClientMemory.Of(statement));
        return true;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        held.Remove(statements.Values.Sum(ClientMemory.Of));
        statements.Clear();
    }

    internal static FozException Missing(string name) =>
        new(ErrorKind.Sql, $"prepared statement \"{name}\" does not exist") { SqlState = "26000" };
}
