using System.Collections.Immutable;
using Foz.Server.PgWire.Rows;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>A statement with values for its parameters; it runs when it is first executed.</summary>
/// <param name="statement">The statement.</param>
/// <param name="values">The values.</param>
/// <param name="formats">How its columns are to be written.</param>
/// <param name="bytes">Bytes of its statement and values.</param>
sealed class Portal(SqlStatement statement, object?[] values, ImmutableArray<ValueFormat> formats, long bytes)
    : IAsyncDisposable
{
    /// <summary>The statement.</summary>
    public SqlStatement Statement => statement;

    /// <summary>Bytes of its statement and values.</summary>
    public long Bytes => bytes;

    /// <summary>How its columns are to be written.</summary>
    public ImmutableArray<ValueFormat> Formats => formats;

    /// <summary>What it gives; null before it runs.</summary>
    public SqlCursor? Cursor { get; private set; }

    /// <summary>Writes its rows; null before it runs, and where it gives none.</summary>
    public RowEncoder? Encoder { get; private set; }

    /// <summary>Whether all of it was sent.</summary>
    public bool IsDone { get; set; }

    /// <summary>Runs it, if it does not run yet.</summary>
    public async Task<SqlCursor> OpenAsync(Func<SqlCursor, RowEncoder?> encoder, CancellationToken cancellationToken)
    {
        if (Cursor is not null) return Cursor;
        Cursor = await statement.ExecuteAsync(values, cancellationToken);
        Encoder = encoder(Cursor);
        return Cursor;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Cursor?.DisposeAsync() ?? ValueTask.CompletedTask;
}
