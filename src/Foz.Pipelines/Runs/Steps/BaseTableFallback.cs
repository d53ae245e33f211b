using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// Decides which tables of a project its environment has of its own, and which its base has. The names of an
/// environment with a base resolve to the base's tables until a run makes others, so that no table is copied.
/// </summary>
public static class BaseTableFallback
{
    /// <summary>Returns the project with names that resolve to the tables that exist now.</summary>
    /// <param name="project">The project; one whose environment has no base is returned unchanged.</param>
    /// <param name="lake">Its lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<Project> ApplyAsync(
        Project project, Lakehouse lake, CancellationToken cancellationToken) =>
        project.File.Base is null ? project : Reading(project, await OwnAsync(project, lake, cancellationToken));

    /// <summary>The tables that the environment has of its own, by the names that the project has.</summary>
    /// <param name="project">The project.</param>
    /// <param name="lake">Its lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<HashSet<TableName>> OwnAsync(
        Project project, Lakehouse lake, CancellationToken cancellationToken)
    {
        var prefix = project.File.SchemaPrefix;
        var defined = new HashSet<TableName>();
        foreach (var schema in project.Graph.Nodes.Select(node => node.Name.Schema)
            .Distinct(StringComparer.OrdinalIgnoreCase))
            defined.UnionWith(await lake.Catalog.NamesAsync(prefix + schema, cancellationToken));
        return
        [
            .. project.Graph.Nodes.Select(node => node.Name).Where(name => defined.Contains(Prefixed(project, name))),
        ];
    }

    /// <summary>
    /// Returns the selected tables that a run makes, and the project with names that resolve to the tables that exist
    /// then.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="reads">Reads its lake.</param>
    /// <param name="selected">The selected tables.</param>
    /// <param name="isForced">Whether the run rebuilds each table, even if it does not differ from the base's.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<(Project Project, IReadOnlySet<TableName> Made)> ForRunAsync(
        Project project, LakeReads reads, IReadOnlySet<TableName> selected, bool isForced,
        CancellationToken cancellationToken)
    {
        if (project.File.Base is not { } below) return (project, selected);
        var own = await OwnAsync(project, reads.Lake, cancellationToken);
        var nodes = project.Graph.Nodes.Where(node => node.IsMade && selected.Contains(node.Name)).ToList();
        var states = isForced
            ? new Dictionary<TableName, StepManifest>()
            : await new StepStates(reads).ReadAsync(
                nodes.Where(node => !own.Contains(node.Name)).Select(node => below.TableOf(node.Name)),
                cancellationToken);
        foreach (var node in nodes.Where(node => !own.Contains(node.Name)))
        {
            if (isForced || node.References.Any(r => (!r.IsOrderOnly || r.Inlined is not null) && own.Contains(r.Name))
                || !states.TryGetValue(below.TableOf(node.Name), out var state)
                || await DiffersAsync(reads, node, state, cancellationToken))
                own.Add(node.Name);
        }
        return (Reading(project, own), nodes.Select(node => node.Name).Where(own.Contains).ToHashSet());
    }

    /// <summary>The name in the lake of a table that the environment makes itself.</summary>
    internal static TableName Prefixed(Project project, TableName name) =>
        name with { Schema = project.File.SchemaPrefix + name.Schema };

    static Project Reading(Project project, HashSet<TableName> own) => project.Reading(project.Graph.Nodes.ToDictionary(
        node => node.Name,
        node => own.Contains(node.Name) ? Prefixed(project, node.Name) : project.File.Base!.TableOf(node.Name)));

    /// <summary>Whether the project would make another table than the base has.</summary>
    static async Task<bool> DiffersAsync(
        LakeReads reads, GraphNode node, StepManifest state, CancellationToken cancellationToken)
    {
        const StateChange OfTable = StateChange.Body | StateChange.Configs | StateChange.Contract;
        var now = StepDefinitions.Of(node);
        if ((StepDefinitions.Compare(state.Definition ?? now, now) & OfTable) != StateChange.None) return true;
        // The text of an ephemeral model is only in its own definition, which is not kept.
        return node is GraphNode.OfModel { Model: var model } && model.References.Any(r => r.Inlined is not null)
            && (await ModelPlan.OfAsync(reads, model, last: null, cancellationToken)).Fingerprint != state.Fingerprint;
    }
}
