using Foz.Lake;

namespace Foz.Serving.Results;

/// <summary>
/// The rows of a statement that runs, streamed: memory does not grow with their number. Each has a connection of its
/// own, so that any number of them can be open side by side. One thread at a time.
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
    /// <exception cref="FozException">
    /// The statement failed under way, or was canceled; nothing more can be fetched.
    /// </exception>
    public abstract ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken);

    /// <summary>Ends the statement.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
