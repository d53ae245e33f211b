using System.Collections.Immutable;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Promotions;

/// <summary>A step whose table replaces another step's table.</summary>
/// <param name="Node">The step in its environment.</param>
/// <param name="Target">The step in the base.</param>
/// <param name="Definition">The definition of the name in the environment.</param>
/// <param name="Done">The manifests of its batches, oldest first.</param>
/// <param name="Batch">The last batch of the base's step that the table covers.</param>
/// <param name="Tables">The tables that the last batch read, by the names that they will have in the base.</param>
sealed record PromotedStep(
    GraphNode Node, GraphNode Target, Definition Definition, IReadOnlyList<StepManifest> Done, long Batch,
    ImmutableSortedDictionary<string, TableInput> Tables);

/// <summary>
/// Checks whether tables can be promoted: built as the project now defines them, checked, and from the base's future
/// tables.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="project">The project in its environment.</param>
/// <param name="target">The project in the base.</param>
/// <param name="nodes">The nodes to promote.</param>
/// <param name="own">The environment's own tables.</param>
sealed class PromotionInspection(
    Lakehouse lake, Project project, Project target, IReadOnlyList<GraphNode> nodes, IReadOnlySet<TableName> own)
{
    readonly HashSet<TableName> promoted = [.. nodes.Select(node => node.Name)];
    readonly Dictionary<TableName, TableName> ownByTable =
        own.ToDictionary(name => BaseTableFallback.Prefixed(project, name));
    readonly LakeReads reads = new(lake, project);
    readonly List<Warning> warnings = [];

    /// <summary>Why something cannot be promoted.</summary>
    public ErrorList Errors { get; } = new();

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<Warning> Warnings => warnings;

    /// <summary>Checks a step; null if it cannot be promoted.</summary>
    public async Task<PromotedStep?> InspectAsync(GraphNode node, CancellationToken cancellationToken)
    {
        if (target.Graph.Find(node.Name) is not { } other)
            return Refuse(node, $"{target.Environment} has no such step", "run foz validate");
        var definition = await reads.FindAsync(node.Table, cancellationToken);
        var last = await reads.FindLastAsync(node.Table, cancellationToken);
        if (definition is null || last is null || !await reads.HasCommittedAsync(node.Table, last, cancellationToken))
            return Refuse(node, $"its last run in {project.Environment} did not finish", RunHint(node));
        if (definition.Location == LakeCatalog.DefaultLocation(node.Table))
            return Refuse(
                node, $"it was made before {project.Environment} had a base, in the folder of its name",
                $"foz clean {node.Name} --tables --target {project.Environment} deletes it; then run it again");
        if (StepDefinitions.Compare(last.Definition, StepDefinitions.Of(node)) is var change
            && (change & OfTable) != StateChange.None)
            return Refuse(node, $"its definition changed since it was made in {project.Environment}", RunHint(node));
        var past = await lake.Catalog.FindAsync(other.Table, cancellationToken);
        if (past is not null && !IsReplaceable(node)) return null;
        if (node is GraphNode.OfModel model && !await IsCurrentAsync(model, last, cancellationToken)) return null;
        if (Translate(node, last) is not { } tables
            || (past is not null && !await AreReadersPromotedAsync(node, cancellationToken)))
            return null;
        var log = new StepLog(lake.Store, $"{node.Table}");
        var done = (await log.ReadAllAsync(cancellationToken)).Where(manifest => manifest.Batch <= last.Batch).ToList();
        return new(node, other, definition, done, await NextBatchAsync(other, past, last, cancellationToken), tables);
    }

    const StateChange OfTable = StateChange.Body | StateChange.Configs | StateChange.Contract;

    /// <summary>Whether nothing but its own rows is lost with the table in the base.</summary>
    bool IsReplaceable(GraphNode node)
    {
        if (node is not GraphNode.OfModel { Model: var model }) return true;
        if (model.Materialization is Materialization.Snapshot || model.Materialization.IsFullRefreshRestricted)
            Refuse(
                node, $"what it holds of the past is only in {target.Environment}",
                $"leave it out, or change it there: foz run {node.Name} --target {target.Environment}");
        else if (model.Exports.FirstOrDefault(IsOfTarget) is { } export)
            Refuse(
                node, export.Mode is ExportMode.Upsert
                    ? $"rows that only the table of {target.Environment} has would stay at {export.Target} for ever, "
                        + "where it is exported by upsert"
                    : $"all its rows would be sent to {export.Target} once more, where it is exported by append",
                $"leave it out: the next run in {target.Environment} makes and exports it");
        else return true;
        return false;
    }

    /// <summary>
    /// Whether the base exports rows that stay at the target; one that replaces all of them sends those of the table
    /// that is there.
    /// </summary>
    bool IsOfTarget(ExportDefinition export) => export.Mode is not ExportMode.Replace
        && export.IsDoneIn(target.Environment);

    /// <summary>Whether a model was made by the texts, and from the tables, that there are now.</summary>
    async Task<bool> IsCurrentAsync(GraphNode.OfModel node, StepManifest last, CancellationToken cancellationToken)
    {
        try
        {
            var plan = await ModelPlan.OfAsync(reads, node.Model, last, cancellationToken);
            var isOfSame = plan.Tables.Keys.SequenceEqual(last.Tables.Keys, StringComparer.OrdinalIgnoreCase)
                && plan.Tables.All(table => table.Value.Id is not { } id || !last.Tables[table.Key].IsOfOther(id));
            if (plan.Fingerprint != last.Fingerprint || !isOfSame)
            {
                Refuse(node, $"it was made in {project.Environment} from other tables or views than it has now",
                    RunHint(node));
                return false;
            }
            if (!plan.IsDoneBy(node.Model, last))
                warnings.Add(new(
                    $"{node.Name} lacks what came since it was made in {project.Environment}",
                    $"the next run in {target.Environment} brings it, or first: {RunHint(node)}"));
            return true;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data or ErrorKind.NotFound)
        {
            Errors.Add(e);
            return false;
        }
    }

    /// <summary>
    /// What a batch read, by the names of the base; null where it read what stays in the environment.
    /// </summary>
    ImmutableSortedDictionary<string, TableInput>? Translate(GraphNode node, StepManifest last)
    {
        var tables = ImmutableSortedDictionary.CreateBuilder<string, TableInput>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, input) in last.Tables)
        {
            if (!ownByTable.TryGetValue(TableName.Parse(name), out var read))
            {
                tables[name] = input;
                continue;
            }
            if (!promoted.Contains(read))
            {
                Refuse(node, $"it was made from {name}, which is not promoted with it", $"promote +{node.Name}");
                return null;
            }
            tables[$"{target.TableOf(read)}"] = input;
        }
        return tables.ToImmutable();
    }

    /// <summary>Whether no step that stays in the base reads the changes of the table that is replaced.</summary>
    async Task<bool> AreReadersPromotedAsync(GraphNode node, CancellationToken cancellationToken)
    {
        foreach (var name in target.Graph.Downstream(node.Name).Where(name => !promoted.Contains(name)))
        {
            var reader = target.Graph.Find(name)!;
            if (!reader.References.Any(r => r.Name == node.Name && r.IsStream)
                || await new StepLog(lake.Store, $"{reader.Table}").ReadLastAsync(cancellationToken) is null) continue;
            Refuse(
                node, $"{name} reads its changes, and is not promoted with it",
                own.Contains(name)
                    ? $"promote {node.Name}+"
                    : $"make it in {project.Environment} first: foz run {name} --target {project.Environment}");
            return false;
        }
        return true;
    }

    async Task<long> NextBatchAsync(
        GraphNode other, Definition? past, StepManifest last, CancellationToken cancellationToken)
    {
        var before = await new StepLog(lake.Store, $"{other.Table}").ReadLastAsync(cancellationToken);
        var carried = past is { Kind: DefinitionKind.Table }
            ? (await lake.Tables.Open(past.Location!, other.Table).FindLatestAsync(cancellationToken))?.BatchOf(
                $"{other.Table}")
            : past?.Batch;
        return Math.Max(last.Batch, Math.Max(before?.Batch ?? 0, carried ?? 0)) + 1;
    }

    string RunHint(GraphNode node) => $"foz run {node.Name} --target {project.Environment}";

    PromotedStep? Refuse(GraphNode node, string why, string hint)
    {
        Errors.Add(new FozException(ErrorKind.Data, $"{node.Name} cannot be promoted: {why}") { Hint = hint });
        return null;
    }
}
