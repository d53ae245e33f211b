using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Starting;

/// <summary>What <c>foz</c> alone says: how to begin, or how the project is and what comes next.</summary>
/// <param name="context">The command's context.</param>
sealed class StartPage(CommandContext context)
{
    readonly Shell shell = context.Shell;

    /// <summary>Writes it.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (Workspace.NearestFolder(shell) is { } folder) await WriteProjectAsync(folder, cancellationToken);
        else WriteBeginnings();
        shell.Out.WriteLine("\nfoz --help lists all commands.");
    }

    void WriteBeginnings()
    {
        shell.Out.WriteLine(
            """
            There is no project in this folder. Three ways to begin:

              foz demo                 a sample shop, from files to checked gold tables
              foz init shop            a project of your own database, files or API
              foz import ../project    a copy of a project of Bruin or SQLMesh

            A project of dbt needs no import: run foz build in its folder.
            """);
    }

    async Task WriteProjectAsync(string folder, CancellationToken cancellationToken)
    {
        string next;
        try
        {
            using var workspace = Workspace.Open(context, folder, target: null, [Workload.Query]);
            var file = workspace.File;
            shell.Out.WriteLine($"{shell.Styled(Style.Bold, file.Name)}, in the environment {file.Environment}");
            shell.Out.WriteLine($"  folder    {folder}");
            shell.Out.WriteLine($"  lake      {context.Mask(file.LakePath)}");
            next = await WriteStateAsync(workspace, cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Configuration)
        {
            next = WriteErrors(e);
        }
        shell.Out.WriteLine($"\nNext:\n  {next}");
    }

    /// <summary>Writes what is in the project, and how the last run ended; returns the next command.</summary>
    async Task<string> WriteStateAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        if (await workspace.TryLoadKnownProjectAsync(
            context, SchemaLock.Read(workspace.File.Folder, new()), cancellationToken)
            is not ProjectResult.Loaded { Project: var project })
        {
            shell.Out.WriteLine("  project   has errors");
            return "foz validate";
        }
        shell.Out.WriteLine(
            $"  project   {RunText.Count(project.Sources.Count, "source", "sources")}, "
            + RunText.Count(project.Models.Count(model => !model.IsImplicit), "model", "models"));
        var (text, next) = await LastRunAsync(workspace, cancellationToken);
        shell.Out.WriteLine($"  last run  {text}");
        return next;
    }

    string WriteErrors(FozException error)
    {
        shell.Out.WriteLine(context.Mask(error.Describe()));
        return "foz validate";
    }

    static async Task<(string Text, string Next)> LastRunAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var name = new TableName(TableName.SystemSchema, "runs");
        if (await workspace.Lake.Catalog.FindAsync(name, cancellationToken) is null) return ("none", "foz run");
        var rows = await workspace.QueryAsync(
            $"""
            SELECT outcome, left(finished_at::varchar, 16) || ' UTC' AS at, steps_failed FROM foz.runs
            WHERE project = {Text(workspace.File.Name)} AND environment = {Text(workspace.File.Environment)}
            ORDER BY started_at DESC LIMIT 1
            """, cancellationToken);
        if (rows is not [[string outcome, var at, var failed]]) return ("none", "foz run");
        return outcome switch
        {
            "Failed" => ($"failed at {at}: {failed} steps without success", "foz retry"),
            "Canceled" => ($"stopped at {at}", "foz run"),
            "Warned" => ($"ended with warnings at {at}", "foz checks ls"),
            _ => ($"ended well at {at}", "foz query"),
        };
    }

    static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
