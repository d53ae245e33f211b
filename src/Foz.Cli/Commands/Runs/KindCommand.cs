using System.CommandLine;
using Foz.Lake.Engine;

namespace Foz.Cli.Commands.Runs;

/// <summary>Commands that run the resources of one kind: <c>foz seed</c>, <c>foz snapshot</c>.</summary>
static class KindCommand
{
    /// <summary>Makes a command.</summary>
    /// <param name="context">What commands share.</param>
    /// <param name="name">The command's name, which is also that of the kind.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">Examples of it.</param>
    public static Command Create(
        CommandContext context, string name, string description, IReadOnlyList<string> examples)
    {
        var selection = new SelectionOptions();
        var options = new RunOptions(context);
        var command = new ExampleCommand(name, description, examples);
        options.AddTo(command);
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            var kind = $"resource_type:{name}";
            var asked = selection.Read(context, workspace, arguments, cancellationToken);
            var terms = asked.Select.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .ToList();
            var run = await options.RunAsync(
                arguments, workspace,
                new()
                {
                    Project = await workspace.LoadProjectAsync(context, cancellationToken),
                    Selection =
                        asked with { Select = terms.Count == 0 ? [kind] : [.. terms.Select(term => $"{term},{kind}")] },
                },
                cancellationToken);
            return RunOptions.ExitCodeOf(run, cancellationToken);
        });
        return command;
    }
}
