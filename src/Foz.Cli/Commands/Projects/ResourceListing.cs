using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands.Projects;

/// <summary>What of a project is selected, for <c>foz ls --select</c>.</summary>
static class ResourceListing
{
    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("name"), new("resource_type"), new("materialization"), new("path"), new("tags"), new("depends"),
        new("trigger"),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("name"), new("resource_type"), new("materialization"), new("path"), new("tags"), new("trigger"),
    ];

    public static async Task WriteAsync(
        CommandContext context, ParseResult arguments, Workspace workspace, SelectionRequest request,
        CancellationToken cancellationToken)
    {
        var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
        var resources =
            (await new SelectionFinder(workspace.Lake).FindAsync(project, request, cancellationToken)).Items;
        if (context.LineFormat(arguments) is { } format)
        {
            foreach (var line in resources.Select(resource => LineOf(project, resource, format)))
                context.Shell.Out.WriteLine(line);
            return;
        }
        var isTable = context.IsTable(arguments);
        context.WriteRows(
            arguments, isTable ? ShownColumns : Columns, resources.Select(resource => RowOf(resource, isTable)));
    }

    static string LineOf(Project project, Resource resource, string format) => format switch
    {
        "name" => resource.Name,
        "path" => resource.File,
        _ => $"{project.Name}.{resource.Selector}",
    };

    static object?[] RowOf(Resource resource, bool isForPeople)
    {
        var model = resource is Resource.Table { Node: GraphNode.OfModel node } ? node.Model : null;
        object?[] row = [resource.Name, resource.Type, model?.Materialization.Name, resource.File];
        return isForPeople
            ? [.. row, string.Join(", ", resource.Tags), model?.Trigger?.ToString()]
            :
            [
                .. row, resource.Tags.ToArray<object?>(), resource.Needs.Select(name => (object?)$"{name}").ToArray(),
                model?.Trigger?.ToString(),
            ];
    }
}
