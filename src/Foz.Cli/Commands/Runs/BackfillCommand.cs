using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.Models;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz backfill</c>: fills a time of models with intervals, again where it is filled.</summary>
static class BackfillCommand
{
    public const string Name = "backfill";

    public static Command Create(CommandContext context)
    {
        var names = new Argument<string[]>("models")
        {
            Description = "The models: silver.events", Arity = ArgumentArity.OneOrMore,
        };
        var intervals = new IntervalOptions();
        var window = new Option<string?>("--window")
        {
            Description = "Length of one batch: 6h, 7d (default: the model's batch_size)", HelpName = "time",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the batches without running them" };
        var wait = RunOptions.WaitOption();
        var logFormat = RunOptions.LogFormatOption();
        var command = new ExampleCommand(
            Name, "Fill intervals of models; run it again to resume",
            [
                "foz backfill silver.events --start 2026-01-01 --end 2026-02-01",
                "foz backfill silver.events --start 2025-01-01 --window 7d",
                "foz backfill silver.events --start 2026-01-01 --dry-run",
            ])
        { names, window, dryRun, wait, logFormat };
        intervals.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var models = IntervalModels.Find(project, arguments.GetRequiredValue(names));
            var asked = intervals.Read(arguments) ?? new IntervalRequest();
            var request = asked with { Window = WindowOf(arguments.GetValue(window)), IsBackfill = true };
            var reader = new IntervalReader(workspace.Lake);
            foreach (var model in models)
            {
                var plan = await reader.PlanAsync(model, request, cancellationToken);
                context.Shell.Error.WriteLine(
                    $"backfill {plan.Id} of {model.Table}: {RunText.Count(plan.Intervals.Count, "batch", "batches")}");
                if (!arguments.GetValue(dryRun)) continue;
                foreach (var interval in plan.Intervals) context.Shell.Out.WriteLine($"  {interval}");
            }
            if (arguments.GetValue(dryRun)) return 0;
            var display = RunDisplay.For(
                context.Shell, arguments.GetValue(logFormat) is "json", context.ErrorsOf(arguments));
            using var observer = context.Observe(workspace.File);
            var run = await display.WatchAsync(() => new RunService(workspace.Lake).Start(
                new()
                {
                    Project = project,
                    Selection = new() { Select = [.. models.Select(model => $"{model.Name}")] },
                    Intervals = request,
                    Wait = RunOptions.WaitOf(arguments.GetValue(wait)!),
                },
                observer.After(display.Show), cancellationToken).Result);
            return RunOptions.ExitCodeOf(run, cancellationToken);
        });
        return command;
    }

    static TimeSpan? WindowOf(string? text) => text is null ? null
        : Duration.TryParseWords(text, out var window) && window > TimeSpan.Zero ? window
        : throw CommandContext.Unreadable("--window", text, "write 6h, 1d or 7d");
}
