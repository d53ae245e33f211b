using Foz.Lake;

namespace Foz.Connectors.Changes;

/// <summary>A source whose streams can be read once as rows, and from then on as changes.</summary>
public interface ILoggedSource : ISource
{
    /// <summary>Makes the changes of streams ready to be read; the source keeps nothing yet.</summary>
    /// <param name="streams">The streams, of the mode <see cref="StreamMode.Changes"/>.</param>
    /// <param name="reader">
    /// The name under which the source keeps changes for this reader alone: at most 40 lower-case letters, digits and
    /// <c>_</c>.
    /// </param>
    /// <param name="spoolFolder">A folder for transactions that wait for their end; it exists.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// The changes of the streams that have a log, and why the others have none: at least one has it.
    /// </returns>
    /// <exception cref="FozException">
    /// Thrown when the source does not answer, or no stream has a log of changes.
    /// </exception>
    Task<ChangeFeed> OpenChangesAsync(
        IReadOnlyList<StreamDefinition> streams, string reader, string spoolFolder,
        CancellationToken cancellationToken);

    /// <summary>
    /// Makes streams that are read from now on show the moment at which changes start, until the result is disposed.
    /// A stream that cannot be read as of that moment is an error.
    /// </summary>
    /// <param name="start">The moment; it must not be disposed before.</param>
    IAsyncDisposable ShareSnapshot(ChangeStart start);

    /// <summary>
    /// Returns checksums of a stream's rows as of the shared snapshot, by the names of parts that have rows.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keys">The columns of its key.</param>
    /// <param name="columns">The columns that are compared, by their names in the lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Thrown when the source refuses, or cannot show the stream as of the snapshot.
    /// </exception>
    Task<IReadOnlyDictionary<string, RowChecksum>> SumAsync(
        StreamDefinition stream, IReadOnlyList<string> keys, IReadOnlyList<string> columns,
        CancellationToken cancellationToken);

    /// <summary>
    /// Reads the next part of a copy of a table, as of the moment that is shared. All parts together have each row of
    /// the table; with those of earlier moments, and the changes since, they still do.
    /// </summary>
    /// <param name="stream">The stream of the table.</param>
    /// <param name="after">Where the parts so far end; null for the first one.</param>
    /// <param name="context">Where it is read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when the source fails, or no longer shows the moment.</exception>
    Task<CopyPart> ReadCopyAsync(
        StreamDefinition stream, CopyEnd? after, ReadContext context, CancellationToken cancellationToken);
}

/// <summary>What makes a table no stream of changes.</summary>
static class FeedFaults
{
    /// <summary>Whether an error is that of one stream, without which the others can be read.</summary>
    public static bool IsOfOne(FozException error) => error is
    {
        Kind: ErrorKind.Configuration or ErrorKind.NotFound or ErrorKind.Denied, IsTransient: false,
    };

    /// <summary>Returns why a stream is of the table of another one: a change arrives in one stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="table">Its table.</param>
    /// <param name="known">The tables of the streams before it.</param>
    public static FozException? FindOther(
        StreamDefinition stream, FeedTable table, IEnumerable<FeedTable> known) =>
        known.FirstOrDefault(other => other.Schema == table.Schema && other.Name == table.Name) is { } same
            ? Unreadable(
                stream, $"{table.Schema}.{table.Name} is the stream '{same.Stream}' already",
                "changes of a table arrive in one stream")
            : null;

    /// <summary>Makes sure that at least one stream can be read.</summary>
    /// <exception cref="FozException">Thrown when none can: the error of the first one.</exception>
    public static void CheckAny(
        IReadOnlyCollection<FeedTable> tables, IReadOnlyDictionary<string, FozException> refused)
    {
        if (tables.Count == 0 && refused.Count > 0) throw refused.First().Value;
    }

    /// <summary>Returns the error of a stream whose table has no changes that can be read.</summary>
    public static FozException Unreadable(StreamDefinition stream, string fault, string hint) =>
        new(ErrorKind.Configuration, $"stream '{stream.Name}': {fault}")
        {
            Place = stream.Place is { File: not null } place ? place : null, Hint = hint,
        };
}

/// <summary>The changes of some streams.</summary>
/// <param name="Source">Where they come from; owned by the caller.</param>
/// <param name="Tables">The tables of the streams.</param>
public sealed record ChangeFeed(IChangeSource Source, IReadOnlyList<FeedTable> Tables)
{
    /// <summary>Gets why streams that are not among <see cref="Tables"/> cannot be read, by their names.</summary>
    public IReadOnlyDictionary<string, FozException> Refused { get; init; } =
        new Dictionary<string, FozException>();

    /// <summary>Gets what the user should know of the streams, such as those of which only inserts arrive.</summary>
    public IReadOnlyList<Warning> Warnings { get; init; } = [];

    /// <summary>
    /// Returns the table of a stream that changes belong to, whatever its name was when they were made; one that was
    /// replaced by another table of the same name belongs to the stream too.
    /// </summary>
    /// <param name="table">The table as its changes have it.</param>
    /// <returns>The table; null where it is no stream's.</returns>
    public FeedTable? Find(ChangeTable table) =>
        Tables.FirstOrDefault(known => known.Id == table.Id) ?? Find(table.Schema, table.Name);

    /// <summary>Returns the table of a stream by its name; null where it is no stream's.</summary>
    /// <param name="schema">Its schema.</param>
    /// <param name="name">Its name there.</param>
    public FeedTable? Find(string schema, string name) =>
        Tables.FirstOrDefault(known => known.Schema == schema && known.Name == name);
}

/// <summary>A table of a source that is a stream.</summary>
/// <param name="Stream">The name of the stream.</param>
/// <param name="Schema">Its schema in the source.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Id">
/// The source's number of it, which stays when it is renamed; null where the source has no such number.
/// </param>
public sealed record FeedTable(string Stream, string Schema, string Name, long? Id)
{
    /// <summary>
    /// Gets a number that is another one where the table is to be copied again: since it is another table, or has
    /// another key; null where the source has none.
    /// </summary>
    public long? Shape { get; init; } = Id;

    /// <summary>Gets the columns, by their names in the lake, that copies have and the log has not.</summary>
    public IReadOnlyList<string> UnloggedColumns { get; init; } = [];
}
