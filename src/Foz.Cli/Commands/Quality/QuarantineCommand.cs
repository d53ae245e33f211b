using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Screening;

namespace Foz.Cli.Commands.Quality;

/// <summary><c>foz quarantine ls</c> and <c>foz quarantine release</c>.</summary>
static class QuarantineCommand
{
    public const string Name = "quarantine";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("checks"), new("rows", IsNumber: true), new("released", IsNumber: true),
        new("since", IsTime: true), new("such_as"),
    ];

    static readonly IReadOnlyList<ResultColumn> ReleaseColumns =
    [
        new("table"), new("released", IsNumber: true), new("broken", IsNumber: true), new("superseded", IsNumber: true),
        new("resumed", IsNumber: true), new("without_key", IsNumber: true),
    ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "List rows that broke a check, and release them",
        ["foz quarantine ls", "foz quarantine release silver.orders"])
    {
        List(context), Release(context),
    };

    static ExampleCommand List(CommandContext context)
    {
        var names = new Argument<string[]>("tables")
        {
            Description = "Tables (default: all)", Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new ExampleCommand(
            "ls", "List quarantined rows, by table and checks",
            ["foz quarantine ls", "foz quarantine ls silver.orders --output json"]) { names };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var named = arguments.GetValue(names)!;
            var nodes = named.Length == 0 ? project.Graph.Nodes : [.. named.Select(name => Find(project, name))];
            var entries = await new Quarantine(workspace.Lake).ListAsync(nodes, cancellationToken);
            if (entries.Count == 0 && context.IsTable(arguments))
            {
                context.Shell.Out.WriteLine("no row is in quarantine");
                return;
            }
            context.WriteRows(arguments, Columns, entries.Select(entry => new object?[]
            {
                entry.Table.ToString(), entry.Checks, entry.Rows, entry.Released,
                entry.Since is { } since ? TimeText.Of(since, context.IsTable(arguments)) : null,
                entry.Sample is { } sample ? context.Mask(sample) : null,
            }));
        });
        return command;
    }

    static ExampleCommand Release(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table of the rows" };
        var ids = new Option<string[]>("--id")
        {
            Description = "Only rows of these _quarantine_id; may be repeated", HelpName = "id",
            AllowMultipleArgumentsPerToken = true,
        };
        var where = new Option<string?>("--where")
        {
            Description = "Only rows for which a SQL condition holds", HelpName = "condition",
        };
        var reason = new Option<string?>("--reason")
        {
            Description = "Release rows that still break checks, and record why", HelpName = "text",
        };
        var command = new ExampleCommand(
            "release",
            "Release quarantined rows that pass the checks now, or any with a reason",
            [
                "foz quarantine release silver.orders",
                "foz quarantine release silver.orders --where \"status = 'new'\" --reason 'agreed with sales'",
                "foz quarantine release silver.orders --id 12-7 --reason 'seen by hand'",
            ])
        { name, ids, where, reason };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var node = Find(project, arguments.GetRequiredValue(name));
            if (project.File.Base is { } below && node.Table == below.TableOf(node.Name))
                throw new FozException(ErrorKind.Usage, $"{node.Name} is the table of {below.Name}")
                {
                    Hint = $"let its rows out there: --target {below.Name}",
                };
            if (arguments.GetValue(reason) is { } text && string.IsNullOrWhiteSpace(text))
                throw CommandContext.Unreadable("--reason", text, "say in words why the rows may go back");
            var result = await new Quarantine(workspace.Lake).ReleaseAsync(
                new()
                {
                    Node = node, Environment = project.Environment, Ids = arguments.GetValue(ids) ?? [],
                    Where = arguments.GetValue(where), Reason = arguments.GetValue(reason),
                }, cancellationToken);
            if (context.IsTable(arguments)) Report(context.Shell, node, result);
            else
                context.WriteRows(
                    arguments, ReleaseColumns,
                    [
                        [
                            node.Table.ToString(), result.Released, result.Broken, result.Superseded, result.Resumed,
                            result.WithoutKey,
                        ],
                    ]);
        });
        return command;
    }

    static void Report(Shell shell, GraphNode node, ReleaseResult result)
    {
        if (result.Resumed > 0)
            shell.Out.WriteLine($"{Rows(result.Resumed)} of a release that was cut off went back to {node.Table}");
        shell.Out.WriteLine($"{Rows(result.Released)} went back to {node.Table}");
        if (result.Broken > 0)
            shell.Out.WriteLine($"  {Rows(result.Broken)} break a check and wait; --reason lets them go");
        if (result.WithoutKey > 0)
            shell.Out.WriteLine(
                $"  {Rows(result.WithoutKey)} have NULL in the key and stay, with --reason too: no "
                    + "row could ever replace them; "
                + "correct them where they come from");
        if (result.Superseded > 0)
            shell.Out.WriteLine($"  {Rows(result.Superseded)} wait: the table has a row of their key");
    }

    static string Rows(long count) => RunText.Count(count, "row", "rows");

    /// <summary>The table of a project by its name, or by its name in the lake.</summary>
    public static GraphNode Find(Project project, string name)
    {
        var table = TableName.Parse(name);
        return project.Graph.Nodes.FirstOrDefault(node => node.Name == table || node.Table == table)
            ?? throw new FozException(ErrorKind.Usage, $"the project has no table '{name}'")
            {
                Hint = NearestName.Hint(name, project.Graph.Nodes.Select(node => node.Name.ToString())),
            };
    }
}
