using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz readers</c>: lists the engines that can read and write a table in its current state.</summary>
static class ReadersCommand
{
    public const string Name = "readers";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("engine"), new("held"), new("reads"), new("from"), new("writes"), new("obstacles")];

    static readonly IReadOnlyList<ResultColumn> TableColumns =
    [
        new("table"), new("readers"), new("reads"), new("shut_out"),
    ];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string?>("table")
        {
            Description = "The table: silver.orders (default: all tables)", Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new ExampleCommand(
            Name, "Show which engines can read and write a table",
            ["foz readers silver.orders", "foz readers", "foz readers --output json"]) { name };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            if (arguments.GetValue(name) is { } asked)
            {
                var table = await workspace.ResolveAsync(asked, cancellationToken);
                var snapshot = await (await workspace.Lake.OpenTableAsync(table, cancellationToken))
                    .LatestAsync(cancellationToken);
                context.WriteRows(arguments, Columns, snapshot.Engines.Select(RowOf));
                return;
            }
            var rows = new List<object?[]>();
            foreach (var definition in await LakeListing.ReadAsync(workspace.Lake, cancellationToken))
                if (definition.Kind is DefinitionKind.Table)
                    rows.Add(await RowAsync(workspace.Lake, definition.TableName, cancellationToken));
            context.WriteRows(arguments, TableColumns, rows);
        });
        return command;
    }

    static object?[] RowOf(EngineAccess engine) =>
        [engine.Engine, engine.IsHeld ? "yes" : "", engine.Reads, engine.From, engine.Writes, engine.Obstacles];

    static async Task<object?[]> RowAsync(Lakehouse lake, TableName name, CancellationToken cancellationToken)
    {
        var engines =
            (await (await lake.OpenTableAsync(name, cancellationToken)).LatestAsync(cancellationToken)).Engines;
        return
        [
            name.ToString(), Names(engines.Where(engine => engine.IsHeld)),
            Names(engines.Where(engine => engine.IsRead)),
            Names(engines.Where(engine => !engine.IsRead)),
        ];
    }

    static string Names(IEnumerable<EngineAccess> engines) =>
        string.Join(", ", engines.Select(engine => engine.Engine));
}
