using System.CommandLine;
using Foz.Cli.Commands.Quality;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Demo;
using Foz.Cli.Remote;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz demo</c>: the main job on a sample company.</summary>
static class DemoCommand
{
    public const string Name = "demo";

    const string DataFolder = "data";

    static readonly string ExampleFolder = Path.Combine("examples", LojaProject.Name);
    static readonly TableName Shown = new("gold", "daily_sales");

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("table"), new("kind"), new("version", IsNumber: true), new("rows", IsNumber: true)];

    static readonly IReadOnlyList<ResultColumn> CheckColumns =
    [
        new("table"), new("check"), new("violations", IsNumber: true), new("rows", IsNumber: true), new("on violation"),
    ];

    static readonly IReadOnlyList<ResultColumn> RejectedColumns =
        [new("table"), new("rows", IsNumber: true), new("reason")];

    public static Command Create(CommandContext context)
    {
        var folder = new Option<string?>("--folder")
        {
            Description =
                "The project's folder, made if it is not there (default: examples/loja in a clone of Foz, else loja)",
            HelpName = "folder",
        };
        var fresh = new Option<bool>("--fresh") { Description = "Delete the demo's lake first" };
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Fill an empty PostgreSQL database with a small shop instead, to try foz init with",
            HelpName = "address",
        };
        var command = new ExampleCommand(
            Name, "Build the lake of a sample company, from generated files to checked gold tables",
            ["foz demo", "foz demo --fresh", "foz demo --postgres postgres://ana@localhost:5432/shop"])
            {
                folder, fresh, postgres,
            };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(postgres) is { } address)
            {
                await FillAsync(context, address, cancellationToken);
                return 0;
            }
            var startedAt = context.Shell.Clock.GetTimestamp();
            var project = await FindFolderAsync(context.Shell, arguments.GetValue(folder), cancellationToken);
            using var workspace = Workspace.Open(
                context, project, arguments.GetValue(context.Target), [Workload.Ingestion, Workload.Models]);
            if (arguments.GetValue(fresh) && !workspace.Lake.IsLocal)
                throw new FozException(
                    ErrorKind.Usage, $"--fresh deletes lakes on this machine only, not {workspace.Lake.Root}");
            if (arguments.GetValue(fresh) && Directory.Exists(workspace.Lake.Folder))
                Directory.Delete(workspace.Lake.Folder, recursive: true);
            await GenerateAsync(context.Shell, workspace, cancellationToken);
            var display = RunDisplay.For(context.Shell, isJson: false, context.ErrorsOf(arguments));
            var request = new RunRequest { Project = await workspace.LoadProjectAsync(context, cancellationToken) };
            using var observer = context.Observe(workspace.File);
            var run = await display.WatchAsync(() => new RunService(workspace.Lake).Start(
                request, observer.After(display.Show), cancellationToken).Result);
            var exitCode = RunOptions.ExitCodeOf(run, cancellationToken);
            await TellAsync(context.Shell, workspace, request.Project, run, cancellationToken);
            var elapsed = context.Shell.Clock.GetElapsedTime(startedAt);
            context.Shell.Out.WriteLine($"\nDone in {RunText.Elapsed(elapsed)}. Next:");
            TellNext(context.Shell, project);
            return exitCode;
        });
        return command;
    }

    /// <summary>Fills a database, reached as <c>foz query --remote</c> reaches a server.</summary>
    static async Task FillAsync(CommandContext context, string address, CancellationToken cancellationToken)
    {
        var shell = context.Shell;
        var server = RemoteServer.Parse(address, Environment.GetEnvironmentVariable, shell.Folder, context.Warn);
        context.Secrets = new();
        if (server.Password is { } known) context.Secrets.Add(known);
        await using var session = await RemoteSession.OpenAsync(
            server, shell.Keys is null ? null : () => new Questions(shell, "stopped").Secret($"Password for {server}"),
            noticed: null, cancellationToken);
        await ShopDatabase.FillAsync(session, cancellationToken);
        shell.Out.WriteLine($"filled {server} with a shop: 2,000 customers, 200 products, 20,000 orders\n\nNext:\n"
            + "  foz init shop");
    }

    /// <summary>
    /// Returns the named folder, otherwise the example's in the clone around the current folder or the program,
    /// otherwise one in the current folder. The project is written into a folder that is empty or not there.
    /// </summary>
    static async Task<string> FindFolderAsync(Shell shell, string? named, CancellationToken cancellationToken)
    {
        if (named is not null) return await FilledAsync(shell, shell.PathOf(named), cancellationToken);
        foreach (var start in new[] { shell.Folder, AppContext.BaseDirectory })
        {
            for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                var example = Path.Combine(folder, ExampleFolder);
                if (LojaProject.IsIn(example)) return example;
            }
        }
        return await FilledAsync(shell, shell.PathOf(LojaProject.Name), cancellationToken);
    }

    static async Task<string> FilledAsync(Shell shell, string folder, CancellationToken cancellationToken)
    {
        if (IsProject(folder))
            return LojaProject.IsIn(folder)
                ? folder
                : throw new FozException(
                    ErrorKind.Usage, $"the project in {shell.Shown(folder)} is not the demo's; no files written")
                {
                    Hint = "run foz demo in another folder",
                };
        await LojaProject.WriteAsync(folder, cancellationToken);
        shell.Out.WriteLine($"made the project {LojaProject.Name} in {shell.Shown(folder)}");
        return folder;
    }

    static bool IsProject(string folder) => File.Exists(Path.Combine(folder, ProjectFile.FileName));

    static async Task GenerateAsync(Shell shell, Workspace workspace, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(workspace.File.Folder, DataFolder);
        if (LojaGenerator.Load(folder) is not null) return;
        shell.Out.WriteLine($"making the sample data in {shell.Shown(folder)}");
        shell.Out.Flush();
        LojaFacts facts;
        using (var row = new ProgressRow(shell))
            facts = await LojaGenerator.GenerateAsync(
                folder, workspace.Engines, new Percent(row), cancellationToken);
        shell.Out.WriteLine(
            $"made {facts.Files.Count} files with {facts.Rows.Values.Sum():N0} rows, "
            + $"{SizeText.Of(facts.Files.Values.Sum())}");
    }

    static async Task TellAsync(
        Shell shell, Workspace workspace, Project project, RunResult run, CancellationToken cancellationToken)
    {
        Heading(shell, run.Outcome is Outcome.Skipped ? "No table changed. The lake" : "What was built");
        await WriteTablesAsync(shell, workspace.Lake, cancellationToken);
        await WriteIfAnyAsync(
            shell, "What the checks caught", CheckColumns, ReadBrokenChecksAsync(workspace, cancellationToken));
        await WriteIfAnyAsync(
            shell, "Rows that could not be read, kept beside their table", RejectedColumns,
            ReadRejectedAsync(workspace, cancellationToken));
        if (project.Graph.Find(Shown) is null) return;
        Heading(shell, $"What {Shown} is made from");
        LineageCommand.Write(shell, project, project.TableOf(Shown));
    }

    static void Heading(Shell shell, string text) => shell.Out.WriteLine("\n" + shell.Styled(Style.Bold, text));

    static async Task WriteTablesAsync(Shell shell, Lakehouse lake, CancellationToken cancellationToken)
    {
        var table = new TextTable(Columns);
        foreach (var definition in await LakeListing.ReadAsync(lake, cancellationToken))
        {
            if (definition.Schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase)) continue;
            var snapshot = definition.Kind is DefinitionKind.Table
                ? await lake.Tables.Open(definition.Location!, definition.TableName).FindLatestAsync(cancellationToken)
                : null;
            table.Add(
                definition.TableName.ToString(), definition.Kind is DefinitionKind.View ? "view" : "table",
                snapshot?.Version.ToString() ?? "", snapshot?.RowCount is { } rows ? $"{rows:N0}" : "");
        }
        table.Write(shell);
    }

    static async Task WriteIfAnyAsync(
        Shell shell, string heading, IReadOnlyList<ResultColumn> columns, Task<List<object?[]>> reading)
    {
        if (await reading is not { Count: > 0 } rows) return;
        Heading(shell, heading);
        var table = new TextTable(columns);
        foreach (var row in rows) table.Add(row);
        table.Write(shell);
    }

    static async Task<List<object?[]>> ReadBrokenChecksAsync(
        Workspace workspace, CancellationToken cancellationToken) =>
    [
        .. (await ChecksTable.ReadLastAsync(workspace, table: null, cancellationToken)).Where(check => !check.Passed)
            .Select(check => new object?[]
            {
                check.Table, check.Title, $"{check.Violations:N0}", $"{check.RowsChecked:N0}", check.OnViolation,
            }),
    ];

    static async Task<List<object?[]>> ReadRejectedAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var lines = new List<object?[]>();
        foreach (var definition in await LakeListing.ReadAsync(workspace.Lake, cancellationToken))
        {
            if (!definition.Name.EndsWith("__rejected", StringComparison.OrdinalIgnoreCase)) continue;
            var rows = await workspace.QueryAsync(
                "SELECT regexp_replace(reason, ' \\(byte [0-9]+\\)$', '') AS why, count(*) AS n "
                + $"FROM {SqlText.Identifier(definition.Schema)}.{SqlText.Identifier(definition.Name)} "
                + "GROUP BY ALL ORDER BY n DESC, why LIMIT 3",
                cancellationToken);
            lines.AddRange(rows.Select(row => new object?[] { $"{definition.TableName}", $"{row[1]:N0}", row[0] }));
        }
        return lines;
    }

    static void TellNext(Shell shell, string project)
    {
        var shown = ShellWords.Quote(shell.Shown(project));
        // In a clone the command lies in the current folder.
        var isClone = File.Exists(Path.Combine(shell.Folder, "Foz.slnx"));
        if (!isClone && shown != ".") shell.Out.WriteLine($"  cd {shown}");
        var (foz, option) = isClone ? ("./foz", $" --project {shown}") : ("foz", "");
        shell.Out.WriteLine(
            $"  {foz} query \"select * from gold.sales_by_state order by revenue desc limit 5\"{option}");
        shell.Out.WriteLine($"  {foz} lineage gold.daily_sales{option}");
        shell.Out.WriteLine($"  {foz} history silver.orders{option}");
    }

    /// <summary>The share that is done, on a terminal.</summary>
    internal sealed class Percent(ProgressRow row) : IProgress<double>
    {
        public void Report(double value) => row.Show($"{value:P0}");
    }
}
