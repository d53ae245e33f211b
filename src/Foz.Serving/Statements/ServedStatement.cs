using Foz.Lake;
using Foz.Serving.Results;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>A statement of a session, which is checked, noted and stopped as the session's statements are.</summary>
abstract class ServedStatement : SqlStatement
{
    private protected ServedStatement(SqlSession session, string text)
        : base(text) => Session = session;

    private protected SqlSession Session { get; }

    /// <summary>Whether PREPARE takes it: it reads or changes rows.</summary>
    internal virtual bool IsOfRows => false;

    /// <inheritdoc/>
    public override Task<SqlCursor> ExecuteAsync(IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        return ServedWork.RunAsync(Session, Text, RunAsync, cancellationToken);

        Task<SqlCursor> RunAsync(ServedContext context, CancellationToken token)
        {
            if (!EndsTransaction) Session.Transactions.Check();
            if (parameters.Count != ParameterTypes.Count)
                throw new FozException(
                    ErrorKind.Sql,
                    $"the statement has {ParameterTypes.Count} parameters, but {parameters.Count} values are given")
                {
                    SqlState = "08P01",
                };
            return StartAsync(context, parameters, token);
        }
    }

    /// <summary>Whether it is taken when the transaction has failed.</summary>
    private protected virtual bool EndsTransaction => false;

    private protected abstract Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken);
}
