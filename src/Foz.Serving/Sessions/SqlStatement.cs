using Foz.Lake;
using Foz.Serving.Copying;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;

namespace Foz.Serving.Sessions;

/// <summary>
/// A statement that a session has read and bound, to run any number of times. Each run binds the tables that it reads
/// again, so that it sees their current state.
/// </summary>
public abstract class SqlStatement
{
    private protected SqlStatement(string text) => Text = text;

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

    /// <summary>Whether it is a COPY that takes rows: it is begun as a load.</summary>
    public virtual bool TakesRows => false;

    /// <summary>Runs it.</summary>
    /// <param name="parameters">
    /// A value for each parameter: null, a text as PostgreSQL writes the type, bytes for <c>bytea</c>, or a number or
    /// truth value of .NET.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What it gives, to be disposed.</returns>
    /// <exception cref="FozException">It failed.</exception>
    public abstract Task<SqlCursor> ExecuteAsync(
        IReadOnlyList<object?> parameters, CancellationToken cancellationToken);
}
