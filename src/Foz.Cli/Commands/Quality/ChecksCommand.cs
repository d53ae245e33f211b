using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Dbt.Imports;
using Foz.Pipelines.Runs.Screening;

namespace Foz.Cli.Commands.Quality;

/// <summary>
/// <c>foz checks ls</c>: how well tables keep their checks; <c>foz checks import</c>: takes over those of another tool.
/// </summary>
static class ChecksCommand
{
    public const string Name = "checks";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("check"), new("arguments"), new("result"), new("violations", IsNumber: true),
        new("rows", IsNumber: true),
        new("actual"), new("runs", IsNumber: true), new("passed", IsNumber: true), new("last", IsTime: true),
        new("description"),
    ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "List checks with their results, and import checks of other tools",
        ["foz checks ls silver.orders", "foz checks import gx/expectations/orders.json"])
    {
        List(context), Import(context),
    };

    static ExampleCommand List(CommandContext context)
    {
        var names = new Argument<string[]>("tables")
        {
            Description = "Tables (default: all)", Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new ExampleCommand(
            "ls", "List checks with their last results",
            ["foz checks ls", "foz checks ls silver.orders --output json"]) { names };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var named = arguments.GetValue(names)!;
            IReadOnlyList<GraphNode> nodes = named.Length == 0
                ? project.Graph.Nodes
                : [.. named.Select(name => QuarantineCommand.Find(project, name))];
            var pages = await new TableQualityReader(workspace.Lake).ReadAsync(nodes, cancellationToken);
            context.WriteRows(arguments, Columns, pages.SelectMany(page => RowsOf(page, context.IsTable(arguments))));
        });
        return command;
    }

    static IEnumerable<object?[]> RowsOf(TableQuality page, bool isForPeople) =>
        page.Checks.Select(check => new object?[]
        {
            page.Node.Table.ToString(), check.Title, isForPeople ? ChecksTable.Short(check.Arguments) : check.Arguments,
            check.Last is not { } last ? "never made"
                : !last.Passed ? last.OnViolation
                : check.Check is null && last.Violations > 0 ? "cleaned" : "passed",
            check.Last?.Violations, check.Last?.RowsChecked, check.Last?.Actual, check.Runs, check.RunsPassed,
            check.Last is { } found ? TimeText.Of(found.At, isForPeople) : null, check.Check?.Description,
        });

    static ExampleCommand Import(CommandContext context)
    {
        var file = new Argument<string>("suite") { Description = "The suite's JSON file" };
        var table = new Option<string?>("--table")
        {
            Description = "The table that the suite's queries read", HelpName = "table",
        };
        var command = new ExampleCommand(
            "import",
            "Convert a Great Expectations suite into checks",
            [
                "foz checks import gx/expectations/orders.json",
                "foz checks import orders.json --table silver.orders > checks.yml",
            ])
        { file, table };
        command.SetAction((arguments, _) =>
        {
            var path = context.Shell.PathOf(arguments.GetRequiredValue(file));
            var suite = ExpectationSuite.Read(
                Read(path), arguments.GetRequiredValue(file),
                arguments.GetValue(table) is { } text ? TableName.Parse(text).ToString() : null);
            Write(context.Shell.Out, suite);
            foreach (var (expectation, reason) in suite.Unmatched)
                context.Warn(new($"{expectation} has no equivalent", reason));
            return Task.CompletedTask;
        });
        return command;
    }

    static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Usage, $"{path} cannot be read: {e.Message}", e);
        }
    }

    static void Write(TextWriter output, ExpectationSuite suite)
    {
        if (suite.Name is { } name) output.WriteLine($"# the suite {name} of Great Expectations");
        var columns = suite.Checks.Where(check => check.Column is not null).GroupBy(check => check.Column!).ToList();
        if (columns.Count > 0) output.WriteLine("columns:");
        foreach (var column in columns)
        {
            output.WriteLine($"  - name: '{column.Key.Replace("'", "''", StringComparison.Ordinal)}'");
            output.WriteLine("    checks:");
            foreach (var check in column) output.WriteLine($"      - {check.Yaml}");
        }
        var others = suite.Checks.Where(check => check.Column is null).ToList();
        if (others.Count > 0) output.WriteLine("checks:");
        foreach (var check in others) output.WriteLine($"  - {check.Yaml}");
    }
}
