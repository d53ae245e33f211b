using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz plan</c>: what a run would do.</summary>
static class PlanCommand
{
    public const string Name = "plan";

    const int BrokenExitCode = 1;

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("step"), new("kind"), new("works"), new("reason"), new("warnings"), new("file"), new("change"), new("diff"),
        new("settings"), new("impact"), new("schema"), new("columns"), new("bytes_to_read", IsNumber: true),
        new("breaks"),
        new("intervals"),
    ];

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var defer = new DeferOption();
        var intervals = new IntervalOptions();
        var fullRefresh = new Option<bool>("--full-refresh") { Description = "Show what a full refresh would do" };
        var command = new ExampleCommand(
            Name, "Show what a run would do, and why",
            ["foz plan", "foz plan dev", "foz plan +gold.daily_sales", "foz plan --target prod --output json"])
        { fullRefresh };
        selection.AddTo(command);
        defer.AddTo(command);
        intervals.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var environment = Workspace.EnvironmentIn(context, arguments, selection.Names(arguments));
            using var workspace = environment is null
                ? Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models)
                : Workspace.Open(context, arguments, environment, Workload.Ingestion, Workload.Models);
            var selected = selection.Read(
                context, workspace, arguments, cancellationToken, namesSkipped: environment is null ? 0 : 1);
            var request = new RunRequest
            {
                Project = await workspace.LoadProjectAsync(context, cancellationToken),
                Selection = selected,
                Defer = defer.Read(arguments, workspace, selected),
                Intervals = IntervalOptions.Of(intervals.Read(arguments), arguments.GetValue(fullRefresh)),
                IsFullRefresh = arguments.GetValue(fullRefresh),
            };
            RunPlan plan;
            try
            {
                plan = await new RunPlanner(workspace.Lake).PlanAsync(request, cancellationToken);
            }
            catch (FozException e) when (environment is null
                && FindEnvironment(workspace, selection.Names(arguments), e) is { } near)
            {
                throw new FozException(e.Kind, e.Message, e) { Hint = $"did you mean the environment '{near}'?" };
            }
            if (context.IsTable(arguments)) new PlanDisplay(context).Show(plan);
            else context.WriteRows(arguments, Columns, RowsOf(context, plan, request.Project));
            return plan.Breaks.Count > 0 ? BrokenExitCode : 0;
        });
        return command;
    }

    /// <summary>
    /// Returns the environment whose name is near a first name that selects nothing; null if there is none.
    /// </summary>
    static string? FindEnvironment(Workspace workspace, IReadOnlyList<string> names, FozException error) =>
        names is [var first, ..] && error.Kind is ErrorKind.Usage
            && error.Message.StartsWith($"'{first}'", StringComparison.Ordinal)
            ? NearestName.Find(first, workspace.File.Environments)
            : null;

    /// <summary>Returns a row for each step, and for each other model that would no longer work.</summary>
    static IEnumerable<object?[]> RowsOf(CommandContext context, RunPlan plan, Project project)
    {
        var files = plan.Steps.Select(step => step.File).ToHashSet(StringComparer.Ordinal);
        var others = plan.Breaks.Select(error => error.Place?.File ?? "").Distinct(StringComparer.Ordinal)
            .Where(file => !files.Contains(file));
        return plan.Steps.Select(step => RowOf(context, step, plan)).Concat(others.Select(file => RowOf(
            context,
            new PlannedStep(
                project.Graph.Nodes.FirstOrDefault(node => new Resource.Table(node).File == file)?.Table
                    ?? new("", file),
                IsStream: false, Works: false, "not selected")
            { File = file },
            plan)));
    }

    static object?[] RowOf(CommandContext context, PlannedStep step, RunPlan plan) =>
    [
        $"{step.Step}", step.IsStream ? "stream" : "model", step.Works, step.Reason,
        Texts(step.Warnings.Select(warning => context.Mask(warning.Describe()))), step.File,
        Texts(PlanDisplay.WordsOf(step.Change)),
        step.Diff.Count == 0
            ? null
            : string.Join(
                '\n', step.Diff.SelectMany(hunk => hunk.Lines.Select(line => $"{line}").Prepend(hunk.Heading))),
        Texts(step.Settings.Select(change =>
            $"{change.Key}: {change.Before ?? "not set"} → {change.Now ?? "not set"}")),
        step.Impact?.Kind.ToString().ToLowerInvariant(),
        Texts(step.Impact?.Schema.Select(column => $"{column.Name}: {column.Before ?? "none"} → {column.Now ?? "none"}")
            ?? []),
        Texts(step.Impact?.Columns ?? []), step.BytesToRead,
        Texts(plan.Breaks.Where(error => (error.Place?.File ?? "") == step.File)
            .Select(error => context.Mask(error.Describe()))),
        Texts(step.Intervals.Select(interval => $"{interval}")),
    ];

    static object?[] Texts(IEnumerable<string> texts) => [.. texts];
}
