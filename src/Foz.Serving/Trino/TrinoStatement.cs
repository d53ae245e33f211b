using Foz.Serving.Results;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino;

/// <summary>A column of what a Trino client gets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
public sealed record TrinoColumn(string Name, TrinoType Type);

/// <summary>
/// A statement of a Trino client, as it runs: its rows, and what it changes of the session. One thread at a time.
/// </summary>
public sealed class TrinoStatement : IAsyncDisposable
{
    readonly Func<ValueTask> release;

    /// <param name="rows">Its rows.</param>
    /// <param name="hasPrecisions">Whether the client knows times with more than three digits after the second.</param>
    /// <param name="release">Releases the session, or gives it back.</param>
    internal TrinoStatement(SqlCursor rows, bool hasPrecisions, Func<ValueTask> release)
    {
        (Rows, this.release) = (rows, release);
        Columns = rows.Columns is { } columns
            ? [.. columns.Select(c => new TrinoColumn(c.Name, TrinoType.Of(c.Type, hasPrecisions)))]
            : null;
        if (Columns is not null) return;
        // INSERT 0 5: what counts rows ends with their number.
        UpdateType = rows.Tag.TrimEnd(' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        UpdateCount = UpdateType is "INSERT" or "UPDATE" or "DELETE" or "MERGE" ? rows.RowCount : null;
    }

    /// <summary>The columns; null for a statement that gives no rows.</summary>
    public IReadOnlyList<TrinoColumn>? Columns { get; }

    /// <summary>The rows.</summary>
    public SqlCursor Rows { get; }

    /// <summary>The state of the session that the client keeps from now on.</summary>
    public TrinoEffects Effects { get; internal init; } = TrinoEffects.None;

    /// <summary>What was done, such as <c>CREATE TABLE</c>; null for a query.</summary>
    public string? UpdateType { get; }

    /// <summary>How many rows were changed; null where that says nothing.</summary>
    public long? UpdateCount { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Rows.DisposeAsync();
        await release();
    }
}
