using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Selection;

namespace Foz.Pipelines.Promotions;

/// <summary>What a promotion would do.</summary>
/// <param name="Promotion">It; null where nothing is to be promoted.</param>
/// <param name="Warnings">What the user should know before.</param>
public sealed record PromotionPlan(Promotion? Promotion, IReadOnlyList<Warning> Warnings)
{
    /// <summary>Why tables stay in the environment, where what cannot be promoted is left out.</summary>
    public IReadOnlyList<FozException> LeftOut { get; init; } = [];

    /// <summary>The tables and views that it is about, without those beside them.</summary>
    public IEnumerable<PromotedTable> Tables => Promotion?.Tables.Where(table => table.Manifest is not null) ?? [];
}

/// <summary>
/// Lets tables that an environment has of its own take the place of its base's: names are swapped, no data is copied
/// and no model is run again. The steps of the base go on where those of the environment stand.
/// </summary>
/// <param name="lake">The lake of both.</param>
/// <param name="from">The project in the environment.</param>
/// <param name="to">The project in its base.</param>
public sealed class Promoter(Lakehouse lake, Project from, Project to)
{
    /// <summary>
    /// Whether tables that cannot be promoted, and those that were made from them, are left out; otherwise nothing is
    /// promoted where there are any.
    /// </summary>
    public bool LeavesOut { get; init; }

    /// <summary>Plans a promotion, and does nothing of it.</summary>
    /// <param name="selection">Which tables; those that the environment has not made are left out.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The one is not the base of the other, or something cannot be promoted; tells all that cannot, and why.
    /// </exception>
    public async Task<PromotionPlan> PlanAsync(SelectionRequest selection, CancellationToken cancellationToken)
    {
        if (from.File.Base?.Name != to.Environment)
            throw new FozException(ErrorKind.Usage, $"{to.Environment} is not the base of {from.Environment}")
            {
                Hint = $"only what is made beside its base can be promoted to it: state 'base: {to.Environment}' of "
                    + $"{from.Environment} in {ProjectFile.FileName}",
            };
        await using var opened = await OpenedProject.OpenAsync(from, lake.Engines, cancellationToken);
        await using var openedTo = await OpenedProject.OpenAsync(to, lake.Engines, cancellationToken);
        var own = await BaseTableFallback.OwnAsync(opened.Project, lake, cancellationToken);
        var project = await BaseTableFallback.ApplyAsync(opened.Project, lake, cancellationToken);
        var selected =
            (await new SelectionFinder(lake).FindAsync(project, opened.Sources, selection, cancellationToken)).Tables;
        var nodes = project.Graph.Nodes.Where(node =>
            node.IsMade && own.Contains(node.Name) && selected.Contains(node.Name)).ToList();
        if (nodes.Count == 0) return new(null, []);
        var (found, warnings, leftOut) = await InspectAsync(project, openedTo.Project, nodes, own, cancellationToken);
        if (found.Count == 0) return new(null, warnings) { LeftOut = leftOut };
        var promotion = new Promotion
        {
            Id = JournalWriter.NewRunId(lake.Clock),
            From = from.Environment,
            To = to.Environment,
            CreatedAt = lake.Clock.GetUtcNow(),
            Tables = [],
        };
        return new(
            promotion with { Tables = [.. await TablesAsync(promotion, openedTo.Project, found, cancellationToken)] },
            warnings)
        { LeftOut = leftOut };
    }

    /// <summary>Inspects nodes; without those that are left out, others may have to be as well.</summary>
    async Task<(List<PromotedStep> Found, IReadOnlyList<Warning> Warnings, IReadOnlyList<FozException> LeftOut)>
        InspectAsync(
            Project project, Project target, IReadOnlyList<GraphNode> nodes, IReadOnlySet<TableName> own,
            CancellationToken cancellationToken)
    {
        var leftOut = new List<FozException>();
        while (true)
        {
            var inspection = new PromotionInspection(lake, project, target, nodes, own);
            var found = new List<PromotedStep>();
            foreach (var node in nodes)
                if (await inspection.InspectAsync(node, cancellationToken) is { } step) found.Add(step);
            if (!LeavesOut) inspection.Errors.ThrowIfAny();
            if (inspection.Errors.IsEmpty) return (found, inspection.Warnings, leftOut);
            leftOut.AddRange(inspection.Errors.Items);
            nodes = [.. found.Select(step => step.Node)];
        }
    }

    /// <summary>Promotes tables.</summary>
    /// <param name="selection">Selects the tables.</param>
    /// <param name="wait">How long to wait for a run in one of the two environments.</param>
    /// <param name="cancellationToken">
    /// Stops it; the next process that works on the lake completes a promotion that has begun.
    /// </param>
    /// <exception cref="FozException">As of a plan; then nothing is changed.</exception>
    public async Task<PromotionPlan> RunAsync(
        SelectionRequest selection, TimeSpan wait, CancellationToken cancellationToken)
    {
        var runId = JournalWriter.NewRunId(lake.Clock);
        var (lease, resumed) = await RunLease.AcquireResumedAsync(
            lake, runId, [from.Environment, to.Environment], wait, cancellationToken);
        await using (lease)
            return await lease.HoldAsync(
                stop => RunAsync(selection, runId, lease, resumed, stop), cancellationToken);
    }

    async Task<PromotionPlan> RunAsync(
        SelectionRequest selection, string runId, RunLease lease, IReadOnlyList<Promotion> resumed,
        CancellationToken cancellationToken)
    {
        using var recorder = new RunRecorder(lake, runId, lease.Lost);
        foreach (var cutOff in resumed)
            await recorder.AddAsync(RunRecords.OfPromotion(to.Name, cutOff, lake.Clock.GetUtcNow()));
        var plan = await PlanAsync(selection, cancellationToken);
        if (plan.Promotion is not { } promotion) return plan;
        await promotion.RunAsync(lake, cancellationToken);
        await recorder.AddAsync(RunRecords.OfPromotion(to.Name, promotion, lake.Clock.GetUtcNow()));
        var warnings = plan.Warnings.ToList();
        if (await recorder.FlushAsync(warnings.Add) is { } lost) warnings.Add(new(lost.Message, lost.Hint));
        return plan with { Warnings = warnings };
    }

    /// <summary>Returns all tables that change their names, each main table after its side tables.</summary>
    async Task<List<PromotedTable>> TablesAsync(
        Promotion promotion, Project target, List<PromotedStep> steps, CancellationToken cancellationToken)
    {
        var tables = new List<PromotedTable>();
        var definitions = new Dictionary<TableName, Definition>();
        using var session = lake.Engines.Open(Foz.Lake.Engine.Workload.Models);
        foreach (var step in steps)
        {
            var name = step.Target.Table;
            definitions[name] = step.Definition with
            {
                Schema = name.Schema,
                Name = name.Name,
                Sql = step.Definition.Sql is null ? null
                    : LakeSql.Of(
                        session, ((GraphNode.OfModel)step.Target).Model.Sql, step.Target.References, cancellationToken),
                Batch = step.Definition.Kind is DefinitionKind.View ? step.Batch : null,
            };
        }
        var reads = new LakeReads(lake, target) { Overlay = definitions };
        foreach (var step in steps)
        {
            foreach (var (side, sideOfTarget) in new[]
            {
                (step.Node.Table.Rejected, step.Target.Table.Rejected),
                (step.Node.Table.Quarantine, step.Target.Table.Quarantine),
                (step.Node.Table.ChangeState, step.Target.Table.ChangeState),
            })
            {
                if (await lake.Catalog.FindAsync(side, cancellationToken) is { Kind: DefinitionKind.Table } definition)
                    tables.Add(await PromotedAsync(
                        step, side, definition with { Schema = sideOfTarget.Schema, Name = sideOfTarget.Name },
                        cancellationToken));
            }
            var fingerprint = step.Target is GraphNode.OfModel model
                ? (await ModelPlan.OfAsync(reads, model.Model, last: null, cancellationToken)).Fingerprint
                : "";
            var promoted = await PromotedAsync(
                step, step.Node.Table, definitions[step.Target.Table], cancellationToken);
            tables.Add(promoted with { Manifest = ManifestOf(promotion, step, fingerprint) });
        }
        return tables;
    }

    async Task<PromotedTable> PromotedAsync(
        PromotedStep step, TableName name, Definition definition, CancellationToken cancellationToken) => new()
        {
            Definition = definition,
            From = $"{name}",
            FromStep = $"{step.Node.Table}",
            Step = $"{step.Target.Table}",
            Batch = step.Batch,
            Replaced = (await lake.Catalog.FindAsync(definition.TableName, cancellationToken))?.Location,
        };

    /// <summary>Returns the one batch that replaces all batches that made the table.</summary>
    static StepManifest ManifestOf(Promotion promotion, PromotedStep step, string fingerprint)
    {
        var folded = StepLog.Fold(step.Done);
        return folded with
        {
            Step = $"{step.Target.Table}",
            Batch = step.Batch,
            RunId = promotion.Id,
            CreatedAt = promotion.CreatedAt,
            Fingerprint = fingerprint,
            Definition = StepDefinitions.Of(step.Target),
            Tables = step.Tables,
            Interval = null,
            Backfill = null,
        };
    }
}
