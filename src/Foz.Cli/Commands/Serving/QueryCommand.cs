using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz query</c>: the owner's SQL, queries and statements, with or without a project.</summary>
static class QueryCommand
{
    public const string Name = "query";

    public static Command Create(CommandContext context)
    {
        var sql = new Argument<string?>("sql")
        {
            Description = "The SQL (default: --file, or standard input)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--file", "-f") { Description = "A file with the SQL", HelpName = "file" };
        var remote = new Option<string?>("--remote")
        {
            HelpName = "server",
            Description =
                "Query a running foz serve: host, user@host:port or postgres://…, with libpq's variables (PGUSER, "
                    + "PGPASSWORD, PGSSLMODE, …) and ~/.pgpass",
        };
        var command = new ExampleCommand(
            Name,
            "Run SQL on the lake, any Delta table, local files or a server",
            [
                "foz query \"select * from gold.daily_sales order by 1 desc limit 10\"",
                "foz query \"select count(*) from silver.orders at (version => 3)\" --output json",
                "foz query \"update silver.orders set status = 'paid' where order_id = 17\"",
                "foz query \"select * from delta_scan('/data/orders', timestamp := '2026-01-31')\"",
                "foz query \"from read_parquet('sales/*.parquet')\" --output csv > sales.csv",
                "foz query --remote ana@lake.example.com \"select count(*) from gold.daily_sales\"",
                "foz query --remote "
                    + "\"postgres://ana@lake.example.com:5432/lake?sslmode=verify-full\" --file report.sql",
            ])
        { sql, file, remote };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var text = await ReadAsync(context, arguments.GetValue(sql), arguments.GetValue(file), cancellationToken);
            if (arguments.GetValue(remote) is { } server)
            {
                var isInputFree = arguments.GetValue(sql) is not (null or "-") || arguments.GetValue(file) is not null;
                await new RemoteQuery(context, arguments).RunAsync(
                    server, text, isInputFree ? context.Shell.In() : null, cancellationToken);
                return;
            }
            var statement = StatementReader.Read(text);
            using var workspace = Find(context, arguments, out var fault);
            if (workspace is not null)
            {
                if (statement is null)
                    await RunAsync(context, arguments, workspace.Engines, workspace.Names, text, cancellationToken);
                else
                    await RunAsync(
                        context, arguments, workspace.Engines, workspace.Names, workspace.Lake.Tables, statement,
                        cancellationToken);
                return;
            }
            if (statement is not null && fault is not null) throw fault;
            using var engines = new EnginePool(new());
            var tables = new Lakehouse(context.Shell.Folder, engines, context.Shell.Clock).Tables;
            var names = new LakeNameResolver(lake: null, tables, static _ => null) { Fault = fault };
            if (statement is null) await RunAsync(context, arguments, engines, names, text, cancellationToken);
            else await RunAsync(context, arguments, engines, names: null, tables, statement, cancellationToken);
        });
        return command;
    }

    /// <summary>
    /// Finds the project, if there is one. Unless the user named the project, an error in it only keeps statements that
    /// name its tables from running.
    /// </summary>
    static Workspace? Find(CommandContext context, ParseResult arguments, out FozException? fault)
    {
        fault = null;
        try
        {
            return Workspace.Find(context, arguments, Workload.Query);
        }
        catch (FozException e)
            when (arguments.GetValue(context.Project) is null && arguments.GetValue(context.Target) is null)
        {
            fault = e;
            return null;
        }
    }

    static async Task RunAsync(
        CommandContext context, ParseResult arguments, EnginePool engines, INameResolver names, string sql,
        CancellationToken cancellationToken)
    {
        using var session = engines.Open(Workload.Query);
        using var bound = NamesNothing(sql, hasLake: names is not LakeNameResolver { HasLake: false })
            ? null
            : await new StatementBinder(session, names).BindAsync(sql, cancellationToken);
        if (names is LakeNameResolver { Fault: { } fault })
            context.Warn(
                new(fault.Describe(), "the statement names nothing of the lake, and runs without the project"));
        try
        {
            using var rows = session.Query(bound?.Sql ?? sql, cancellationToken);
            context.Writer(arguments).Write(
                ResultColumn.Of(rows.Columns), rows.Rows(cancellationToken), () => rows.CountRest(cancellationToken));
        }
        catch (FozException e) when (bound is not null && TextColumns.IsCauseOf(e))
        {
            throw await TextColumns.ExplainAsync(e, sql, names, session, cancellationToken);
        }
    }

    /// <summary>Runs a statement that changes a table or shows information about it.</summary>
    static async Task RunAsync(
        CommandContext context, ParseResult arguments, EnginePool engines, EnvironmentNameResolver? names,
            TableStore tables,
        Statement statement, CancellationToken cancellationToken)
    {
        using var session = engines.Open(Workload.Query);
        var result = await new StatementRunner(new(session, names, tables)).RunAsync(statement, cancellationToken);
        if (result.Warning is { } warning) context.Warn(warning);
        context.WriteRows(arguments, ResultColumn.Of(result.Columns), result.Rows);
    }

    /// <summary>
    /// Whether a statement is one SELECT in which no name can mean anything in a lake: it need not be bound, as binding
    /// takes longer than running a short statement.
    /// </summary>
    static bool NamesNothing(string sql, bool hasLake) =>
        sql.StartsWith("select ", StringComparison.OrdinalIgnoreCase)
        && !sql.Contains(';', StringComparison.Ordinal)
        && !sql.Contains(LakeNameResolver.DeltaScan, StringComparison.OrdinalIgnoreCase)
        && !sql.Contains(LakeNameResolver.TableChangesFunction, StringComparison.OrdinalIgnoreCase)
        && (!hasLake || !sql.Contains('.', StringComparison.Ordinal));

    static Task<string> ReadAsync(
        CommandContext context, string? sql, string? file, CancellationToken cancellationToken) => (sql, file) switch
        {
            ({ }, { }) => throw new FozException(ErrorKind.Usage, "SQL is given as an argument and with --file"),
            ("-", null) or (null, null) => context.Shell.In().ReadToEndAsync(cancellationToken),
            ({ }, null) => Task.FromResult(sql),
            _ => ReadFileAsync(context.Shell.PathOf(file!), cancellationToken),
        };

    static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken) => File.Exists(path)
        ? await File.ReadAllTextAsync(path, cancellationToken)
        : throw new FozException(ErrorKind.Usage, $"there is no file {path}");
}
