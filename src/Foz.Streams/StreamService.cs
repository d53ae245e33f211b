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
    /// <summary>Returns how the streams stand, in the order of the project.</summary>
    /// <exception cref="FozException">A source does not answer.</exception>
    public async Task<IReadOnlyList<StreamStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var statuses = new List<StreamStatus>();
        foreach (var streams in Streams.GroupBy(known => known.Source))
        {
            var source = streams.Key;
            var log = LogOf(source.Name);
            var last = await log.FindLastAsync(cancellationToken);
            var lag = await log.FindReaderAsync(cancellationToken) is { } reader
                ? await FindLagAsync(source, reader.Name, cancellationToken)
                : null;
            foreach (var (_, stream) in streams)
            {
                var table = await lake.OpenTableAsync(stream.Table, cancellationToken);
                var present = await table.FindLatestAsync(cancellationToken);
                var held = await FindHeldAsync(source, stream, cancellationToken);
                statuses.Add(new(source.Name, stream.Definition.Name)
                {
                    IsCopied = present?.Properties.ContainsKey(BronzeTable.CopyProperty) is true,
                    Rows = present?.RowCount,
                    Position = last?.Position,
                    CommittedAt = present?.Timestamp,
                    Lag = lag,
                    RowsHeld = held?.Rows ?? 0,
                    HeldFor = held?.Reason,
                });
            }
        }
        return statuses;
    }

    /// <summary>
    /// Asks that the log of a source is read from the beginning, with a copy of all of its tables: by the next run, or
    /// within a minute by the host that follows it.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The project has no such source with a log.</exception>
    public async Task ResetAsync(string source, CancellationToken cancellationToken)
    {
        var known = FollowedSource.Of(project).Select(followed => followed.Name).ToList();
        if (!known.Contains(source, StringComparer.Ordinal))
            throw new FozException(ErrorKind.Usage, $"no source '{source}' has streams of mode cdc")
            {
                Hint = NearestName.Hint(source, known) ?? "foz stream ls lists them",
            };
        await LogOf(source).AskForResetAsync(cancellationToken);
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
        var streams = Streams.ToList();
        if (streams.Where(known => known.Stream.Table == table).ToList() is not [var (source, stream)])
            throw new FozException(ErrorKind.Usage, $"{table} is no table of a stream of mode cdc")
            {
                Hint = NearestName.Hint($"{table}", [.. streams.Select(known => $"{known.Stream.Table}")])
                    ?? "foz stream ls lists them",
            };
        if (await FindHeldAsync(source, stream, cancellationToken) is null)
            throw new FozException(ErrorKind.Usage, $"no changes of {table} are held")
            {
                Hint = "foz stream ls shows which tables stand still",
            };
        await LogOf(source.Name).AskToResumeAsync(stream.Definition.Name, cancellationToken);
    }

    IEnumerable<(ProjectSource Source, ProjectStream Stream)> Streams =>
        from source in project.Sources
        from stream in source.Streams
        where stream.Definition.Mode is Connectors.StreamMode.Changes
        select (source, stream);

    async Task<(long Rows, string Reason)?> FindHeldAsync(
        ProjectSource source, ProjectStream stream, CancellationToken cancellationToken)
    {
        var table = await lake.OpenTableAsync(stream.Table, cancellationToken);
        var held = await lake.OpenTableAsync(stream.Table.Held, cancellationToken);
        return HeldChanges.Find(
            await held.FindLatestAsync(cancellationToken), await table.FindLatestAsync(cancellationToken),
            BronzeTable.StepOf(source));
    }

    ChangeBatchLog LogOf(string source) => new(lake.Store, project.Environment, source);

    async Task<ChangeLag?> FindLagAsync(ProjectSource source, string reader, CancellationToken cancellationToken)
    {
        await using var opened = ConnectorRegistry.Find(source.Definition.Connection.Type)!
            .Open(source.Definition, project.Folder);
        if (opened is not ILoggedSource logged) return null;
        var feed = await logged.OpenChangesAsync([], reader, Path.GetTempPath(), cancellationToken);
        await using var changes = feed.Source;
        return await changes.FindLagAsync(cancellationToken);
    }
}

/// <summary>How a stream of changes stands.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Stream">Its name.</param>
public sealed record StreamStatus(string Source, string Stream)
{
    /// <summary>Gets whether its table was copied, so that changes follow.</summary>
    public bool IsCopied { get; init; }

    /// <summary>Gets how many rows its table has, copies and changes; null where that is not known.</summary>
    public long? Rows { get; init; }

    /// <summary>Gets the position at which all tables of the source stand; null where reading was not begun.</summary>
    public string? Position { get; init; }

    /// <summary>Gets when its table was last changed; null where there is none.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>Gets how many changes wait beside its table, which cannot take them.</summary>
    public long RowsHeld { get; init; }

    /// <summary>Gets why its table cannot take them; null where it can.</summary>
    public string? HeldFor { get; init; }

    /// <summary>Gets what the source keeps for this lake; null where it keeps nothing.</summary>
    public ChangeLag? Lag { get; init; }
}
