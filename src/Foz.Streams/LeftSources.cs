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
    /// <summary>Returns a warning of each: what the source may keep, and what ends that.</summary>
    /// <exception cref="FozException">The lake cannot be read.</exception>
    public async Task<IReadOnlyList<Warning>> FindAsync(CancellationToken cancellationToken)
    {
        var warnings = new List<Warning>();
        foreach (var name in await NamesAsync(cancellationToken))
            if (await LogOf(name).FindReaderAsync(cancellationToken) is { } reader)
                warnings.Add(
                    new(
                        $"the source '{name}' has no streams of mode cdc any more: if it is PostgreSQL, it keeps its "
                            + $"log for the slot '{reader.Name}' until its disk is full",
                        $"run there: SELECT pg_drop_replication_slot('{reader.Name}'); DROP PUBLICATION "
                            + $"{reader.Name}; then: foz stream forget {name}"));
        return warnings;
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
