using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Connectors.Databases;
using Foz.Connectors.Databases.Providers;
using Foz.Lake;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz provider add</c> and <c>foz provider ls</c>.</summary>
static class ProviderCommand
{
    public const string Name = "provider";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [
            new("provider"), new("version"), new("package"), new("package_version"), new("sha512"), new("source"),
            new("files"),
        ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Add ADO.NET providers, for sources of type database",
        ["foz provider add Microsoft.Data.SqlClient", "foz provider ls"])
    {
        Add(context), List(context),
    };

    static ExampleCommand Add(CommandContext context)
    {
        var package = new Argument<string>("package")
        {
            Description =
                "A NuGet package, optionally with @version (default: that of the lock file, else the last release)",
        };
        var source = new Option<string?>("--source")
        {
            HelpName = "feed", Description = "A folder or address of packages (default: those that nuget.config says)",
        };
        var command = new ExampleCommand(
            "add", "Download a provider and its dependencies into providers/",
            ["foz provider add MySqlConnector", "foz provider add Npgsql@10.0.0 --source packages"])
            {
                package, source,
            };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var name = arguments.GetRequiredValue(package).Split('@', 2);
            var added = await Packages(context, arguments).AddAsync(
                name[0], name.ElementAtOrDefault(1), arguments.GetValue(source), context.Shell.Clock,
                cancellationToken);
            context.WriteRows(arguments, Columns, Rows(added, added.Files));
        });
        return command;
    }

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List the providers of the project", ["foz provider ls", "foz provider ls --output json"]);
        command.SetAction((arguments, _) =>
        {
            context.WriteRows(
                arguments, Columns, Packages(context, arguments).List().SelectMany(p => Rows(p, p.Files)));
            return Task.FromResult(0);
        });
        return command;
    }

    static ProviderPackages Packages(CommandContext context, ParseResult arguments) =>
        new(Path.Combine(FolderOf(context, arguments), ProviderFolder.Name));

    static string FolderOf(CommandContext context, ParseResult arguments) =>
        (arguments.GetValue(context.Project) is { } named
            ? context.WritableFolder(named)
            : Workspace.NearestFolder(context.Shell))
        ?? throw new FozException(
            ErrorKind.Usage, $"there is no {ProjectFile.FileName} in {context.Shell.Folder} or above it")
        {
            Hint = "go to the project's folder, name it with --project, or make one with foz init",
        };

    /// <summary>A row for each package; the files stand with the first.</summary>
    static IEnumerable<object?[]> Rows(ProviderLock added, IReadOnlyList<string> files) => added.Packages.Count == 0
        ? [[added.Package, added.Version, null, null, null, null, string.Join(", ", files)]]
        : added.Packages.Select((p, i) =>
            (object?[])[
                added.Package, added.Version, p.Id, p.Version, p.Sha512, p.Source,
                i == 0 ? string.Join(", ", files) : null,
            ]);
}
