using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Finds the files of streams that the lake does not have yet, from a listing of them.</summary>
/// <param name="lake">The lake.</param>
public sealed class PendingFiles(Lakehouse lake)
{
    /// <summary>
    /// Returns the files that the next batch of a stream would read; empty where its source has no files.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="source">The source.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when the source does not answer, or a setting is wrong.</exception>
    public async Task<IReadOnlyList<FileInput>> FindAsync(
        Project project, ProjectSource source, ProjectStream stream, CancellationToken cancellationToken)
    {
        var step = $"{stream.Table}";
        // A batch that a run opened and did not commit brings its files yet.
        var done = (await new LakeReads(lake).FindLatestAsync(stream.Table, cancellationToken))?.BatchOf(step) ?? -1;
        var history = (await new StepLog(lake.Store, step).ReadEachAsync(cancellationToken))
            .Where(manifest => manifest.GivenUpBy is null && manifest.Batch <= done)
            .SelectMany(manifest => manifest.Stream?.Parts ?? []).ToList();
        await using var open = ConnectorRegistry.Find(source.Definition.Connection.Type)!
            .Open(source.Definition, project.Folder);
        return (await open.PlanAsync(stream.Definition, history, cancellationToken)).Inputs
            is StreamInputs.OfFiles { Files: var files } ? files : [];
    }
}
