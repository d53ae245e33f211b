using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Alterations;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz alter</c>: changes what a table is.</summary>
static class AlterCommand
{
    public const string Name = "alter";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("table"), new("change"), new("version", IsNumber: true), new("is_changed")];

    public static Command Create(CommandContext context)
    {
        var table = new Argument<string>("table") { Description = "The table: silver.orders" };
        var command = new ExampleCommand(
            Name, "Change a table's columns, properties, constraints and features",
            [
                "foz alter silver.orders add-column note string --comment 'what the clerk wrote'",
                "foz alter silver.orders set delta.columnMapping.mode=name",
                "foz alter silver.orders rename-column note remark",
                "foz alter silver.orders add-constraint positive 'amount > 0'",
            ])
        { table };
        var actions = new AlterActions((name, description, examples, arguments, alteration) =>
        {
            var action = new ExampleCommand(name, description, examples);
            foreach (var symbol in arguments)
                if (symbol is Argument argument) action.Add(argument);
                else action.Add((Option)symbol);
            action.SetAction((parsed, cancellationToken) =>
                AlterAsync(
                    context, parsed, parsed.GetRequiredValue(table), name, alteration(parsed), cancellationToken));
            return action;
        });
        foreach (var action in actions.All()) command.Add(action);
        return command;
    }

    static async Task AlterAsync(
        CommandContext context, ParseResult arguments, string tableName, string change, TableAlteration alteration,
        CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        var name = await workspace.ResolveOwnAsync(tableName, cancellationToken);
        var table = await workspace.Lake.OpenTableAsync(name, cancellationToken);
        using var session = workspace.Engines.Open(Workload.Query);
        var committed = await new TableAlterer(session).AlterAsync(table, alteration, cancellationToken);
        if (committed?.Warning is { } warning) context.Warn(warning);
        if (!context.IsTable(arguments))
        {
            var version = committed?.Version ?? (await table.LatestAsync(cancellationToken)).Version;
            context.WriteRows(arguments, Columns, [[name.ToString(), change, version, committed is not null]]);
            return;
        }
        context.Shell.Out.WriteLine(committed is null
            ? $"{name} is so already; nothing was changed"
            : $"{name} is altered ({change}); this is version {committed.Version}");
    }

    /// <summary>The error of a text that is no <c>name=value</c>.</summary>
    public static FozException Unpaired(string text) => CommandContext.Unreadable("the pair", text, "write name=value");
}
