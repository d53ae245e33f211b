using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Streams.Batches;

namespace Foz.Streams;

/// <summary>
/// Sources whose logs were read, and that have no streams of changes in the project any more. PostgreSQL keeps its log
/// for them until its disk is full.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project.</param>
public sealed class LeftSources(Lakehouse lake, Project project)
{
    /// <summary>Returns each, with a warning of what the source may keep, and what ends that.</summary>
    /// <exception cref="FozException">The lake cannot be read.</exception>
    public async Task<IReadOnlyList<LeftSource>> FindAsync(CancellationToken cancellationToken)
    {
        var left = new List<LeftSource>();
        foreach (var name in await NamesAsync(cancellationToken))
            if (await LogOf(name).FindReaderAsync(cancellationToken) is { Name: var slot })
                left.Add(
                    new(
                        name,
                        new(
                            $"the source '{name}' has no streams of mode cdc any more: if it is PostgreSQL, it keeps "
                                + $"its log for the slot '{slot}' until its disk is full",
                            $"run there: SELECT pg_drop_replication_slot('{slot}'); DROP PUBLICATION IF EXISTS {slot}, "
                                + $"{slot}_inserts; then: foz stream forget {name}")));
        return left;
    }

    /// <summary>Forgets what the lake knows of how far such a source was read; its tables stay.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is no such source, or the project has streams of it.</exception>
    public async Task ForgetAsync(string source, CancellationToken cancellationToken)
    {
        var known = await NamesAsync(cancellationToken);
        if (!known.Contains(source, StringComparer.OrdinalIgnoreCase))
            throw new FozException(
                ErrorKind.Usage, $"'{source}' is no source that was read, and has no streams of mode cdc any more")
            {
                Hint = NearestName.Hint(source, known) ?? "foz stream reset reads one from the beginning",
            };
        await LogOf(source).DeleteAsync(cancellationToken);
    }

    async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken)
    {
        if (await lake.Format.FindAsync(cancellationToken) is null) return [];
        var present = FollowedSource.Of(project).Select(source => source.Name);
        return
        [
            .. (await ChangeBatchLog.FindSourcesAsync(lake.Store, project.Environment, cancellationToken))
                .Except(present, StringComparer.OrdinalIgnoreCase),
        ];
    }

    ChangeBatchLog LogOf(string source) => new(lake.Store, project.Environment, source);
}

/// <summary>A source whose log was read, and that has no streams of changes in the project any more.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Warning">What it may keep, and what ends that.</param>
public sealed record LeftSource(string Name, Warning Warning);
