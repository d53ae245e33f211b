using System.Collections.Immutable;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Pipelines.Selectors;

namespace Foz.Core.Pipelines.Runs;

/// <summary>What a run would do with a step.</summary>
/// <param name="Step">The step: the name of its table in the lake.</param>
/// <param name="IsStream">Whether it brings a stream of a source in; else it is a model.</param>
/// <param name="Works">Whether it would do something.</param>
/// <param name="Reason">Why, or why not: <c>3 new files</c>, <c>the definition changed</c>, <c>up to date</c>.</param>
public sealed record PlannedStep(TableName Step, bool IsStream, bool Works, string Reason)
{
    /// <summary>What the user should know before it is run.</summary>
    public ImmutableArray<Warning> Warnings { get; init; } = [];
}

/// <summary>Finds out what a run would do, and does nothing of it.</summary>
/// <param name="lake">The lake.</param>
public sealed class RunPlanner(Lake lake)
{
    /// <summary>Plans a run.</summary>
    /// <param name="request">What it would be asked to do.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Its steps, each behind those that it needs.</returns>
    /// <exception cref="FozException">
    /// A selector means nothing, a source does not answer, or a step cannot be planned.
    /// </exception>
    public async Task<IReadOnlyList<PlannedStep>> PlanAsync(RunRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await OpenedProject.OpenAsync(request.Project, lake.Engines, cancellationToken);
        var graph = opened.Project.Graph;
        var selected = request.Selection.Find(opened.Project, SelectionFacts.None).Tables;
        var planned = new List<PlannedStep>();
        var working = new HashSet<TableName>();
        foreach (var node in graph.Nodes.Where(node => selected.Contains(node.Name)))
        {
            var warnings = ImmutableArray.CreateBuilder<Warning>();
            var context = new StepContext(lake, RunId: "", request.IsFullRefresh, warnings.Add);
            var changing = graph.Upstream(node.Name).Where(working.Contains).ToList();
            var reason = node switch
            {
                GraphNode.OfStream stream => await new StreamStep(context, stream, opened.Sources[stream.Source.Name])
                    .FindWorkAsync(cancellationToken),
                _ when changing.Count > 0 => $"reads {string.Join(", ", changing)}",
                GraphNode.OfModel model => await new ModelStep(context, model).FindWorkAsync(cancellationToken),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            if (reason is not null) working.Add(node.Name);
            planned.Add(new(node.Table, node is GraphNode.OfStream, reason is not null, reason ?? "up to date")
            {
                Warnings = warnings.ToImmutable(),
            });
        }
        return planned;
    }
}
