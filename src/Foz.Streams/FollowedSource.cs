using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Streams;

/// <summary>A source whose log a host follows, and what it makes of each batch.</summary>
/// <param name="Name">The source.</param>
/// <param name="Steps">
/// Its streams of mode <c>cdc</c>, then the models that read what is new in their tables (<c>STREAM</c>), or in those
/// of such models.
/// </param>
public sealed record FollowedSource(string Name, IReadOnlyList<TableName> Steps)
{
    /// <summary>Returns the sources of a project whose logs can be followed.</summary>
    /// <param name="project">The project.</param>
    /// <param name="stopped">The models that are not made; null for none.</param>
    public static IReadOnlyList<FollowedSource> Of(Project project, IReadOnlySet<TableName>? stopped = null) =>
    [
        .. from source in project.Sources
           let streams = source.Streams.Where(stream => stream.Definition.Mode is StreamMode.Changes)
               .Select(stream => stream.Name).ToList()
           where streams.Count > 0
           select new FollowedSource(source.Name, WithReaders(project, streams, stopped)),
    ];

    /// <summary>Returns what a run is asked to do that follows it.</summary>
    /// <param name="project">The project.</param>
    /// <param name="time">After how long the run ends.</param>
    public RunRequest Request(Project project, TimeSpan time) => new()
    {
        Project = project,
        Selection = new() { Select = [.. Steps.Select(step => $"{step}")] },
        Follows = new(Name, time),
        Changes = ChangeReader.OfProcess,
    };

    /// <summary>Whether a model's trigger lets it be made after the batches of these streams alone.</summary>
    static bool IsMadeAfterBatches(GraphNode.OfModel node, HashSet<TableName> names) => node.Model.Trigger switch
    {
        null => true,
        ModelTrigger.Continuous =>
            node.References.All(reference => !reference.IsStream || names.Contains(reference.Name)),
        _ => false,
    };

    static List<TableName> WithReaders(
        Project project, List<TableName> streams, IReadOnlySet<TableName>? stopped)
    {
        var names = new HashSet<TableName>(streams);
        // The graph has each node after those that it needs.
        foreach (var node in project.Graph.Nodes.OfType<GraphNode.OfModel>())
            if (node.References.Any(reference => reference.IsStream && names.Contains(reference.Name))
                && IsMadeAfterBatches(node, names) && stopped?.Contains(node.Name) is not true)
            {
                names.Add(node.Name);
                streams.Add(node.Name);
            }
        return streams;
    }
}
