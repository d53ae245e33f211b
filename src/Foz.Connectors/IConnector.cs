using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors;

/// <summary>
/// A kind of source. A connector is one folder next to this file and one line in <see cref="ConnectorRegistry"/>.
/// </summary>
public interface IConnector
{
    /// <summary>Its name as the <c>type:</c> of a connection.</summary>
    string Type { get; }

    /// <summary>What a connection of this type can be set to.</summary>
    IReadOnlyList<SettingSpec> ConnectionSettings { get; }

    /// <summary>
    /// What a stream can be set to besides <c>mode</c>, <c>keys</c>, <c>cursor</c> and <c>columns</c>.
    /// </summary>
    IReadOnlyList<SettingSpec> StreamSettings { get; }

    /// <summary>The mode of a stream that states none.</summary>
    StreamMode DefaultMode { get; }

    /// <summary>
    /// Whether its sources know the primary keys of their streams: <see cref="ISource.FindKeysAsync"/>.
    /// </summary>
    bool TellsKeys => false;

    /// <summary>
    /// Whether a batch reads rows as they are at that time, so that of the rows of a key the one that arrived last is
    /// the newest, whatever its cursor.
    /// </summary>
    bool ReadsCurrentRows => false;

    /// <summary>
    /// Whether its sources have a log of changes, so that its streams can have the mode
    /// <see cref="StreamMode.Changes"/>: they are of <see cref="Changes.ILoggedSource"/>.
    /// </summary>
    bool ReadsChanges => false;

    /// <summary>
    /// Whether its sources keep their log until its reader has it, and can be made to forget that reader; others delete
    /// it by a rule of their own.
    /// </summary>
    bool KeepsLog => false;

    /// <summary>Checks a source's settings beyond single ones; does no I/O.</summary>
    /// <exception cref="FozException">Thrown when they are wrong.</exception>
    void Validate(SourceDefinition source)
    {
    }

    /// <summary>Checks the settings of a stream beyond single ones; does no I/O.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="FozException">Thrown when they are wrong.</exception>
    void Validate(SourceDefinition source, StreamDefinition stream)
    {
    }

    /// <summary>Makes the source ready to be called; does no I/O.</summary>
    /// <param name="source">Its definition, with secrets filled in.</param>
    /// <param name="projectFolder">The project's folder, that relative paths start from.</param>
    /// <exception cref="FozException">A setting is wrong.</exception>
    ISource Open(SourceDefinition source, string projectFolder);
}

/// <summary>A source that can be read. Streams of one source may be planned and read at the same time.</summary>
public interface ISource : IAsyncDisposable
{
    /// <summary>Reaches the source and makes sure that it lets itself be read.</summary>
    /// <returns>What answered, in one line: product, version, user.</returns>
    /// <exception cref="FozException">It does not answer, or refuses; says which step failed.</exception>
    Task<string> CheckAsync(CancellationToken cancellationToken);

    /// <summary>What the source has to offer.</summary>
    Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>Returns the primary key of a stream's rows, by the names of its columns in the lake.</summary>
    /// <param name="stream">The stream; the keys that it states are ignored.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The columns, in the order of the key; empty where there is none, or none is known.</returns>
    /// <exception cref="FozException">Thrown when the source does not answer, or has no such stream.</exception>
    Task<IReadOnlyList<string>> FindKeysAsync(StreamDefinition stream, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Returns the columns of a stream of the project, as they arrive without the change columns.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// The columns; empty where only <see cref="DiscoverAsync"/>, or reading all of it, can find them.
    /// </returns>
    /// <exception cref="FozException">Thrown when the source does not answer, or has no such stream.</exception>
    Task<IReadOnlyList<Foz.Lake.Data.Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Foz.Lake.Data.Field>>([]);

    /// <summary>
    /// Decides what the next batch of a stream reads, so that a batch that was cut off is read again from the same
    /// inputs.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="history">
    /// The inputs of all batches so far, oldest first; one entry can hold many old ones, see
    /// <see cref="StreamInputs.Fold"/>.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The inputs, with warnings; null inputs where nothing is new.</returns>
    Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken);

    /// <summary>
    /// Plans like <see cref="PlanAsync"/>, but waits for inputs that another process may still be writing.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="history">As for <see cref="PlanAsync"/>.</param>
    /// <param name="onWait">Called with what the stream waits for, and how long.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<BatchPlan> PlanSettledAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, Action<string, TimeSpan> onWait,
        CancellationToken cancellationToken) => PlanAsync(stream, history, cancellationToken);

    /// <summary>Starts reading a batch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="inputs">What <see cref="PlanAsync"/> decided.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Confirms to the source that everything up to the end of a batch is committed: it can delete what it keeps for
    /// reading again. Called after the batch's last commit, and again before the next batch is planned, as a run may
    /// end in between; so a second call for the same inputs must do nothing.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="done">The inputs of the batch, with how far reading came.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Thrown when the source does not accept it; the next run confirms again.
    /// </exception>
    Task ConfirmAsync(StreamDefinition stream, StreamInputs done, CancellationToken cancellationToken) =>
        Task.CompletedTask;
}

/// <summary>A source that can read several streams as they were at one moment.</summary>
public interface ISnapshotSource : ISource
{
    /// <summary>
    /// Makes streams of mode <see cref="StreamMode.Snapshot"/> that are read from now on show the moment at which the
    /// first of them is read, until the result is disposed; reads that have begun continue. Where that is not possible
    /// for a stream, its rows have a warning.
    /// </summary>
    IAsyncDisposable ShareSnapshot();
}
