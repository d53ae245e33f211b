using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Streams;

/// <summary>The models that a host makes as their triggers say, other than after batches of change streams.</summary>
public static class TriggeredModels
{
    /// <summary>
    /// Returns them: models with <c>interval</c>, those with <c>continuous</c> that read more than the change streams
    /// of one source, and models without a trigger that read what is new in those.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="sources">Its sources whose logs are followed.</param>
    /// <param name="stopped">The models that are not made; null for none.</param>
    public static IReadOnlyList<TableName> Of(
        Project project, IReadOnlyList<FollowedSource> sources, IReadOnlySet<TableName>? stopped = null)
    {
        var followed = sources.SelectMany(source => source.Steps).ToHashSet();
        var found = new HashSet<TableName>();
        var models = new List<TableName>();
        // The graph has each node after those that it needs.
        foreach (var node in project.Graph.Nodes.OfType<GraphNode.OfModel>())
            if (!followed.Contains(node.Name) && stopped?.Contains(node.Name) is not true && IsTriggered(node, found)
                && found.Add(node.Name))
                models.Add(node.Name);
        return models;
    }

    /// <summary>Returns what a run is asked to do that makes them.</summary>
    /// <param name="project">The project.</param>
    /// <param name="models">The models.</param>
    /// <param name="time">After how long the run ends.</param>
    public static RunRequest Request(Project project, IReadOnlyList<TableName> models, TimeSpan time) => new()
    {
        Project = project,
        Selection = new() { Select = [.. models.Select(model => $"{model}")] },
        Follows = new(Source: null, time),
        Changes = ChangeReader.OfProcess,
    };

    static bool IsTriggered(GraphNode.OfModel node, HashSet<TableName> triggered) => node.Model.Trigger switch
    {
        null => node.References.Any(reference => reference.IsStream && triggered.Contains(reference.Name)),
        ModelTrigger.AvailableNow => false,
        _ => true,
    };
}
