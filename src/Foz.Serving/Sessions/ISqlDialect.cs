using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Serving.Catalogs;

namespace Foz.Serving.Sessions;

/// <summary>Whose SQL the statements of a session are, and whose catalogs they see.</summary>
interface ISqlDialect
{
    /// <summary>The protocol, as the audit calls it.</summary>
    string Protocol { get; }

    /// <inheritdoc cref="Lake.Catalog.INameResolver.HasOwnNumbers"/>
    bool HasOwnNumbers { get; }

    /// <summary>Whether numbers that become too large are an error.</summary>
    bool ChecksOverflow { get; }

    /// <summary>The schemas in which names without one are looked for.</summary>
    IEnumerable<string> SearchPathOf(SqlSession session);

    /// <summary>Reads and binds a statement that has tokens.</summary>
    /// <exception cref="FozException">It does not parse or bind, or names what is not there or not granted.</exception>
    Task<SqlStatement> PrepareAsync(
        ServedContext context, string sql, SqlTokens tokens, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken);

    /// <summary>Turns a query into DuckDB's SQL; the catalog is looked at only where the query asks it.</summary>
    /// <param name="context">The statement that it is of.</param>
    /// <param name="sql">The query.</param>
    /// <param name="parameterTypes">
    /// The types of a query's parameters, 0 for those that are not known; null for a part of a statement.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It has what DuckDB has no words for.</exception>
    Task<RewrittenSql> TranslateAsync(
        ServedContext context, string sql, IReadOnlyList<uint>? parameterTypes, CancellationToken cancellationToken);

    /// <summary>
    /// Turns a statement that changes tables into Foz's words; what its names refer to is looked up only where that
    /// decides.
    /// </summary>
    /// <param name="context">The statement as the client wrote it.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="fill">Puts the values of parameters into SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It has what Foz has no words for.</exception>
    Task<Statement> TranslateAsync(
        ServedContext context, Statement statement, Func<string, string> fill, CancellationToken cancellationToken);

    /// <summary>The schema of a table that a statement changes or makes, and names without one.</summary>
    /// <exception cref="FozException">There is none.</exception>
    string SchemaOf(SqlSession session, CatalogView catalog, string table);

    /// <summary>Whether a catalog, which is not the lake's, is one of the dialect's own.</summary>
    bool HasCatalog(string? catalog);

    /// <summary>
    /// The relation of the dialect's own catalogs that a name refers to; null for a table or view of the lake.
    /// </summary>
    /// <exception cref="FozException">
    /// There is no such catalog, or no such relation in one of the dialect's own.
    /// </exception>
    SystemRelation? FindRelation(SqlSession session, TableReference reference);

    /// <summary>
    /// A name with the schema that it has without a search; the name itself where schemas are searched.
    /// </summary>
    TableReference Qualify(SqlSession session, TableReference reference);

    /// <summary>
    /// Returns the error of a table that does not exist, or not for the user; null for that of all dialects.
    /// </summary>
    ValueTask<FozException?> MissingAsync(
        SqlSession session, TableReference reference, CancellationToken cancellationToken);
}
