using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>A model whose SQL a template renders for each run, when the tables that it reads are up to date.</summary>
static class RenderedModel
{
    /// <summary>The model as it is to be run.</summary>
    /// <exception cref="FozException">Its template is wrong, or a query of it is.</exception>
    public static async Task<GraphNode.OfModel> OfAsync(
        StepContext context, GraphNode.OfModel node, CancellationToken cancellationToken)
    {
        if (node.Model.Template is not { } template) return node;
        var isFullRefresh = context.IsFullRefresh && !node.Model.Materialization.IsFullRefreshRestricted;
        var isIncremental = !isFullRefresh && node.Model.Materialization is Materialization.Incremental
            && await IsThereAsync(context.Lake, node.Table, cancellationToken);
        var body = template.Render(isIncremental, new ProjectLake(context.Lake), cancellationToken);
        return node with { Model = node.Model with { Body = body } };
    }

    /// <summary>Whether a table is there, and no view.</summary>
    public static async Task<bool> IsThereAsync(Lakehouse lake, TableName table, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.Table }
        && await (await lake.OpenTableAsync(table, cancellationToken)).FindLatestAsync(cancellationToken) is not null;
}
