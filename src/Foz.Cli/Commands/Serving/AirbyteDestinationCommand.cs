using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Pipelines.Destinations;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// <c>foz airbyte-destination spec</c>, <c>check</c> and <c>write</c>: what Airbyte calls of a destination.
/// </summary>
static class AirbyteDestinationCommand
{
    public const string Name = "airbyte-destination";

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Load records of Airbyte sources, as an Airbyte destination",
        [
            "foz airbyte-destination spec",
            "foz airbyte-destination check --config config.json",
            "source-faker read … | foz airbyte-destination write --config config.json --catalog catalog.json",
        ])
    {
        Spec(context), Check(context), Write(context),
    };

    static ExampleCommand Spec(CommandContext context)
    {
        var command = new ExampleCommand(
            "spec", "Print the configuration's JSON Schema", ["foz airbyte-destination spec"]);
        command.SetAction((_, _) =>
        {
            Messages(context).Specification();
            return Task.FromResult(0);
        });
        return command;
    }

    static ExampleCommand Check(CommandContext context)
    {
        var config = Config();
        var command = new ExampleCommand(
            "check", "Check that the project exists and its lake can be written",
            ["foz airbyte-destination check --config config.json"]) { config };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var messages = Messages(context);
            try
            {
                using var workspace = Open(context, arguments, ReadConfig(context, arguments.GetRequiredValue(config)));
                await AirbyteDestination.CheckAsync(workspace.Lake, cancellationToken);
                messages.Status(problem: null);
            }
            catch (Exception e) when (Known(e) is { Kind: not ErrorKind.Canceled } known)
            {
                messages.Status(context.Mask(known.Describe()));
            }
            return 0;
        });
        return command;
    }

    static ExampleCommand Write(CommandContext context)
    {
        var config = Config();
        var catalog = new Option<string>("--catalog")
        {
            Required = true, HelpName = "file", Description = "The configured catalog, JSON",
        };
        var command = new ExampleCommand(
            "write",
            "Load messages from standard input, and print each state after its commit",
            ["foz airbyte-destination write --config config.json --catalog catalog.json"]) { config, catalog };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var messages = Messages(context);
            try
            {
                var read = ReadConfig(context, arguments.GetRequiredValue(config));
                var streams = ReadFile(context, arguments.GetRequiredValue(catalog));
                using var workspace = Open(context, arguments, read);
                var destination = new AirbyteDestination(
                    workspace.Lake, read, streams,
                    table => table with { Schema = workspace.File.SchemaPrefix + table.Schema }, messages);
                var project = await workspace.TryLoadProjectAsync(context, cancellationToken);
                Refuse(project, destination.Tables);
                // A mistake elsewhere in the project is no reason to stop a sync into tables that are its own.
                if (project is not ProjectResult.Loaded) await destination.CheckFreeAsync(cancellationToken);
                await destination.WriteAsync(context.Shell.In(), cancellationToken);
                return 0;
            }
            catch (Exception e) when (Known(e) is { } known)
            {
                messages.Error(known.Kind, context.Mask(known.Describe()));
                throw;
            }
        });
        return command;
    }

    static Option<string> Config() =>
        new("--config")
        {
            Required = true, HelpName = "file", Description = "The configuration file, in JSON",
        };

    static AirbyteMessages Messages(CommandContext context) => new(context.Shell.Out, context.Shell.Clock);

    static FozException? Known(Exception e) => e as FozException ?? DeltaErrors.Find(e);

    static AirbyteConfig ReadConfig(CommandContext context, string file) =>
        AirbyteConfig.Parse(ReadFile(context, file));

    static string ReadFile(CommandContext context, string file)
    {
        var path = context.Shell.PathOf(file);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Usage, $"{file} cannot be read: {e.Message}", e);
        }
    }

    static Workspace Open(CommandContext context, ParseResult arguments, AirbyteConfig config) =>
        config.Project is { } folder
            ? Workspace.Open(
                context, context.Shell.PathOf(folder), config.Target ?? arguments.GetValue(context.Target),
                [Workload.Ingestion, Workload.Models])
            : config.Target is { } target
                ? Workspace.Open(context, arguments, target, Workload.Ingestion, Workload.Models)
                : Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);

    /// <summary>Two writers of one table would undo what the other did.</summary>
    static void Refuse(ProjectResult result, IEnumerable<TableName> tables)
    {
        if (result is not ProjectResult.Loaded { Project: var project }) return;
        var made = project.Graph.Nodes.Select(node => node.Name).ToHashSet();
        if (tables.FirstOrDefault(made.Contains) is { Name: not null } taken)
            throw new FozException(ErrorKind.Configuration, $"{taken} is made by the project itself")
            {
                Hint = "let the records go to a schema of their own: 'schema' of the configuration, "
                    + "or the namespace of the streams",
            };
    }
}
