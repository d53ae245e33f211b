using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Promotions;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Selection;
using Foz.Pipelines.UnitTests;

namespace Foz.Pipelines.Reviews;

/// <summary>What a review is asked to do.</summary>
public sealed record ReviewRequest
{
    /// <summary>What is reviewed.</summary>
    public required ReviewSubject Subject { get; init; }

    /// <summary>The project with the change, in an environment of its own.</summary>
    public required Project Project { get; init; }

    /// <summary>The project with the change, in the base.</summary>
    public required Project Target { get; init; }

    /// <summary>The project without the change, in the base.</summary>
    public required Project Before { get; init; }

    /// <summary>Selectors of what is not built.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether changes that break readers of columns are allowed.</summary>
    public bool AllowsBreaking { get; init; }

    /// <summary>Whether the base may be at another text than the change began from.</summary>
    public bool AllowsMoved { get; init; }

    /// <summary>How long to wait for other runs on the lake.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Finds how long the steps of tables took when they last committed, by their names in the lake.</summary>
    public Func<IReadOnlyList<TableName>, CancellationToken, Task<IReadOnlyDictionary<TableName, TimeSpan>>> TimesAsync
    {
        get;
        init;
    } = static (_, _) => Task.FromResult<IReadOnlyDictionary<TableName, TimeSpan>>(
        new Dictionary<TableName, TimeSpan>());
}

/// <summary>
/// Builds what a change makes otherwise in an environment beside its base, and compares its tables with the base's.
/// The base is only read.
/// </summary>
/// <param name="lake">The lake of both.</param>
/// <param name="request">What is reviewed.</param>
public sealed class Reviewer(Lakehouse lake, ReviewRequest request)
{
    /// <summary>Reviews a change; the environment begins empty, and keeps what was built.</summary>
    /// <param name="watcher">Called with each event of the build.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The base was never built or is at another text, or another review works in the environment.
    /// </exception>
    public async Task<Review> RunAsync(Action<RunEvent> watcher, CancellationToken cancellationToken)
    {
        var state = await BaseState.ReadAsync(
            new(lake, request.Project), request.Project, request.Before, cancellationToken);
        // A newer push makes this review needless: it does not wait.
        await using var lease = await ReviewLease.TakeAsync(
            lake, request.Project.Environment, TimeSpan.Zero, cancellationToken);
        return await lease.HoldAsync(
            async stop =>
            {
                var review = await ReviewAsync(state, watcher, stop);
                if (review.Verdict is ReviewVerdict.Passed)
                    await lake.Store.TryCreateAsync(
                        Lakehouse.PassedReview(request.Project.Environment), "{}"u8.ToArray(), stop);
                return review;
            },
            cancellationToken);
    }

    /// <summary>
    /// Promotes what was built if the last review passed, apart from what a promotion refuses, and deletes the rest of
    /// the environment.
    /// </summary>
    /// <param name="lake">The lake of both.</param>
    /// <param name="project">The project in the environment.</param>
    /// <param name="target">The project in the base.</param>
    /// <param name="wait">How long to wait for a review in the environment, and for runs in one of the two.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Another review still works in the environment.</exception>
    public static async Task<PromotionPlan> PromoteAsync(
        Lakehouse lake, Project project, Project target, TimeSpan wait, CancellationToken cancellationToken)
    {
        await using var lease = await ReviewLease.TakeAsync(lake, project.Environment, wait, cancellationToken);
        return await lease.HoldAsync(
            async stop =>
            {
                var plan = await FindRefusalAsync(lake, project, stop) is { } refusal
                    ? new PromotionPlan(null, []) { LeftOut = [refusal] }
                    : await new Promoter(lake, project, target) { LeavesOut = true }
                        .RunAsync(SelectionRequest.All, wait, stop);
                await new LakeCleaning(lake).OwnAsync(project, SelectionRequest.All, isDryRun: false, stop);
                return plan;
            },
            cancellationToken);
    }

    static async Task<FozException?> FindRefusalAsync(
        Lakehouse lake, Project project, CancellationToken cancellationToken) =>
        await lake.Store.GetInfoAsync(Lakehouse.PassedReview(project.Environment), cancellationToken) is null
        && (await BaseTableFallback.OwnAsync(project, lake, cancellationToken)).Count > 0
            ? new(
                ErrorKind.Conflict,
                $"the last review in {project.Environment} did not pass, or was cut off: what it built is not promoted")
            : null;

    async Task<Review> ReviewAsync(
        BaseState state, Action<RunEvent> watcher, CancellationToken cancellationToken)
    {
        // A table of an earlier push, which this one does not change any more, would be read instead of the base's.
        await new LakeCleaning(lake).OwnAsync(
            request.Project, SelectionRequest.All, isDryRun: false, cancellationToken);
        var project = await BaseTableFallback.ApplyAsync(request.Project, lake, cancellationToken);
        var selection = new SelectionRequest
        {
            Select = ["state:modified+"], Exclude = request.Exclude, State = new StateSource.OfProject(request.Before),
        };
        var selected = await new SelectionFinder(lake).FindAsync(project, selection, cancellationToken);
        if (!request.AllowsMoved) state.RefuseMoved(selected.Tables);
        var run = new RunRequest { Project = project, Selection = selection, Wait = request.Wait };
        var removed = request.Before.Graph.Nodes
            .Where(node => node.IsMade && project.Graph.Find(node.Name) is null).Select(node => node.Name).ToHashSet();
        var plan = await new RunPlanner(lake).PlanAsync(run, cancellationToken);
        var review = new Review(request.Subject)
        {
            AllowsBreaking = request.AllowsBreaking,
            Plan = request.AllowsBreaking
                ? plan
                : plan with { Breaks = [.. plan.Breaks, .. Orphaned(project, removed)] },
            Removed = [.. removed],
        };
        if (review.Plan.Breaks.Count > 0) return review;
        var changed = new ChangedTests(project, request.Before);
        review = review with
        {
            UnitTests = await new UnitTestRunner(lake, project).RunAsync(
                [.. project.UnitTests.Where(test => selected.UnitTests.Contains(test) || changed.Has(test.File))],
                cancellationToken),
        };
        if (review.UnitTests.Any(test => !test.Passed)) return review;
        var result = await new RunService(lake).Start(
            run with
            {
                Tests = selected.SqlTests.Concat(project.SqlTests.Where(test => changed.Has(test.File)))
                    .Select(test => test.Name).ToHashSet(StringComparer.Ordinal),
                Inlined = selected.Checks,
            },
            watcher, cancellationToken).Result;
        cancellationToken.ThrowIfCancellationRequested();
        return review with
        {
            Run = result,
            Tables = await CompareAsync(project, state, result, cancellationToken),
            Promotion = await new Promoter(lake, request.Project, request.Target) { LeavesOut = true }
                .PlanAsync(SelectionRequest.All, cancellationToken),
        };
    }

    /// <summary>What reads a table that would go on being there, with rows that nobody makes any more.</summary>
    static IEnumerable<FozException> Orphaned(Project project, HashSet<TableName> removed) =>
        project.Graph.Nodes.SelectMany(node => node.References.Select(reference => (Reader: $"{node.Name}", reference)))
            .Concat(project.SqlTests.SelectMany(test => test.References.Select(reference => (test.Name, reference))))
            .Where(pair => removed.Contains(pair.reference.Name))
            .Select(pair => new FozException(
                ErrorKind.Configuration,
                $"{pair.Item1} reads {pair.reference.Name}, whose model or stream the change deletes")
            {
                Place = pair.reference.Place,
                Hint = $"keep {pair.reference.Name}, or change what reads it; to keep the table as it is: "
                    + "--allow breaking",
            });

    async Task<IReadOnlyList<ReviewedTable>> CompareAsync(
        Project project, BaseState state, RunResult run, CancellationToken cancellationToken)
    {
        var file = project.File;
        var own = await BaseTableFallback.OwnAsync(project, lake, cancellationToken);
        var nodes = project.Graph.Nodes.Where(node => node.IsMade && own.Contains(node.Name)).ToList();
        var reads = new LakeReads(lake, project);
        var times = await request.TimesAsync(
            [.. nodes.Select(node => file.Base!.TableOf(node.Name))], cancellationToken);
        var comparison = new EnvironmentDiff(
            new(lake, file.Base!.SchemaPrefix), new(lake, file.SchemaPrefix) { BasePrefix = file.Base.SchemaPrefix },
            lake.Engines)
        {
            SamplesMax = 1,
        };
        var tables = new List<ReviewedTable>();
        foreach (var node in nodes)
        {
            if (await comparison.CompareAsync(node, cancellationToken) is not { } diff) continue;
            var (before, now) = (file.Base.TableOf(node.Name), BaseTableFallback.Prefixed(project, node.Name));
            var last = await reads.FindLastAsync(now, cancellationToken);
            var isCompared = diff is { IsBefore: true, IsNow: true };
            tables.Add(new(diff)
            {
                Rows = isCompared
                    ? (diff.RowsSame + diff.RowsChanged + diff.RowsRemoved,
                        diff.RowsSame + diff.RowsChanged + diff.RowsAdded)
                    : ((await FindTableAsync(reads, before, cancellationToken))?.RowCount,
                        (await FindTableAsync(reads, now, cancellationToken))?.RowCount),
                Bytes = ((await FindTableAsync(reads, before, cancellationToken))?.TotalBytes,
                    (await FindTableAsync(reads, now, cancellationToken))?.TotalBytes),
                Time = (times.TryGetValue(before, out var time) ? time : null,
                    run.Steps.FirstOrDefault(step => step.Step == now)?.Elapsed),
                OtherInputs = state.Find(node.Name) is { } made && last is not null
                    ? [.. last.Tables.Where(input => made.Tables.TryGetValue(input.Key, out var older)
                        && older.Version != input.Value.Version).Select(input => input.Key)]
                    : [],
            });
        }
        return tables;
    }

    static async Task<TableSnapshot?> FindTableAsync(
        LakeReads reads, TableName name, CancellationToken cancellationToken) =>
        await reads.FindAsync(name, cancellationToken) is { Kind: DefinitionKind.Table }
            ? await reads.FindLatestAsync(name, cancellationToken)
            : null;
}
