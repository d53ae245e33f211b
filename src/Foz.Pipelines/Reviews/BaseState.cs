using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Reviews;

/// <summary>What the tables of a base were last made from, held against the text that a change began from.</summary>
/// <param name="project">The project with the change.</param>
/// <param name="before">The project without it.</param>
/// <param name="states">The last batches of the base's tables, by their names in the lake.</param>
sealed class BaseState(Project project, Project before, IReadOnlyDictionary<TableName, StepManifest> states)
{
    const StateChange OfTable = StateChange.Body | StateChange.Configs | StateChange.Contract;

    /// <summary>The last batch of the base's table; null where it was never made.</summary>
    public StepManifest? Find(TableName name) => states.GetValueOrDefault(project.File.Base!.TableOf(name));

    /// <summary>Reads it.</summary>
    /// <exception cref="FozException">The base has no table of the project.</exception>
    public static async Task<BaseState> ReadAsync(
        LakeReads reads, Project project, Project before, CancellationToken cancellationToken)
    {
        var below = project.File.Base!;
        var states = await new StepStates(reads).ReadAsync(
            project.Graph.Nodes.Concat(before.Graph.Nodes).Where(node => node.IsMade)
                .Select(node => below.TableOf(node.Name)).Distinct(), cancellationToken);
        return states.Count > 0
            ? new(project, before, states)
            : throw new FozException(
                ErrorKind.Usage, $"{below.Name} has no tables of {project.Name} yet: there is nothing to compare with")
            {
                Hint = $"foz run --target {below.Name}",
            };
    }

    /// <summary>
    /// Refuses a base that is not at the text that the change began from, in tables that the change reaches or that
    /// these are made from: what is built would differ for another reason than the change, and promoting it would
    /// bring an older text back.
    /// </summary>
    /// <param name="selected">The tables that the change reaches.</param>
    /// <exception cref="FozException">It is not.</exception>
    public void RefuseMoved(IReadOnlySet<TableName> selected)
    {
        var scope = selected.Where(name => project.Graph.Find(name) is not null)
            .SelectMany(name => project.Graph.Ancestors(name).Append(name)).ToHashSet();
        var moved = new List<string>();
        var missing = new List<string>();
        foreach (var node in project.Graph.Nodes.Where(node => node.IsMade && scope.Contains(node.Name)))
        {
            if (Find(node.Name) is not { } state)
            {
                if (!selected.Contains(node.Name)) missing.Add($"{node.Name}");
            }
            else if (IsMoved(node, state)) moved.Add($"{node.Name}");
        }
        var below = project.File.Base!.Name;
        if (moved.Count > 0)
            throw new FozException(
                ErrorKind.Conflict,
                $"{below} has moved: it made {Names(moved)} from another text than the change began from")
            {
                Hint = $"merge the base branch into this one; if {below} is behind it, first: foz run --target {below}"
                    + "; to go on regardless: --allow moved",
            };
        if (missing.Count > 0)
            throw new FozException(
                ErrorKind.Conflict, $"{below} has not made {Names(missing)} yet, which the change reads")
            {
                Hint = $"foz run --target {below}",
            };
    }

    bool IsMoved(GraphNode node, StepManifest state) =>
        state.Definition is { } made && Differs(made, StepDefinitions.Of(node))
        && (before.Graph.Find(node.Name) is not { } old || Differs(made, StepDefinitions.Of(old)));

    static bool Differs(StepDefinition a, StepDefinition b) =>
        (StepDefinitions.Compare(a, b) & OfTable) != StateChange.None;

    static string Names(List<string> names) => names.Count <= 3
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
