using Foz.Connectors;
using Foz.Connectors.Changes;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Streams.Batches;
using Foz.Streams.Reading;

namespace Foz.Streams.Comparing;

/// <summary>
/// Compares the rows of a stream's table in its source with those in the lake, at one moment: that of a snapshot of the
/// source, whose position in the log the lake reaches. Checksums of parts of both tables are compared first; only the
/// rows of parts that differ are read.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project.</param>
public sealed class StreamComparer(Lakehouse lake, Project project)
{
    /// <summary>Gets how many differences are returned.</summary>
    public int DifferencesMax { get; init; } = 20;

    /// <summary>Gets how long to wait until the lake has reached the moment.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets what brings the changes of a source into the lake where it lacks some: called once, and awaited, with the
    /// steps of the compared tables, and with all steps of the source. Null where they come anyway.
    /// </summary>
    public Func<IReadOnlyList<TableName>, IReadOnlyList<TableName>, CancellationToken, Task>? CatchUpAsync
    {
        get;
        init;
    }

    /// <summary>Compares a table.</summary>
    /// <param name="name">
    /// A bronze table, whose changes are applied; a model of current rows; or a stream, for its model, or its bronze
    /// table where it has none.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// There is no such table, the source does not answer, or the rows cannot be compared at one moment.
    /// </exception>
    public async Task<StreamComparison> CompareAsync(string name, CancellationToken cancellationToken)
    {
        var compared = ComparedTable.Find(project, name);
        var log = new ChangeBatchLog(lake.Store, project.Environment, compared.Source.Name);
        if (await log.FindReaderAsync(cancellationToken) is not { } reader)
            throw new FozException(ErrorKind.Usage, $"the changes of {compared.Source.Name} were not read yet")
            {
                Hint = "foz run reads them",
            };
        await using var opened = (ILoggedSource)ConnectorRegistry.Find(compared.Source.Definition.Connection.Type)!
            .Open(compared.Source.Definition, project.Folder);
        var folder = lake.Engines.CreateTempFolder();
        try
        {
            var definition = compared.Stream.Definition;
            var feed = await opened.OpenChangesAsync([definition], reader.Name, folder.FullName, cancellationToken);
            await using var changes = feed.Source;
            if (feed.Refused.GetValueOrDefault(definition.Name) is { } refused) throw refused;
            await using var start = await LookAsync(changes, compared, feed.Tables[0], cancellationToken);
            await using var shared = opened.ShareSnapshot(start);
            return await new MomentComparison(lake, compared, opened, DifferencesMax)
            {
                Feed = feed.Tables[0],
                Folder = folder.FullName,
                Moment = new(lake, compared, changes, start.Position)
                {
                    WaitMax = WaitMax, Log = log, Reader = reader, Feed = feed.Tables[0],
                    CatchUp = CatchUpAsync is null
                        ? null
                        : () => CatchUpAsync(
                            StepsOf(compared, [compared.Stream]),
                            StepsOf(compared, compared.Source.Streams.Where(stream =>
                                stream.Definition.Mode is StreamMode.Changes)),
                            cancellationToken),
                },
                Position = $"{start.Position}",
            }.RunAsync(cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Takes the snapshot, for which a source may wait until open transactions end.</summary>
    async Task<ChangeStart> LookAsync(
        IChangeSource changes, ComparedTable compared, FeedTable feed, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(WaitMax, lake.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Warning? wait = null;
        try
        {
            if (!(await changes.FindLoggedAsync(cancellationToken)).ContainsKey((feed.Schema, feed.Name)))
                throw new FozException(
                    ErrorKind.Source, $"{compared.Source.Name} does not log the changes of {feed.Schema}.{feed.Name}")
                {
                    Hint = "the next foz run copies the table again",
                };
            var looking = changes.LookAsync(either.Token);
            await MomentWait.WarnAsync(looking, changes, found => wait = found, lake.Clock, either.Token);
            return await looking;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new FozException(
                ErrorKind.Source,
                $"{compared.Source.Name} gave no snapshot within {WaitMax.TotalSeconds:N0} s"
                    + (wait is null ? "" : $": {wait.Message}"))
            {
                Hint = wait?.Hint
                    ?? "PostgreSQL waits for transactions that are open: end them, or run again with --wait 30m",
            };
        }
    }

    static IReadOnlyList<TableName> StepsOf(ComparedTable compared, IEnumerable<ProjectStream> streams) =>
        [.. streams.Select(stream => stream.Name), .. compared.Model is { } model ? new[] { model.Name } : []];
}
