using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz changes</c>: what versions of a table changed, row by row.</summary>
static class ChangesCommand
{
    public const string Name = "changes";

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table: silver.orders" };
        var from = new Option<string>("--from")
        {
            Description = "The first version or instant, in UTC unless it has an offset",
            HelpName = "version", Required = true,
        };
        var to = new Option<string?>("--to")
        {
            Description = "The last version or instant (default: the newest)", HelpName = "version",
        };
        var command = new ExampleCommand(
            Name, "List the rows that versions of a table inserted, updated and deleted",
            [
                "foz changes silver.orders --from 3",
                "foz changes silver.orders --from 3 --to 5 --output csv > changes.csv",
                "foz changes gold.daily_sales --from '2026-01-31 08:00:00'",
            ])
        { name, from, to };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var range = ChangeRange.Parse(arguments.GetRequiredValue(from), arguments.GetValue(to));
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.Lake.OpenTableAsync(
                await workspace.ResolveAsync(arguments.GetRequiredValue(name), cancellationToken), cancellationToken);
            var changes = await (await range.ReadAsync(table, cancellationToken)).RowsAsync(cancellationToken);
            using var session = workspace.Engines.Open(Workload.Query);
            using var relation = await changes.OpenAsync(session, filter: null, cancellationToken);
            // The first column is the key of most tables: the two sides of an update stand together.
            using var rows = session.Query(
                $"SELECT * FROM {relation.Sql} ORDER BY {TableChanges.CommitVersionColumn}, 1, "
                + $"{TableChanges.ChangeTypeColumn} = '{ChangeTypes.Postimage}', {TableChanges.ChangeTypeColumn}",
                cancellationToken);
            context.Writer(arguments).Write(
                ResultColumn.Of(rows.Columns), rows.Rows(cancellationToken), () => rows.CountRest(cancellationToken));
        });
        return command;
    }
}
