using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Models;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;
using Foz.Pipelines.Selection;

namespace Foz.Pipelines.Runs;

/// <summary>What a run would do with a step.</summary>
/// <param name="Step">The step: the name of its table in the lake.</param>
/// <param name="IsStream">Whether it brings a stream of a source in; else it is a model.</param>
/// <param name="Works">Whether it would do something.</param>
/// <param name="Reason">Why, or why not: <c>3 new files</c>, <c>the definition changed</c>, <c>up to date</c>.</param>
public sealed record PlannedStep(TableName Step, bool IsStream, bool Works, string Reason)
{
    /// <summary>What the user should know before it is run.</summary>
    public ImmutableArray<Warning> Warnings { get; init; } = [];

    /// <summary>What of its definition is not what its table was last made from.</summary>
    public StateChange Change { get; init; }

    /// <summary>The file that defines it, relative to the project.</summary>
    public string File { get; init; } = "";

    /// <summary>When a host makes it beside runs; null where nothing is stated.</summary>
    public ModelTrigger? Trigger { get; init; }

    /// <summary>How its SQL differs from the one that its table was last made from.</summary>
    public IReadOnlyList<DiffHunk> Diff { get; init; } = [];

    /// <summary>The settings that are not those that its table was last made with.</summary>
    public IReadOnlyList<SettingChange> Settings { get; init; } = [];

    /// <summary>
    /// What changed definitions, its own or others, do to its table; null where they do not reach it.
    /// </summary>
    public StepImpact? Impact { get; init; }

    /// <summary>The intervals that it would run, each a batch; empty where the step has none.</summary>
    public IReadOnlyList<Interval> Intervals { get; init; } = [];

    /// <summary>
    /// The bytes that the tables have which it would read; null where it works on a source, or they are not all there.
    /// </summary>
    public long? BytesToRead { get; init; }
}

/// <summary>The plan of a run.</summary>
/// <param name="Steps">Its steps, each after those that it needs.</param>
/// <param name="Breaks">What would no longer work, in these steps or others, with its place.</param>
public sealed record RunPlan(IReadOnlyList<PlannedStep> Steps, IReadOnlyList<FozException> Breaks)
{
    /// <summary>The steps that would do something.</summary>
    public IEnumerable<PlannedStep> Working => Steps.Where(step => step.Works);
}

/// <summary>Finds out what a run would do, and does nothing of it.</summary>
/// <param name="lake">The lake.</param>
public sealed class RunPlanner(Lakehouse lake)
{
    const string UpToDate = "up to date";

    const StateChange OfTable = StateChange.Body | StateChange.Configs | StateChange.Contract;

    /// <summary>Plans a run.</summary>
    /// <param name="request">What it would be asked to do.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A selector means nothing, a source does not answer, or a step cannot be planned.
    /// </exception>
    public async Task<RunPlan> PlanAsync(RunRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await OpenedProject.OpenAsync(request.Project, lake.Engines, cancellationToken);
        var project = opened.Project;
        var selected =
            (await new SelectionFinder(lake).FindAsync(
                project, opened.Sources, request.Selection, cancellationToken)).Tables;
        var reads = new LakeReads(lake, project);
        (project, var made) = await BaseTableFallback.ForRunAsync(
            project, reads, selected, request.MakesAnew, cancellationToken);
        if (request.Defer is { } defer)
            project = await Deferral.ApplyAsync(project, lake, defer, made, cancellationToken);
        var nodes = project.Graph.Nodes.Where(node => made.Contains(node.Name) && node.IsMade).ToList();
        var settled = UpToDateCache.Open(lake, project);
        var idle = request.IsFullRefresh || request.Intervals is not null
            ? []
            : settled.Find([.. nodes.OfType<GraphNode.OfModel>()], isUnchanged: true).Select(node => node.Name)
                .ToHashSet();
        var before = await new StateSource.OfLake(lake, project.File.SchemaPrefix)
        {
            Reads = reads, BasePrefix = project.File.Base?.SchemaPrefix,
        }
            .ReadAsync([.. nodes.Where(node => !idle.Contains(node.Name))], cancellationToken);
        var changes = nodes.ToDictionary(
            node => node.Name,
            node =>
                idle.Contains(node.Name)
                    ? StateChange.None
                    : StepDefinitions.Compare(before.GetValueOrDefault(node.Name), node));
        using var lineage = new ProjectLineage(project, lake);
        var impact = await PlanImpact.OfAsync(
            lake, project, lineage,
            changes.Where(change => (change.Value & OfTable) != StateChange.None).Select(change => change.Key)
                .ToHashSet(), before,
            cancellationToken);
        var planning = new Planning(request, opened, reads, settled, idle);
        var planned = new List<PlannedStep>();
        var working = new HashSet<TableName>();
        foreach (var node in project.Graph.Nodes.Where(node => selected.Contains(node.Name) && node.IsMade))
        {
            if (!made.Contains(node.Name))
            {
                planned.Add(
                    new(node.Table, node is GraphNode.OfStream, Works: false, $"as in {project.File.Base!.Name}"));
                continue;
            }
            var step = await PlanAsync(planning, node, changes[node.Name], working, cancellationToken);
            if (step.Works) working.Add(node.Name);
            step = Describe(step, node, changes[node.Name], before.GetValueOrDefault(node.Name)) with
            {
                Impact = impact.ByName.GetValueOrDefault(node.Name),
            };
            if (step is { Works: true, Impact.Misfit: { } misfit } && !IsMadeAgain(request, node))
                step = step with { Warnings = step.Warnings.Add(misfit) };
            planned.Add(step.Works ? await MeasureAsync(step, reads, node, cancellationToken) : step);
        }
        await settled.SaveAsync(reads, project, cancellationToken);
        return new(planned, impact.Breaks);
    }

    async Task<PlannedStep> PlanAsync(
        Planning planning, GraphNode node, StateChange change, HashSet<TableName> working,
        CancellationToken cancellationToken)
    {
        var (request, opened, reads, settled, idle) = planning;
        var changing = opened.Project.Graph.Upstream(node.Name).Where(working.Contains).ToList();
        if (changing.Count == 0 && idle.Contains(node.Name))
            return new(node.Table, IsStream: false, Works: false, UpToDate);
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        var context = new StepContext(lake, RunId: "", request.IsFullRefresh, warnings.Add)
        {
            Reads = reads, Intervals = request.Intervals, Project = request.Project.File,
        };
        IReadOnlyList<TableName> seen = [];
        var reason = node switch
        {
            GraphNode.OfStream stream when ChangeSteps.IsOf(stream) => "changes of its source since the last run",
            GraphNode.OfStream stream => await new StreamStep(context, stream, opened.Sources[stream.Source.Name])
                .FindRunReasonAsync(cancellationToken),
            _ when changing.Count > 0 => $"reads {string.Join(", ", changing)}",
            GraphNode.OfModel model => await CheckAsync(model),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (reason is null && warnings.Count == 0 && node is GraphNode.OfModel settling)
            settled.Note(settling, isUnchanged: change is StateChange.None, seen);
        return new(node.Table, node is GraphNode.OfStream, reason is not null, reason ?? UpToDate)
        {
            Warnings = warnings.ToImmutable(),
            Intervals = reason is not null
                && node is GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Microbatch } dated
                ? (await new ModelIntervals(context, dated).DueAsync(
                    request.IsFullRefresh && !dated.Model.Materialization.IsFullRefreshRestricted,
                    cancellationToken)).Due
                : [],
        };

        async Task<string?> CheckAsync(GraphNode.OfModel model)
        {
            var found = await new ModelStep(context, model).CheckAsync(cancellationToken);
            seen = found.Seen;
            return found.Reason;
        }
    }

    /// <summary>Whether a run makes the table of a model again, with whatever columns its SELECT has.</summary>
    static bool IsMadeAgain(RunRequest request, GraphNode node) =>
        request.IsFullRefresh && node is GraphNode.OfModel { Model.Materialization.IsFullRefreshRestricted: false };

    static PlannedStep Describe(PlannedStep step, GraphNode node, StateChange change, StepDefinition? before)
    {
        step = step with
        {
            File = new Resource.Table(node).File,
            Change = change,
            Trigger = (node as GraphNode.OfModel)?.Model.Trigger,
        };
        if (before is null || change is StateChange.None) return step;
        var now = StepDefinitions.Of(node);
        return step with
        {
            Diff = before is { Sql: { } sql } && now.Sql is not null && sql != now.Sql ? TextDiff.Of(sql, now.Sql) : [],
            Settings = StepDefinitions.ChangedSettings(before, now),
        };
    }

    /// <summary>What steps are planned with.</summary>
    /// <param name="Request">What the run would be asked to do.</param>
    /// <param name="Opened">The project.</param>
    /// <param name="Reads">What the lake has.</param>
    /// <param name="Settled">Takes the models that have nothing to do.</param>
    /// <param name="Idle">Those that are known to have nothing to do, unless what they read changes.</param>
    sealed record Planning(
        RunRequest Request, OpenedProject Opened, LakeReads Reads, UpToDateCache Settled, IReadOnlySet<TableName> Idle);

    /// <summary>A step with the bytes of the tables that it reads.</summary>
    static async Task<PlannedStep> MeasureAsync(
        PlannedStep step, LakeReads reads, GraphNode node, CancellationToken cancellationToken)
    {
        if (node is not GraphNode.OfModel { Model.Materialization: not Materialization.View }) return step;
        var bytes = 0L;
        foreach (var reference in node.References.Where(r => r is { IsOrderOnly: false, Kind: not ReferenceKind.Self }))
        {
            if (await reads.FindAsync(reference.Table, cancellationToken) is not { Kind: DefinitionKind.Table }
                || await reads.FindLatestAsync(reference.Table, cancellationToken) is not { } snapshot) return step;
            bytes += snapshot.TotalBytes;
        }
        return step with { BytesToRead = bytes };
    }
}
