using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;
using Foz.Pipelines.Selection;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Runs;

/// <summary>Finds what of a project is selected, with what selectors ask of the lake and of sources.</summary>
/// <param name="lake">The lake.</param>
public sealed class SelectionFinder(Lakehouse lake)
{
    /// <summary>Finds it.</summary>
    /// <param name="project">The project; sources of all streams are asked for those that they have.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A selector is none, or names what the project does not have; a source that is asked does not answer.
    /// </exception>
    public async Task<SelectedResources> FindAsync(
        Project project, SelectionRequest request, CancellationToken cancellationToken)
    {
        // What a source of all streams has can be meant by name.
        if (!request.Read(project).Methods.Contains(SelectorMethod.SourceStatus)
            && !project.Sources.Any(source => source.Known is StreamsKnown.Named))
            return await FindAsync(project, sources: null, request, cancellationToken);
        await using var opened = await OpenedProject.OpenAsync(project, lake.Engines, cancellationToken);
        return await FindAsync(opened.Project, opened.Sources, request, cancellationToken);
    }

    /// <summary>Finds it in a project whose sources are open.</summary>
    internal async Task<SelectedResources> FindAsync(
        Project project, IReadOnlyDictionary<string, ISource>? sources, SelectionRequest request,
        CancellationToken cancellationToken)
    {
        var methods = request.Read(project).Methods.ToHashSet();
        var facts = SelectionFacts.None;
        if (methods.Contains(SelectorMethod.State))
            facts = facts with { Changes = await ChangesAsync(project, request, cancellationToken) };
        if (methods.Contains(SelectorMethod.Result))
            facts = facts with { Results = await ResultsAsync(project, cancellationToken) };
        if (methods.Contains(SelectorMethod.SourceStatus) && sources is not null)
            facts = facts with { Fresher = await FresherAsync(project, sources, cancellationToken) };
        return request.Find(project, facts);
    }

    async Task<IReadOnlyDictionary<TableName, StateChange>> ChangesAsync(
        Project project, SelectionRequest request, CancellationToken cancellationToken)
    {
        var state = request.State
            ?? new StateSource.OfLake(lake, project.File.SchemaPrefix) { BasePrefix = project.File.Base?.SchemaPrefix };
        var before = await state.ReadAsync(project.Graph.Nodes, cancellationToken);
        return project.Graph.Nodes.ToDictionary(
            node => node.Name,
            node => StepDefinitions.Compare(before.GetValueOrDefault(node.Name), node));
    }

    async Task<IReadOnlyDictionary<TableName, string>> ResultsAsync(
        Project project, CancellationToken cancellationToken)
    {
        var last = await LastRun.FindAsync(lake.Store, project.Name, project.Environment, cancellationToken)
            ?? throw new FozException(ErrorKind.Usage, $"{project.Name} has not been run in {project.Environment} yet")
            {
                Hint = "result: asks how the last run ended",
            };
        return last.Results.ToDictionary(result => TableName.Parse(result.Key), result => result.Value);
    }

    async Task<IReadOnlySet<TableName>> FresherAsync(
        Project project, IReadOnlyDictionary<string, ISource> sources, CancellationToken cancellationToken)
    {
        var context = new StepContext(lake, RunId: "", IsFullRefresh: false, static _ => { });
        var fresher = new HashSet<TableName>();
        foreach (var stream in project.Graph.Nodes.OfType<GraphNode.OfStream>())
        {
            var step = new StreamStep(context, stream, sources[stream.Source.Name]);
            if (await step.FindRunReasonAsync(cancellationToken) is not null) fresher.Add(stream.Name);
        }
        return fresher;
    }
}
