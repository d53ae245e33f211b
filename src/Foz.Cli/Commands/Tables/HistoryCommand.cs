using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz history</c>: lists the commits of a table and who made them.</summary>
static class HistoryCommand
{
    public const string Name = "history";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("version", IsNumber: true), new("committed_at", IsTime: true), new("operation"), new("parameters"),
        new("rows_added", IsNumber: true), new("rows_deleted", IsNumber: true), new("files_added", IsNumber: true),
        new("engine"),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("version", IsNumber: true), new("committed_at", IsTime: true), new("operation"), new("parameters"),
        new("added", IsNumber: true), new("deleted", IsNumber: true), new("engine", IsDetail: true),
    ];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table: silver.orders" };
        var limit = new Option<int>("--limit", "-n")
        {
            Description = "How many commits to show", HelpName = "commits",
            DefaultValueFactory = _ => 100,
        };
        var command = new ExampleCommand(
            Name, "List the versions of a table, the newest first",
            ["foz history silver.orders", "foz history gold.daily_sales --limit 5 --output json"]) { name, limit };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(limit) < 1)
                throw CommandContext.Unreadable("--limit", $"{arguments.GetValue(limit)}", "write a number from 1 on");
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.Lake.OpenTableAsync(
                await workspace.ResolveAsync(arguments.GetRequiredValue(name), cancellationToken), cancellationToken);
            var rows = new List<object?[]>();
            await foreach (var commit in table.HistoryAsync(cancellationToken))
            {
                rows.Add(RowOf(commit, context.IsTable(arguments)));
                if (rows.Count == arguments.GetValue(limit)) break;
            }
            context.WriteRows(arguments, context.IsTable(arguments) ? ShownColumns : Columns, rows);
        });
        return command;
    }

    static object?[] RowOf(TableCommit commit, bool isForPeople)
    {
        object?[] what =
        [
            commit.Version, TimeText.Of(commit.Timestamp, isForPeople), commit.Operation,
            string.Join(", ", commit.Parameters.Select(p => $"{p.Key}={p.Value}")),
        ];
        return isForPeople
            ? [.. what, $"{commit.RowsAdded:N0}", $"{commit.RowsDeleted:N0}", commit.Engine]
            : [.. what, commit.RowsAdded, commit.RowsDeleted, commit.FilesAdded, commit.Engine];
    }
}
