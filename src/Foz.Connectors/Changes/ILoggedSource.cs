namespace Foz.Connectors.Changes;

/// <summary>A source whose streams can be read once as rows, and from then on as changes.</summary>
public interface ILoggedSource : ISnapshotSource
{
    /// <summary>Makes the changes of streams ready to be read; the source keeps nothing yet.</summary>
    /// <param name="streams">The streams, of the mode <see cref="StreamMode.Changes"/>.</param>
    /// <param name="reader">
    /// The name under which the source keeps changes for this reader alone: at most 40 lower-case letters, digits and
    /// <c>_</c>.
    /// </param>
    /// <param name="spoolFolder">A folder for transactions that wait for their end; it exists.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Foz.Lake.FozException">
    /// Thrown when the source does not answer, or a stream has no log of changes.
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
}

/// <summary>The changes of some streams.</summary>
/// <param name="Source">Where they come from; owned by the caller.</param>
/// <param name="Streams">The names of the streams, by their tables' schemas and names in the source.</param>
public sealed record ChangeFeed(
    IChangeSource Source, IReadOnlyDictionary<(string Schema, string Name), string> Streams);
