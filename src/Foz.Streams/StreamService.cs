using Foz.Connectors.Changes;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Streams.Batches;
using Foz.Streams.Tables;

namespace Foz.Streams;

/// <summary>How the streams of changes of a project stand, and what a user asks of them.</summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project.</param>
public sealed class StreamService(Lakehouse lake, Project project)
{
    /// <summary>
    /// Returns how the streams stand, in the order of the project; also those of sources that do not answer.
    /// </summary>
    public async Task<IReadOnlyList<StreamStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var statuses = new List<StreamStatus>();
        foreach (var streams in Streams.GroupBy(known => known.Source))
        {
            var source = streams.Key;
            var log = LogOf(source.Name);
            var last = await log.FindLastAsync(cancellationToken);
            var isStopped = await log.IsStoppedAsync(cancellationToken);
            var reader = await log.FindReaderAsync(cancellationToken);
            var (lag, fault) = await FindLagAsync(source, last, cancellationToken);
            foreach (var (_, stream) in streams)
            {
                var table = await lake.OpenTableAsync(stream.Table, cancellationToken);
                var present = await table.FindLatestAsync(cancellationToken);
                var held = await FindHeldAsync(source, stream, cancellationToken);
                statuses.Add(new(source, stream)
                {
                    At = lake.Clock.GetUtcNow(),
                    Fault = fault,
                    IsStopped = isStopped,
                    Reader = reader?.Name,
                    IsCopied = present?.Properties.ContainsKey(BronzeTable.CopyProperty) is true,
                    IsCopying = present?.Properties.ContainsKey(CopyProgress.Property) is true,
                    Rows = present?.RowCount,
                    Position = last?.Position,
                    ChangedAt = present?.Timestamp,
                    Delay = last is null ? null : last.SyncedAt - (last.CommittedAt ?? last.SyncedAt),
                    Lag = lag,
                    RowsHeld = held?.Rows ?? 0,
                    HeldFor = held?.Reason.Text,
                });
            }
        }
        return statuses;
    }

    /// <summary>
    /// Returns the models that a host makes after changes of their input, in the order of the project, also those that
    /// are stopped.
    /// </summary>
    public async Task<IReadOnlyList<FollowedModel>> ListModelsAsync(CancellationToken cancellationToken)
    {
        var stopped = await Stopped.FindAsync(cancellationToken);
        var models = new List<FollowedModel>();
        foreach (var model in Models)
        {
            var present = await (await lake.OpenTableAsync(model.Table, cancellationToken))
                .FindLatestAsync(cancellationToken);
            models.Add(new(model, stopped.Contains(model.Name), present?.RowCount, present?.Timestamp));
        }
        return models;
    }

    /// <summary>
    /// Asks that the log of a source is read from the beginning, with a copy of all of its tables: by the next run, or
    /// within a minute by the host that follows it.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The project has no such source with a log.</exception>
    public Task ResetAsync(string source, CancellationToken cancellationToken) =>
        KnownLogOf(source).AskForResetAsync(cancellationToken);

    /// <summary>
    /// Stops reading a source until <see cref="StartAsync"/>, also over runs and hosts: a host that follows it ends
    /// within a minute. The source keeps its log meanwhile, and the limits of that hold.
    /// </summary>
    /// <param name="name">The source; or a model that hosts make after changes, which then only runs make.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it was not stopped before.</returns>
    /// <exception cref="FozException">The project has no such source with a log, and no such model.</exception>
    public Task<bool> StopAsync(string name, CancellationToken cancellationToken) => FindModel(name) is { } model
        ? Stopped.StopAsync(model, cancellationToken)
        : KnownLogOf(name).StopAsync(cancellationToken);

    /// <summary>
    /// Lets a source be read again, from where it was stopped: by the next run, or within a minute by the host.
    /// </summary>
    /// <param name="name">The source; or a model that hosts make after changes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it was stopped.</returns>
    /// <exception cref="FozException">The project has no such source with a log, and no such model.</exception>
    public Task<bool> StartAsync(string name, CancellationToken cancellationToken) => FindModel(name) is { } model
        ? Stopped.StartAsync(model, cancellationToken)
        : KnownLogOf(name).StartAsync(cancellationToken);

    /// <summary>Returns the model that hosts make after changes and that has a name; null for none.</summary>
    /// <param name="name">The name.</param>
    public TableName? FindModel(string name) =>
        TableName.TryParse(name, out var table) && Models.Any(model => model.Name == table) ? table : null;

    /// <summary>Whether a source is stopped.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<bool> IsStoppedAsync(string source, CancellationToken cancellationToken) =>
        LogOf(source).IsStoppedAsync(cancellationToken);

    /// <summary>
    /// Lets a source forget this lake, so that it keeps no log for it: all of its tables are to be copied again, which
    /// <see cref="ResetAsync"/> asks for.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The source does not answer.</exception>
    public async Task ReleaseAsync(ProjectSource source, CancellationToken cancellationToken)
    {
        if (await LogOf(source.Name).FindReaderAsync(cancellationToken) is { } reader)
            await WithAsync(
                source, reader,
                async changes =>
                {
                    await changes.StopAsync(cancellationToken);
                    return true;
                },
                cancellationToken);
    }

    /// <summary>
    /// Asks that the held changes of a table are brought into it: by the next run, or within a minute by the host that
    /// follows its source.
    /// </summary>
    /// <param name="table">The bronze table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">No stream of mode cdc has the table, or nothing of it is held.</exception>
    public async Task ResumeAsync(TableName table, CancellationToken cancellationToken)
    {
        var (source, stream) = Find(table);
        if (await FindHeldAsync(source, stream, cancellationToken) is null)
            throw new FozException(ErrorKind.Usage, $"no changes of {table} are held")
            {
                Hint = "foz stream ls shows which tables stand still",
            };
        await LogOf(source.Name).AskAsync(StreamRequest.Resume, stream.Definition.Name, cancellationToken);
    }

    /// <summary>
    /// Asks that a table is copied again while its changes, and those of the other tables, are read: by the next run,
    /// or within a minute by the host that follows its source. Rows that its source does not have go with the copy.
    /// </summary>
    /// <param name="table">The bronze table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">No stream of mode cdc has the table.</exception>
    public async Task SnapshotAsync(TableName table, CancellationToken cancellationToken)
    {
        var (source, stream) = Find(table);
        await LogOf(source.Name).AskAsync(StreamRequest.Snapshot, stream.Definition.Name, cancellationToken);
    }

    (ProjectSource Source, ProjectStream Stream) Find(TableName table)
    {
        var streams = Streams.ToList();
        return streams.Where(known => known.Stream.Table == table).ToList() is [var found]
            ? found
            : throw new FozException(ErrorKind.Usage, $"{table} is no table of a stream of mode cdc")
            {
                Hint = NearestName.Hint($"{table}", [.. streams.Select(known => $"{known.Stream.Table}")])
                    ?? "foz stream ls lists them",
            };
    }

    IEnumerable<(ProjectSource Source, ProjectStream Stream)> Streams =>
        from source in project.Sources
        from stream in source.Streams
        where stream.Definition.Mode is Connectors.StreamMode.Changes
        select (source, stream);

    StoppedModels Stopped => new(lake.Store, project.Environment);

    /// <summary>The models that hosts make after changes, stopped or not.</summary>
    IEnumerable<Model> Models
    {
        get
        {
            var sources = FollowedSource.Of(project);
            var made = sources.SelectMany(source => source.Steps).Concat(TriggeredModels.Of(project, sources))
                .ToHashSet();
            return project.Models.Where(model => made.Contains(model.Name));
        }
    }

    async Task<(long Rows, HoldReason Reason)?> FindHeldAsync(
        ProjectSource source, ProjectStream stream, CancellationToken cancellationToken)
    {
        var table = await lake.OpenTableAsync(stream.Table, cancellationToken);
        var held = await lake.OpenTableAsync(stream.Table.Held, cancellationToken);
        return HeldChanges.Find(
            await held.FindLatestAsync(cancellationToken), await table.FindLatestAsync(cancellationToken),
            BronzeTable.StepOf(source));
    }

    ChangeBatchLog KnownLogOf(string source)
    {
        var known = FollowedSource.Of(project).Select(followed => followed.Name).ToList();
        return known.Contains(source, StringComparer.Ordinal)
            ? LogOf(source)
            : throw new FozException(
                ErrorKind.Usage,
                $"no source '{source}' has streams of mode cdc, and no model '{source}' follows its input")
            {
                Hint = NearestName.Hint(source, [.. known, .. Models.Select(model => $"{model.Name}")])
                    ?? "foz stream ls lists them",
            };
    }

    ChangeBatchLog LogOf(string source) => new(lake.Store, project.Environment, source);

    /// <summary>What a source keeps for this lake, or why it does not say.</summary>
    async Task<(ChangeLag? Lag, FozException? Fault)> FindLagAsync(
        ProjectSource source, ChangeBatch? last, CancellationToken cancellationToken)
    {
        try
        {
            return last is not null && await LogOf(source.Name).FindReaderAsync(cancellationToken) is { } reader
                ? (await WithAsync(
                    source, reader,
                    changes => changes.FindLagAsync(changes.ParsePosition(last.Position), cancellationToken),
                    cancellationToken), null)
                : default;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Source or ErrorKind.Configuration)
        {
            return (null, e);
        }
    }

    async Task<T?> WithAsync<T>(
        ProjectSource source, LogReader reader, Func<IChangeSource, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var opened = ConnectorRegistry.Find(source.Definition.Connection.Type)!
            .Open(source.Definition, project.Folder);
        if (opened is not ILoggedSource logged) return default;
        var feed = await logged.OpenChangesAsync([], reader.Name, Path.GetTempPath(), cancellationToken);
        await using var changes = feed.Source;
        return await work(changes);
    }
}

/// <summary>A model that a host makes after changes of its input.</summary>
/// <param name="Model">It.</param>
/// <param name="IsStopped">Whether a user stopped that.</param>
/// <param name="Rows">How many rows its table has; null where that is not known.</param>
/// <param name="ChangedAt">When its table was last changed; null where there is none.</param>
public sealed record FollowedModel(Model Model, bool IsStopped, long? Rows, DateTimeOffset? ChangedAt);

/// <summary>How a stream of changes stands.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Stream">It.</param>
public sealed record StreamStatus(ProjectSource Source, ProjectStream Stream)
{
    const string NoSlot = "has no slot", NoPublication = "has no publication", Lost = "lost", Stopped = "stopped";

    /// <summary>Gets the moment.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// Gets the name under which its source keeps changes for this lake; null where reading was not begun.
    /// </summary>
    public string? Reader { get; init; }

    /// <summary>Gets whether a user stopped its source.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Gets whether its table was copied, so that changes follow.</summary>
    public bool IsCopied { get; init; }

    /// <summary>Gets whether a copy of its table is not finished.</summary>
    public bool IsCopying { get; init; }

    /// <summary>Gets how many rows its table has, copies and changes; null where that is not known.</summary>
    public long? Rows { get; init; }

    /// <summary>Gets the position at which all tables of the source stand; null where reading was not begun.</summary>
    public string? Position { get; init; }

    /// <summary>Gets when its table was last changed; null where there is none.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Gets how long after its commit the newest change of the source was read; null where none was.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Gets how many changes wait beside its table, which cannot take them.</summary>
    public long RowsHeld { get; init; }

    /// <summary>Gets why its table cannot take them; null where it can.</summary>
    public string? HeldFor { get; init; }

    /// <summary>Gets what the source keeps for this lake; null where it keeps nothing, or does not say.</summary>
    public ChangeLag? Lag { get; init; }

    /// <summary>Gets why the source does not say what it keeps; null where it does.</summary>
    public FozException? Fault { get; init; }

    /// <summary>Gets how it stands, in a word or two.</summary>
    public string State => this switch
    {
        { HeldFor: not null } => "stands still",
        { Fault: not null } => "source does not answer",
        { IsCopied: true, Lag: null } => NoSlot,
        { Lag.IsLost: true } => Lost,
        { Lag.IsUnpublished: true } => NoPublication,
        { IsStopped: true } => Stopped,
        { IsCopying: true } => "is copied",
        { IsCopied: false } => "waits for its copy",
        { Lag.IsActive: true } => "followed",
        _ => "idle",
    };

    /// <summary>Gets why it stands so, and what helps; null where nothing is to be done.</summary>
    public string? Reason => this switch
    {
        { HeldFor: { } reason } => reason,
        { Fault: { } fault } => fault.Message,
        { State: NoSlot } => $"the source has no slot {Reader}: it was dropped, or the lake is a copy of one that "
            + $"reads another server. foz stream reset {Source.Name} copies the tables again",
        { State: NoPublication } => $"the publication {Reader} was dropped, and changes that were made without it are "
            + $"lost. foz stream reset {Source.Name} copies the tables again",
        { State: Lost } => "the source deleted changes before they were read. "
            + $"foz stream reset {Source.Name} copies the tables again",
        { State: Stopped } => $"foz stream start {Source.Name} goes on",
        _ => null,
    };
}
