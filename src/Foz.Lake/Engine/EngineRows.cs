using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Lake.Engine;

/// <summary>The rows of a statement, streamed in chunks.</summary>
public sealed class EngineRows : IDisposable
{
    // One in a hundred statements that fail is stopped first, on a machine with much to do.
    const int CauseTriesMax = 4;

    readonly EngineSession session;
    readonly QueryResult result;
    readonly string sql;
    readonly IReadOnlyList<object?> parameters;
    int leftOfChunk;

    internal EngineRows(EngineSession session, QueryResult result, string sql, IReadOnlyList<object?> parameters)
    {
        (this.session, this.result, this.sql, this.parameters) = (session, result, sql, parameters);
        IsOfQuery = result.StatementType == StatementType.Select;
        Columns = [.. result.Columns.Select(c => new EngineColumn(c.Name, c.Type))];
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<EngineColumn> Columns { get; }

    /// <summary>Whether the statement only asks.</summary>
    internal bool IsOfQuery { get; }

    /// <summary>The next chunk, to be disposed; null at the end.</summary>
    /// <exception cref="FozException">The statement failed under way.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public DataChunk? Fetch(CancellationToken cancellationToken) =>
        session.Run(sql, () => Next(cancellationToken), static _ => true, cancellationToken);

    /// <summary>The rows that are left, as objects: for small results.</summary>
    /// <inheritdoc cref="Fetch"/>
    public IEnumerable<object?[]> Rows(CancellationToken cancellationToken)
    {
        while (Fetch(cancellationToken) is { } fetched)
        {
            using var chunk = fetched;
            for (var row = 0; row < chunk.RowCount; row++)
            {
                leftOfChunk = chunk.RowCount - row - 1;
                yield return chunk.GetRow(row);
            }
        }
    }

    /// <summary>Counts the rows after those that <see cref="Rows"/> gave, and skips them.</summary>
    /// <inheritdoc cref="Fetch"/>
    public long CountRest(CancellationToken cancellationToken)
    {
        long rows = leftOfChunk;
        leftOfChunk = 0;
        while (Fetch(cancellationToken) is { } fetched)
        {
            using var chunk = fetched;
            rows += chunk.RowCount;
        }
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => result.Dispose();

    DataChunk? Next(CancellationToken cancellationToken)
    {
        try
        {
            return result.Fetch(cancellationToken);
        }
        catch (DuckDBException e) when (e.Kind == DuckDBErrorKind.Interrupt)
        {
            // No one asked for it: another thread of the engine failed, and the one that gives the rows was stopped
            // before it saw the error.
            result.Dispose();
            throw (IsOfQuery && !session.HasStreams ? FindCause(cancellationToken) : null)
                ?? (Exception)EngineErrors.OfUnknownCause(e);
        }
    }

    /// <summary>
    /// Returns the cause of a statement's failure, found by running it again; null where it stays unknown.
    /// </summary>
    DuckDBException? FindCause(CancellationToken cancellationToken)
    {
        for (var i = 0; i < CauseTriesMax; i++)
        {
            try
            {
                using var again = session.Stream(sql, parameters, cancellationToken);
                while (again.Fetch(cancellationToken) is { } chunk) chunk.Dispose();
                return null;
            }
            catch (DuckDBException e) when (e.Kind != DuckDBErrorKind.Interrupt)
            {
                return e;
            }
            catch (DuckDBException)
            {
                // Stopped once more before it saw the error.
            }
        }
        return null;
    }
}
