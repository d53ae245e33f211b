using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz render</c>: the SQL that a run would have the engine run.</summary>
static class RenderCommand
{
    public const string Name = "render";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("name"), new("sql")];

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var command = new ExampleCommand(
            Name, "Show the SQL of models, tests and analyses with resolved names",
            ["foz render gold.daily_sales", "foz render --target dev --select state:modified"]);
        command.Aliases.Add("compile");
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var selected = await new SelectionFinder(workspace.Lake).FindAsync(
                project, selection.Read(context, workspace, arguments, cancellationToken), cancellationToken);
            using var session = workspace.Engines.Open(Workload.Query);
            var texts = selected.Items.Select(item => item switch
            {
                Resource.Table { Node: GraphNode.OfModel { Model: { Program: null } model } } =>
                    (item.Name, Sql: (string?)LakeSql.Of(session, model.Sql, model.References, cancellationToken)),
                Resource.Singular { Test: var test } =>
                    (item.Name, Sql: (string?)LakeSql.Of(session, test.Sql, test.References, cancellationToken)),
                Resource.Analyzed { Select: var analysis } =>
                    (item.Name,
                        Sql: (string?)LakeSql.Of(session, analysis.Body.Text, analysis.References, cancellationToken)),
                _ => (item.Name, Sql: (string?)null),
            }).Where(text => text.Sql is not null).ToList();
            if (!context.IsTable(arguments))
                context.WriteRows(arguments, Columns, texts.Select(text => new object?[] { text.Name, text.Sql }));
            else
                foreach (var (i, text) in texts.Index())
                    context.Shell.Out.WriteLine(
                        (texts.Count > 1 ? $"{(i > 0 ? "\n" : "")}-- {text.Name}\n" : "") + text.Sql);
        });
        return command;
    }
}
