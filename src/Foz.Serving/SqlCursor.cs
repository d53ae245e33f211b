using System.Globalization;
using System.Runtime.ExceptionServices;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.PostgreSql;

namespace Foz.Serving;

/// <summary>
/// The rows of a statement that runs, streamed: memory does not grow with their number. Each has a connection of its own, so
/// that any number of them can be open side by side. One thread at a time.
/// </summary>
public abstract class SqlCursor : IAsyncDisposable
{
    /// <summary>The columns; null for a statement that gives no rows.</summary>
    public abstract IReadOnlyList<ServedColumn>? Columns { get; }

    /// <summary>How many rows were fetched, or changed.</summary>
    public long RowCount { get; private protected set; }

    /// <summary>What PostgreSQL tells a client at the end, such as <c>SELECT 5</c> or <c>INSERT 0 1</c>.</summary>
    public abstract string Tag { get; }

    /// <summary>The next rows; null at the end.</summary>
    /// <param name="rowsMax">The most rows: one or more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The statement failed under way, or was canceled; nothing more can be fetched.</exception>
    public abstract ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken);

    /// <summary>Ends the statement.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What a statement without rows did.</summary>
sealed class DoneCursor : SqlCursor
{
    readonly string tag;

    public DoneCursor(string tag, long rowCount = 0) => (this.tag, RowCount) = (tag, rowCount);

    public override IReadOnlyList<ServedColumn>? Columns => null;

    public override string Tag => tag;

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken) => new((RowSlice?)null);
}

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

    /// <param name="owner">The session that is told what fails.</param>
    /// <param name="session">The engine's session, which the cursor owns.</param>
    /// <param name="bound">The statement, which the cursor owns.</param>
    /// <param name="tag">What is told at the end; null for SELECT.</param>
    /// <param name="cancellationToken">Stops it up to the first row.</param>
    /// <param name="place">Where its rows are kept; null where they are not.</param>
    /// <param name="computing">A statement of PostgreSQL's SQL, in which numbers that become too large are an error; null for others.</param>
    public EngineCursor(
        SqlSession owner, EngineSession session, BoundStatement bound, string? tag, CancellationToken cancellationToken,
        ResultPlace? place = null, string? computing = null)
    {
        (this.owner, this.session, this.bound, this.tag, this.computing) = (owner, session, bound, tag, computing);
        rows = session.Query(bound.Sql, cancellationToken);
        Columns = [.. rows.Columns.Select(c => new ServedColumn(c.Name, c.Type))];
        recorder = place?.Record(Columns);
    }

    public override IReadOnlyList<ServedColumn> Columns { get; }

    public override string Tag => tag ?? string.Create(CultureInfo.InvariantCulture, $"SELECT {RowCount}");

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken) => new(
        owner.RunAsync(token => Task.FromResult(Fetch(rowsMax, token)), cancellationToken));

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

    /// <summary>Reads the next chunk; false at the end. What has failed stays so: its rows so far are not all.</summary>
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

/// <summary>Rows that were kept: nothing runs.</summary>
/// <param name="result">The rows, which the cursor lets go.</param>
sealed class KeptCursor(KeptResult result) : SqlCursor
{
    int chunk;
    int position;
    bool isReleased;

    public override IReadOnlyList<ServedColumn> Columns => result.Columns;

    public override string Tag => string.Create(CultureInfo.InvariantCulture, $"SELECT {RowCount}");

    public override ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsMax, 1);
        if (chunk == result.Chunks.Count) return new((RowSlice?)null);
        var rows = result.Chunks[chunk];
        var slice = new RowSlice(rows, position, Math.Min(rowsMax, rows.RowCount - position));
        position += slice.Count;
        RowCount += slice.Count;
        if (position == rows.RowCount) (chunk, position) = (chunk + 1, 0);
        return new(slice);
    }

    public override ValueTask DisposeAsync()
    {
        if (!isReleased) result.Release();
        isReleased = true;
        return base.DisposeAsync();
    }
}

/// <summary>The next rows of a cursor that was declared.</summary>
/// <param name="cursor">The cursor, which stays.</param>
/// <param name="left">How many rows; null for all.</param>
sealed class FetchCursor(SqlCursor cursor, long? left) : SqlCursor
{
    public override IReadOnlyList<ServedColumn>? Columns => cursor.Columns;

    public override string Tag => string.Create(CultureInfo.InvariantCulture, $"FETCH {RowCount}");

    public override async ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min(rowsMax, left - RowCount ?? rowsMax);
        if (most == 0 || await cursor.FetchAsync(most, cancellationToken) is not { } slice) return null;
        RowCount += slice.Count;
        return slice;
    }
}
