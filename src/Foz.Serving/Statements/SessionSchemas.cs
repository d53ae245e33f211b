using Foz.Lake;
using Foz.Lake.Data;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>
/// Creates and drops schemas for clients that do so before they make tables. A schema of a lake is there with its first
/// table, and until its last.
/// </summary>
/// <param name="session">The session.</param>
sealed class SessionSchemas(SqlSession session)
{
    /// <summary>Makes sure that tables can be made in a schema.</summary>
    /// <exception cref="FozException">There is one of the name, or it cannot be one's own.</exception>
    public async Task CreateAsync(SessionStatement.CreateSchema create, CancellationToken cancellationToken)
    {
        CheckMayChange(create.Name);
        if (await HasAsync(create.Name, cancellationToken))
        {
            if (!create.IfNotExists)
                throw new FozException(ErrorKind.Data, $"schema \"{create.Name}\" already exists")
                {
                    SqlState = "42P06",
                };
            session.Noticed?.Invoke(new("NOTICE", "42P06", $"schema \"{create.Name}\" already exists, skipping"));
            return;
        }
        session.Noticed?.Invoke(new("NOTICE", "00000", $"schema \"{create.Name}\" is listed from its first table on"));
    }

    /// <summary>Makes sure that a schema is there no more.</summary>
    /// <exception cref="FozException">It has tables or views, or there is none.</exception>
    public async Task DropAsync(SessionStatement.DropSchema drop, CancellationToken cancellationToken)
    {
        CheckMayChange(drop.Name);
        if (await HasAsync(drop.Name, cancellationToken))
            throw new FozException(ErrorKind.Data, $"cannot drop schema {drop.Name} because other objects depend on it")
            {
                SqlState = "2BP01", Hint = "drop its tables and views: a schema goes with the last of them",
            };
        if (!drop.IfExists)
            throw new FozException(ErrorKind.NotFound, $"schema \"{drop.Name}\" does not exist") { SqlState = "3F000" };
        session.Noticed?.Invoke(new("NOTICE", "00000", $"schema \"{drop.Name}\" does not exist, skipping"));
    }

    void CheckMayChange(string schema)
    {
        if (!session.User.IsOwner) throw new FozException(ErrorKind.Denied, $"permission denied for schema {schema}");
        if (schema.StartsWith("pg_", StringComparison.OrdinalIgnoreCase)
            || schema.Equals("information_schema", StringComparison.OrdinalIgnoreCase)
            || schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase))
            throw new FozException(ErrorKind.Denied, $"unacceptable schema name \"{schema}\"") { SqlState = "42939" };
    }

    async Task<bool> HasAsync(string schema, CancellationToken cancellationToken)
    {
        var (catalog, _) = await session.Catalog.ViewAsync(cancellationToken);
        return catalog.Image.Schemas.Contains(schema, StringComparer.OrdinalIgnoreCase);
    }
}
