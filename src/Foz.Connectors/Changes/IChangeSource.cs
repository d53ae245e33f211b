using Foz.Lake;

namespace Foz.Connectors.Changes;

/// <summary>
/// A database whose log of changes can be read. It keeps the changes for one reader: a slot of PostgreSQL, the binary
/// logs of MySQL.
/// </summary>
public interface IChangeSource : IAsyncDisposable
{
    /// <summary>Reads the text of a position.</summary>
    /// <exception cref="FozException">Thrown when the text is none of this kind of source.</exception>
    ChangePosition ParsePosition(string text);

    /// <summary>
    /// Lets the source keep changes from now on, and takes a snapshot of exactly that moment for a first copy.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source refuses, or keeps changes already.</exception>
    Task<ChangeStart> StartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a snapshot for tables that are copied later than the first ones: changes of them from its position on
    /// belong to it. The source keeps changes already.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source refuses.</exception>
    Task<ChangeStart> SnapshotAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a snapshot that is only looked at: what the source keeps and logs for the reader stays as it is.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source refuses.</exception>
    Task<ChangeStart> LookAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Finds what a moment waits for that is being taken by another call; null where nothing, or that is not known.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task<Warning?> FindWaitAsync(CancellationToken cancellationToken) => Task.FromResult<Warning?>(null);

    /// <summary>
    /// Finds the tables whose changes the source logs for the reader. Others are logged once a snapshot is taken.
    /// </summary>
    /// <returns>
    /// By their schemas and names, a number that is another one where the source has begun to log a table again.
    /// </returns>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task<IReadOnlyDictionary<(string Schema, string Name), long>> FindLoggedAsync(CancellationToken cancellationToken);

    /// <summary>Opens the changes after a position, if the source proves that it still has all of them.</summary>
    /// <param name="from">The position of the last batch that was kept.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task<ChangeOpening> OpenAsync(ChangePosition from, CancellationToken cancellationToken);

    /// <summary>Returns what the source keeps for this reader; null where it keeps nothing.</summary>
    /// <param name="from">The position of the last batch that was kept.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task<ChangeLag?> FindLagAsync(ChangePosition from, CancellationToken cancellationToken);

    /// <summary>Lets the source forget this reader; nothing happens where it does not know it.</summary>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task StopAsync(CancellationToken cancellationToken);
}

/// <summary>Changes of a source, batch by batch. One caller at a time reads; another may confirm.</summary>
public interface IChangeStream : IAsyncDisposable
{
    /// <summary>Gets how far all changes have been read.</summary>
    ChangePosition Position { get; }

    /// <summary>
    /// Reads one batch, whose last part is its <see cref="ChangePart.End"/>. Rows come as soon as a few thousand of a
    /// table are there, so that a transaction of any size needs bounded memory.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source fails, or what it sends is malformed.</exception>
    IAsyncEnumerable<ChangePart> ReadBatchAsync(ChangeLimits limits, CancellationToken cancellationToken);

    /// <summary>
    /// Lets the source forget all changes before a position. The caller has durably kept it, and the changes.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source cannot be reached.</exception>
    Task ConfirmAsync(ChangePosition position, CancellationToken cancellationToken);

    /// <summary>Returns the position up to which the source's log has been written now.</summary>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task<ChangePosition> FindEndAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes a message into the source's log that shows up as progress, and as no change of any table.
    /// </summary>
    /// <exception cref="FozException">Thrown when the source cannot be reached, or refuses.</exception>
    Task BeatAsync(CancellationToken cancellationToken);
}

/// <summary>Where changes start, and a snapshot of that moment for as long as this is not disposed.</summary>
/// <param name="position">The position.</param>
/// <param name="snapshot">The source's name of the snapshot.</param>
/// <param name="session">What keeps the snapshot.</param>
public sealed class ChangeStart(ChangePosition position, string snapshot, IAsyncDisposable session) : IAsyncDisposable
{
    /// <summary>Gets the position before the first change that the snapshot lacks.</summary>
    public ChangePosition Position { get; } = position;

    /// <summary>Gets the source's name of the snapshot; empty where only the session sees it.</summary>
    public string Snapshot { get; } = snapshot;

    /// <summary>Gets what keeps the snapshot, and is the only one that sees a snapshot without a name.</summary>
    public IAsyncDisposable Session { get; } = session;

    /// <summary>Gets the source's time just before the snapshot; null where it is not known.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>
    /// Gets a number below which all of the source's transactions are in the snapshot, or rolled back; null where rows
    /// do not name the transaction that wrote them.
    /// </summary>
    public long? OldestTransaction { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Session.DisposeAsync();
}
