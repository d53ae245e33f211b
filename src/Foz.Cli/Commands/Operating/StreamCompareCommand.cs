using System.CommandLine;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Terminal;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.Requests;
using Foz.Streams;
using Foz.Streams.Comparing;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz stream compare</c>: how a table in the lake differs from that of its source.</summary>
static class StreamCompareCommand
{
    static readonly IReadOnlyList<ResultColumn> columns =
    [
        new("key"), new("difference"), new("column"), new("in_source"), new("in_lake"),
    ];

    public static Command Create(CommandContext context)
    {
        var table = new Argument<string>("table")
        {
            Description = "A stream, its bronze table, or the table of its current rows",
        };
        var limit = new Option<int>("--limit", "-n")
        {
            Description = "How many differences to show", HelpName = "differences", DefaultValueFactory = _ => 20,
        };
        var wait = RunOptions.WaitOption();
        wait.Description = "How long to wait until the lake has the changes up to the moment of the comparison";
        var command = new ExampleCommand(
            "compare",
            "Compare the rows of a table in the lake with those of its source, at one moment; exits with 1 where they "
                + "differ",
            ["foz stream compare orders", "foz stream compare bronze.orders --limit 100 -o json"])
        { table, limit, wait };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(
                context, arguments, Workload.Query, Workload.Models, Workload.Ingestion);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            if (arguments.GetValue(limit) is < 1 and var few)
                throw CommandContext.Unreadable("--limit", $"{few}", "write 1 or more");
            var leader = await Leadership.FindAsync(
                workspace.Lake, workspace.File.Name, workspace.File.Environment, cancellationToken);
            var comparer = new StreamComparer(workspace.Lake, project)
            {
                DifferencesMax = arguments.GetValue(limit),
                WaitMax = RunOptions.WaitOf(arguments.GetValue(wait)!),
                CatchUpAsync = leader is null
                    ? (compared, steps, stop) => ReadAsync(context, workspace, project, compared, steps, stop)
                    // The host reads as far as it was read anyway, and keeps now how far that is.
                    : (compared, _, stop) => new HandOver(context, workspace, isJson: false) { IsSilent = true }
                        .TryAsync(["run", $"{compared[0]}"], stop),
            };
            var comparison = await comparer.CompareAsync(arguments.GetRequiredValue(table), cancellationToken);
            Show(context, arguments, comparison);
            return comparison.IsDifferent ? 1 : 0;
        });
        return command;
    }

    /// <summary>
    /// Reads what the lake lacks, where no host does. Other tables of the source may stand still meanwhile.
    /// </summary>
    static async Task ReadAsync(
        CommandContext context, Workspace workspace, Project project, IReadOnlyList<TableName> compared,
        IReadOnlyList<TableName> steps, CancellationToken cancellationToken)
    {
        context.Shell.Error.WriteLine(
            context.Shell.Styled(Style.Dim, $"no host follows the source: runs {string.Join(", ", steps)} first"));
        var run = await new RunService(workspace.Lake).Start(
            new()
            {
                Project = project, Selection = new() { Select = [.. steps.Select(step => $"{step}")] },
                Changes = ChangeReader.OfProcess,
            },
            static _ => { }, cancellationToken).Result;
        var failed = run.Steps.FirstOrDefault(step => step.Error is not null
            && (!step.StandsStill || compared.Contains(step.Step)));
        if ((run.Error ?? failed?.Error) is { } error) throw error;
    }

    static void Show(CommandContext context, ParseResult arguments, StreamComparison comparison)
    {
        var isTable = context.IsTable(arguments);
        if (!isTable || comparison.Differences.Count > 0)
            context.WriteRows(arguments, columns, comparison.Differences.Select(difference => (object?[])
            [
                context.Mask(difference.Key), WordOf(difference.Kind), difference.Column,
                TextOf(difference, difference.InSource), TextOf(difference, difference.InLake),
            ]));
        var writer = isTable ? context.Shell.Out : context.Shell.Error;
        foreach (var line in LinesOf(comparison)) writer.WriteLine(line);

        string? TextOf(RowDifference difference, string? value) => value is not null ? context.Mask(value)
            : isTable && difference.Column is not null ? "NULL"
            : null;
    }

    static IEnumerable<string> LinesOf(StreamComparison comparison)
    {
        var counts = comparison.IsDifferent
            ? $"{comparison.Changed:N0} changed, {comparison.MissingInLake:N0} missing in the lake, "
                + $"{comparison.MissingInSource:N0} missing in the source, of {comparison.Rows:N0} rows"
            : $"{RunText.Count(comparison.Rows, "row", "rows")}, no difference";
        yield return $"{comparison.Table}: {counts}, at {comparison.Position}; "
            + $"{RunText.Count(comparison.RowsRead, "row", "rows")} read one by one";
        if (comparison.Newer > 0)
            yield return $"{RunText.Count(comparison.Newer, "row", "rows")} left out, as changed since that moment";
        foreach (var (column, reason) in comparison.LeftOut) yield return $"{column} left out: {reason}";
    }

    static string WordOf(RowDifferenceKind kind) => kind switch
    {
        RowDifferenceKind.Changed => "changed",
        RowDifferenceKind.MissingInLake => "missing in lake",
        _ => "missing in source",
    };
}
