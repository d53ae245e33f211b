using Foz.Lake;

namespace Foz.Server.PgWire;

/// <summary>An error of a statement of the extended protocol, with the statement in which it has its place.</summary>
/// <param name="error">The error.</param>
/// <param name="sql">The statement.</param>
sealed class PlacedException(FozException error, string sql) : Exception(error.Message, error)
{
    /// <summary>The error.</summary>
    public FozException Error => error;

    /// <summary>The statement.</summary>
    public string Sql => sql;
}
