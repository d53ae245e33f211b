using System.CommandLine;
using Foz.Cli.Commands.Querying;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Serving.Sql;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz query</c>: the owner's SQL, queries and statements, with or without a project.</summary>
static class QueryCommand
{
    public const string Name = "query";

    /// <summary>Errors behind so many characters of a text have the place in their statement.</summary>
    const int PlacedCharactersMax = 100_000;

    public static Command Create(CommandContext context)
    {
        var sql = new Argument<string?>("sql")
        {
            Description = "The SQL (default: --file, or standard input; at a terminal a prompt)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "A file with one or several statements",
            HelpName = "file"
        };
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
                "foz query",
                "foz query --file report.sql",
                "foz query --remote ana@lake.example.com \"select count(*) from gold.daily_sales\"",
                "foz query --remote "
                    + "\"postgres://ana@lake.example.com:5432/lake?sslmode=verify-full\" --file report.sql",
            ])
        { sql, file, remote };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var isPrompt = context.Shell.IsInteractive && context.IsTable(arguments) && arguments.GetValue(sql) is null
                && arguments.GetValue(file) is null && arguments.GetValue(remote) is null;
            if (isPrompt)
            {
                using var typed = LocalStatements.Open(context, arguments);
                await new QueryPrompt(context, new(typed), cancellationToken)
                {
                    IsVerbose = arguments.GetValue(context.Verbose),
                }.RunAsync(cancellationToken);
                return;
            }
            var text = await ReadAsync(context, arguments.GetValue(sql), arguments.GetValue(file), cancellationToken);
            if (arguments.GetValue(remote) is { } server)
            {
                var isInputFree = arguments.GetValue(sql) is not (null or "-") || arguments.GetValue(file) is not null;
                await new RemoteQuery(context, arguments).RunAsync(
                    server, text, isInputFree ? context.Shell.In() : null, cancellationToken);
                return;
            }
            using var statements = LocalStatements.Open(context, arguments);
            await RunAsync(context, arguments, statements, text, cancellationToken);
        });
        return command;
    }

    /// <summary>Runs the statements of a text in order; the first that fails is the last.</summary>
    static async Task RunAsync(
        CommandContext context, ParseResult arguments, LocalStatements statements, string text,
        CancellationToken cancellationToken)
    {
        var isForPeople = context.IsTable(arguments);
        // Splitting takes time at the start of the process, and most texts are one statement.
        IReadOnlyList<string> parts = text.AsSpan().TrimEnd().TrimEnd(';').Contains(';') ? PartsOf(text) : [text];
        for (var i = 0; i < parts.Count; i++)
        {
            // An empty line separates results of several statements, except for JSON, where each is an array.
            if (i > 0 && !context.IsJson(arguments)) context.Shell.Out.Write('\n');
            await statements.RunAsync(parts[i], context.Writer(arguments), isForPeople, cancellationToken);
        }
    }

    /// <summary>
    /// Returns the statements, each after as many lines and columns as in the text: errors name these.
    /// </summary>
    static IReadOnlyList<string> PartsOf(string text)
    {
        var parts = SqlScript.Split(text);
        return parts.Count <= 1
            ? [text]
            : [.. parts.Select(part =>
                part.Start <= PlacedCharactersMax ? Before(text, part.Start) + part.Text : part.Text)];

        static string Before(string text, int start)
        {
            var line = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) + 1;
            return new string('\n', text.AsSpan(0, start).Count('\n')) + new string(' ', start - line);
        }
    }

    static Task<string> ReadAsync(
        CommandContext context, string? sql, string? file, CancellationToken cancellationToken) => (sql, file) switch
        {
            ({ }, { }) => throw new FozException(ErrorKind.Usage, "SQL is given as an argument and with --file"),
            ("-", null) or (null, null) => context.Shell.In().ReadToEndAsync(cancellationToken),
            ({ }, null) => Task.FromResult(sql),
            _ => ReadFileAsync(context.Shell.PathOf(file!), file!, cancellationToken),
        };

    static async Task<string> ReadFileAsync(string path, string shown, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) throw new FozException(ErrorKind.Usage, $"there is no file {path}");
        using var reader = new Utf8Reader(File.OpenRead(path), shown);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
