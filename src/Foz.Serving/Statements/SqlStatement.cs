using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Serving.Changes;
using Foz.Serving.Copying;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>
/// A statement that a session has read and bound, to run any number of times. What it reads is bound anew each time: it
/// sees what is there then.
/// </summary>
public abstract class SqlStatement
{
    private protected SqlStatement(SqlSession session, string text) => (Session, Text) = (session, text);

    /// <summary>The statement as the client wrote it.</summary>
    public string Text { get; }

    /// <summary>The columns of its rows; null where it gives none.</summary>
    public virtual IReadOnlyList<ServedColumn>? Columns => null;

    /// <summary>The types of its parameters, in order.</summary>
    public virtual IReadOnlyList<PgType> ParameterTypes => [];

    /// <summary>Whether there is nothing to run, only spaces and comments.</summary>
    public virtual bool IsEmpty => false;

    /// <summary>How COPY sends the rows; null where the statement is no COPY.</summary>
    public virtual CopyOptions? Copy => null;

    /// <summary>Whether it is a COPY that takes rows: it is run with <see cref="BeginLoadAsync"/>.</summary>
    public virtual bool TakesRows => false;

    private protected SqlSession Session { get; }

    /// <summary>Begins a COPY that takes rows.</summary>
    /// <returns>What takes them, to be disposed.</returns>
    /// <exception cref="FozException">There is no such table or column, or it may not be written to.</exception>
    public Task<CopyLoad> BeginLoadAsync(CancellationToken cancellationToken) => Session.AuditAsync(
        Text,
        () => Session.RunAsync(
            token =>
            {
                Session.CheckTransaction();
                return LoadAsync(token);
            },
            cancellationToken));

    /// <summary>Runs it.</summary>
    /// <param name="parameters">
    /// A value for each parameter: null, a text as PostgreSQL writes the type, bytes for <c>bytea</c>, or a number or truth
    /// value of .NET.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What it gives, to be disposed.</returns>
    /// <exception cref="FozException">It failed.</exception>
    public Task<SqlCursor> ExecuteAsync(IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        return Session.AuditAsync(Text, () => Session.RunAsync(RunAsync, cancellationToken));

        Task<SqlCursor> RunAsync(CancellationToken token)
        {
            if (!EndsTransaction) Session.CheckTransaction();
            if (parameters.Count != ParameterTypes.Count)
                throw new FozException(
                    ErrorKind.Sql, $"the statement has {ParameterTypes.Count} parameters, but {parameters.Count} values are given")
                {
                    SqlState = "08P01",
                };
            return StartAsync(parameters, token);
        }
    }

    /// <summary>Whether it is taken when the transaction has failed.</summary>
    private protected virtual bool EndsTransaction => false;

    private protected virtual Task<CopyLoad> LoadAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the statement takes no rows");

    private protected abstract Task<SqlCursor> StartAsync(
        IReadOnlyList<object?> parameters, CancellationToken cancellationToken);

    internal static async Task<SqlStatement> PrepareAsync(
        SqlSession session, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken)
    {
        // A text of the engine ends with it.
        if (sql.Contains('\0', StringComparison.Ordinal))
            throw new FozException(ErrorKind.Sql, "invalid byte sequence for encoding \"UTF8\": 0x00")
            {
                SqlState = "22021", Place = EngineErrors.PlaceAt(sql, sql.IndexOf('\0', StringComparison.Ordinal)),
            };
        // From here on the statement is what the engine reads, character by character.
        var tokens = SqlTokens.Read(sql);
        sql = tokens.Blanked;
        EngineScanner.Check(sql, tokens, isForEngine: false);
        if (tokens.Count == 0) return new EmptyStatement(session, sql);
        if (session.Dialect == SqlDialect.Trino) return await PrepareTrinoAsync(session, sql, parameterTypes, cancellationToken);
        // The first word of most statements says that they are nothing else.
        if (tokens.IsWord(0, "select"))
        {
            session.CheckTransaction();
            return await QueryStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken);
        }
        var own = SessionStatementReader.Read(sql);
        if (own is not (SessionStatement.Commit or SessionStatement.Rollback or SessionStatement.RollbackTo))
            session.CheckTransaction();
        if (own is SessionStatement.Execute execute) return await ExecuteStatement.PrepareAsync(session, sql, execute, cancellationToken);
        if (own is not null) return await SessionCommand.PrepareAsync(session, sql, own, parameterTypes, cancellationToken);
        if (await ExplainStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken) is { } explain) return explain;
        switch (CopyReader.Read(sql))
        {
            case CopyOut copy: return await CopyStatement.PrepareAsync(session, sql, copy, cancellationToken);
            case CopyIn copy: return new CopyInStatement(session, sql, copy);
        }
        if (await ChangeStatement.ReadAsync(session, sql, cancellationToken) is { } statement)
            return await ChangeStatement.PrepareAsync(session, sql, statement, parameterTypes, cancellationToken);
        return await QueryStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken);
    }

    /// <summary>What is no command of Trino's: those its protocol reads.</summary>
    static async Task<SqlStatement> PrepareTrinoAsync(
        SqlSession session, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken)
    {
        session.CheckTransaction();
        if (await ExplainStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken) is { } explain) return explain;
        var cursor = new StatementCursor(sql);
        if (cursor.Sees("CREATE", "SCHEMA") || cursor.Sees("DROP", "SCHEMA"))
            return await SessionCommand.PrepareAsync(session, sql, SessionStatementReader.Read(sql)!, parameterTypes, cancellationToken);
        return await ChangeStatement.ReadAsync(session, sql, cancellationToken) is { } statement
            ? await ChangeStatement.PrepareAsync(session, sql, statement, parameterTypes, cancellationToken)
            : await QueryStatement.PrepareAsync(session, sql, parameterTypes, cancellationToken);
    }
}
