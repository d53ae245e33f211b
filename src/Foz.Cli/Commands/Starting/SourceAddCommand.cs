using System.CommandLine;
using Foz.Cli.Terminal.Editing;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Cli.Commands.Starting;

/// <summary><c>foz source add</c>: another source of a project.</summary>
static class SourceAddCommand
{
    public static Command Create(CommandContext context)
    {
        var kind = new Argument<string>("kind") { Description = "What it is" };
        kind.AcceptOnlyFromAmong([.. SourceKind.Sources.Select(source => source.Name)]);
        var name = new Argument<string?>("name")
        {
            Description = "The source's name, and its connection's (default: the kind)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var source = new SourceOptions();
        var command = new ExampleCommand(
            "add", "Add a source: test its connection, find its streams, write its files",
            [
                "foz source add postgres crm", "foz source add files exports --address data",
                "foz source add mysql erp --address mysql://ana@localhost:3306/erp --streams customers,orders",
            ])
        { kind, name };
        source.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var answers = source.Read(arguments) with { Kind = SourceKind.Of(arguments.GetRequiredValue(kind)) };
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            await AddAsync(
                context, workspace, StartText.NameOf(arguments.GetValue(name) ?? answers.Kind.Name), answers,
                cancellationToken);
        });
        return command;
    }

    static async Task AddAsync(
        CommandContext context, Workspace workspace, string name, SourceAnswers answers,
        CancellationToken cancellationToken)
    {
        var folder = workspace.File.Folder;
        var path = Path.Combine(folder, ProjectFile.FileName);
        if (!File.Exists(path))
            throw new FozException(ErrorKind.Usage, "sources can be added to projects with a foz.yml only");
        var questions = context.Shell.IsInteractive && answers.Address is null
            ? new Questions(context.Shell, "stopped; no files written")
            : null;
        if (questions is null && answers.Address is null)
            throw new FozException(ErrorKind.Usage, "there is no terminal to ask for the address")
            {
                Hint = $"write --address {answers.Kind!.Example}",
            };
        var project = await workspace.LoadProjectAsync(context, cancellationToken);
        if (project.FindSource(name) is not null)
            throw new FozException(ErrorKind.Usage, $"the project already has a source '{name}'")
            {
                Hint = $"foz source add {answers.Kind!.Name} NAME gives it another name",
            };
        var draft = await new SourceSetup(context, questions).MakeAsync(
            answers.Kind!, name, folder, answers, cancellationToken);
        var isTaken = draft.Streams.Any(stream =>
            project.Graph.Find(new TableName("bronze", stream.Name)) is not null
            || project.Graph.Find(new TableName("silver", stream.Name)) is not null);
        // Its tables get a schema of their own where the project has tables of their names.
        var text = new SourceText(draft, isTaken ? $"{name}_bronze" : "bronze", hasSilver: !isTaken);
        var files = new NewFiles(context.Shell, folder);
        files.Add(text.Files());
        files.Change(
            ProjectFile.FileName,
            ConnectionBlock.Add(await File.ReadAllTextAsync(path, cancellationToken), text.ConnectionLines));
        if (draft.Connection is { Secret: { } secret } connection) files.AddVariable(connection.Variable, secret);
        files.Write();
        context.Shell.Out.WriteLine($"added the source {name}:");
        foreach (var file in files.Names) context.Shell.Out.WriteLine($"  {file}");
        // What was written is read as any project is, so that a fault shows here and not in the next run.
        ProjectLoader.LoadFile(folder, Workspace.Reading).Connection(name);
        context.Shell.Out.WriteLine("\nNext:\n  foz run");
    }
}
