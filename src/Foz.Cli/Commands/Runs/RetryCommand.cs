using System.CommandLine;
using Foz.Lake.Engine;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz retry</c>: what failed in the last run, and what was not tried in it.</summary>
static class RetryCommand
{
    public const string Name = "retry";

    public static Command Create(CommandContext context)
    {
        var options = new RunOptions(context);
        var command = new ExampleCommand(
            Name, "Run the steps that failed or were skipped in the last run",
            ["foz retry", "foz retry --target prod"]);
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            if (await options.HandOverAsync(arguments, workspace, cancellationToken) is { } exitCode) return exitCode;
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var run = await options.RetryAsync(arguments, workspace, project, cancellationToken);
            return options.ReportTests(arguments, project, Name, run, cancellationToken);
        });
        return command;
    }
}
