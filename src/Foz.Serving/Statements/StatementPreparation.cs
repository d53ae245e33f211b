using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>How statements of sessions are read.</summary>
public static class StatementPreparation
{
    /// <summary>Reads and binds one statement, without running it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="sql">One statement, or nothing but spaces and comments.</param>
    /// <param name="parameterTypes">
    /// PostgreSQL's types of the parameters, as far as the client says them; 0 for one of which it says nothing.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It does not parse or bind, or names what is not there or not granted.</exception>
    public static Task<SqlStatement> PrepareAsync(
        this SqlSession session, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken) =>
        ServedWork.RunAsync(
            session, sql, (context, token) => ReadAsync(context, sql, parameterTypes, token), cancellationToken);

    /// <summary>Reads and binds a statement within another one.</summary>
    internal static async Task<SqlStatement> ReadAsync(
        ServedContext context, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken)
    {
        // A text of the engine ends with it.
        if (sql.Contains('\0', StringComparison.Ordinal))
            throw new FozException(ErrorKind.Sql, "invalid byte sequence for encoding \"UTF8\": 0x00")
            {
                SqlState = "22021", Place = SqlPlaces.At(sql, sql.IndexOf('\0', StringComparison.Ordinal)),
            };
        // From here on the statement is what the engine reads, character by character.
        var tokens = SqlTokens.Read(sql);
        sql = tokens.Blanked;
        EngineScanner.Check(sql, tokens, isForEngine: false);
        if (tokens.Count == 0) return new EmptyStatement(context.Session, sql);
        return await context.Session.Dialect.PrepareAsync(context, sql, tokens, parameterTypes, cancellationToken);
    }
}
