using System.CommandLine;
using Foz.Cli.Commands.Quality;
using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Cli.Documentation;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz docs</c>: the documentation of the project as a site.</summary>
static class DocsCommand
{
    public const string Name = "docs";

    const string FolderDefault = "target/docs";
    const int PortDefault = 8080;

    public static Command Create(CommandContext context)
    {
        var command = Writing(
            context, Name, "Write a site of the project's tables, columns, checks and lineage",
            ["foz docs", "foz docs serve --port 9000"]);
        command.Subcommands.Add(Generate(context));
        command.Subcommands.Add(Serve(context));
        return command;
    }

    static ExampleCommand Generate(CommandContext context) =>
        Writing(context, "generate", "Write the site, as foz docs does", ["foz docs generate --folder site"]);

    static ExampleCommand Writing(
        CommandContext context, string name, string description, IReadOnlyList<string> examples)
    {
        var folder = FolderOption();
        var command = new ExampleCommand(name, description, examples) { folder };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (path, tables) = await WriteAsync(context, arguments, arguments.GetValue(folder), cancellationToken);
            context.Shell.Out.WriteLine($"{tables} pages in {path}: open {Path.Combine(path, "index.html")}");
        });
        return command;
    }

    static ExampleCommand Serve(CommandContext context)
    {
        var folder = FolderOption();
        var port = new Option<int>("--port")
        {
            Description = "The port on this machine", HelpName = "port", DefaultValueFactory = _ => PortDefault,
        };
        var command = new ExampleCommand(
            "serve", "Write the site and serve it on this machine until Ctrl-C", ["foz docs serve"]) { folder, port };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (path, _) = await WriteAsync(context, arguments, arguments.GetValue(folder), cancellationToken);
            using var server = StaticFileServer.Start(path, arguments.GetValue(port));
            context.Shell.Out.WriteLine($"{server.Url}  (Ctrl-C ends it)");
            await server.RunAsync(cancellationToken);
        });
        return command;
    }

    static Option<string?> FolderOption() => new("--folder")
    {
        Description = $"The folder of the site (default: {FolderDefault} of the project)", HelpName = "folder",
    };

    static async Task<(string Folder, int Tables)> WriteAsync(
        CommandContext context, ParseResult arguments, string? folder, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query, Workload.Models);
        var (project, schemas) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
        var path = folder is null ? Path.Combine(project.Folder, FolderDefault) : context.Shell.PathOf(folder);
        var checks = await ChecksTable.ReadLastAsync(workspace, table: null, cancellationToken);
        var site = await Site.ReadAsync(
            project, workspace.Lake,
            [
                .. checks.Select(c =>
                    new CheckState(c.Table, c.Title, c.Arguments, c.Passed, c.Violations, c.RowsChecked, c.Actual)),
            ],
            schemas, await OrphanTables.FindAsync(workspace, project, cancellationToken), cancellationToken);
        try
        {
            site.Write(path);
            DbtArtifacts.WriteCatalog(project, new ProjectLake(workspace.Lake), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"the site cannot be written to {path}: {e.Message}", e);
        }
        return (path, site.TableCount);
    }
}
