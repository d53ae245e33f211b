using System.Globalization;
using System.Runtime.ExceptionServices;
using Foz.DuckDB;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.Results;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>Rows of the engine.</summary>
sealed class EngineCursor : SqlCursor
{
    readonly SqlSession owner;
    readonly EngineSession session;
    readonly BoundStatement bound;
    readonly EngineRows rows;
    readonly string? tag, computing;
    readonly ResultRecorder? recorder;
    DataChunk? chunk;
    int position;
    ExceptionDispatchInfo? fault;

    /// <param name="owner">The session that records errors.</param>
    /// <param name="session">The engine's session, which the cursor owns.</param>
    /// <param name="bound">The statement, which the cursor owns.</param>
    /// <param name="sql">The part of its SQL that runs.</param>
    /// <param name="tag">The tag that the client gets at the end; null for SELECT.</param>
    /// <param name="cancellationToken">Stops it up to the first row.</param>
    /// <param name="place">Where its rows are cached; null if they are not.</param>
    /// <param name="computing">
    /// A statement of PostgreSQL's SQL, in which numbers that become too large are an error; null for others.
    /// </param>
    public EngineCursor(
        SqlSession owner, EngineSession session, BoundStatement bound, string sql, string? tag,
        CancellationToken cancellationToken,
        ResultPlace? place = null, string? computing = null)
    {
        (this.owner, this.session, this.bound, this.tag, this.computing) = (owner, session, bound, tag, computing);
        rows = session.Query(sql, cancellationToken);
        Columns = [.. rows.Columns.Select(c => new ServedColumn(c.Name, c.Type))];
        recorder = place?.Record(Columns);
    }

    public override IReadOnlyList<ServedColumn> Columns { get; }

    public override string Tag => tag ?? string.Create(CultureInfo.InvariantCulture, $"SELECT {RowCount}");

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken) => new(
        owner.Work.RunAsync(token => Task.FromResult(Fetch(rowsMax, token)), cancellationToken));

    public override ValueTask DisposeAsync()
    {
        recorder?.Dispose();
        chunk?.Dispose();
        rows.Dispose();
        bound.Dispose();
        session.Dispose();
        return base.DisposeAsync();
    }

    RowSlice? Fetch(int rowsMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsMax, 1);
        if ((chunk is null || position == chunk.RowCount) && !TryRead(cancellationToken)) return null;
        var slice = new RowSlice(chunk!, position, Math.Min(rowsMax, chunk!.RowCount - position));
        position += slice.Count;
        RowCount += slice.Count;
        return slice;
    }

    /// <summary>
    /// Reads the next chunk; false at the end. What has failed stays so: its rows so far are not all.
    /// </summary>
    bool TryRead(CancellationToken cancellationToken)
    {
        fault?.Throw();
        chunk?.Dispose();
        (chunk, position) = (null, 0);
        try
        {
            chunk = rows.Fetch(cancellationToken);
            if (chunk is not null && computing is not null) PgOverflow.Check(chunk, computing);
            if (chunk is null) recorder?.Complete();
            else recorder?.Add(chunk);
            return chunk is not null;
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e);
            recorder?.Dispose();
            throw;
        }
    }
}
