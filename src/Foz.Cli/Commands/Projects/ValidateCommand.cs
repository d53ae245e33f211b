using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz validate</c>: all that is wrong with a project.</summary>
static class ValidateCommand
{
    public const string Name = "validate";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("file"), new("line", IsNumber: true), new("column", IsNumber: true), new("message"), new("hint"),
    ];

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "Check the whole project and report every mistake",
            ["foz validate", "foz validate --target prod --output json"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var (result, errors) = await new ProjectValidation(context, workspace).FindAsync(cancellationToken);
            if (!context.IsTable(arguments))
                context.WriteRows(arguments, Columns, errors.Select(e => RowOf(context, e)));
            else if (result is ProjectResult.Loaded { Project: var project } && errors.Count == 0)
                Report(context.Shell, project);
            foreach (var error in context.IsTable(arguments) ? errors : [])
                context.Shell.Error.WriteLine(
                    $"{context.Shell.Styled(Style.Red, "error:")} {context.Mask(error.Describe())}");
            if (errors.Count > 0 && context.IsTable(arguments))
                context.Shell.Error.WriteLine(RunText.Count(errors.Count, "error", "errors"));
            return errors.Count > 0 ? errors.Max(e => e.Kind.ExitCode) : 0;
        });
        return command;
    }

    static void Report(Shell shell, Project project)
    {
        var streams = project.Sources.Sum(s => s.Streams.Count);
        var checks = project.Graph.Nodes.Sum(n => n.Checks.Count);
        shell.Out.WriteLine(
            $"{project.Name} is in order: {RunText.Count(project.Sources.Count, "source", "sources")} with "
            + $"{RunText.Count(streams, "stream", "streams")}, "
            + $"{RunText.Count(project.Models.Count, "model", "models")}, "
            + $"{RunText.Count(checks, "check", "checks")}, {RunText.Count(project.SqlTests.Count, "test", "tests")}");
        foreach (var source in project.Sources.Where(s => s.IsUndiscovered))
            shell.Out.WriteLine(
                $"  {source.Name} takes all streams that its connection has: foz source "
                    + $"discover {source.Name} shows them");
    }

    static object?[] RowOf(CommandContext context, FozException error) =>
    [
        error.Place?.File, error.Place is { Line: > 0 } line ? line.Line : null,
        error.Place is { Column: > 0 } column ? column.Column : null, context.Mask(error.Message),
        error.Hint is { } hint ? context.Mask(hint) : null,
    ];
}
