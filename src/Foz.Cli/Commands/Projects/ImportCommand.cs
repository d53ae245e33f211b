using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Dbt.Imports;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz import</c>: makes a project of one of another tool.</summary>
static class ImportCommand
{
    public const string Name = "import";

    public static Command Create(CommandContext context)
    {
        var source = new Argument<string>("project")
        {
            Description = "The folder of the Bruin pipeline or SQLMesh project",
        };
        var folder = new Argument<string>("folder")
        {
            Description = "The folder of the new project", DefaultValueFactory = _ => ".",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the files without writing them" };
        var command = new ExampleCommand(
            Name, "Convert a Bruin pipeline or SQLMesh project into a Foz project",
            ["foz import ../bruin/sales sales", "foz import ../sqlmesh --dry-run"]) { source, folder, dryRun };
        command.SetAction(arguments =>
        {
            var project = ProjectImport.Read(context.Shell.PathOf(arguments.GetRequiredValue(source)));
            var target = context.Shell.PathOf(arguments.GetRequiredValue(folder));
            var paths = project.Files.Keys.Concat(project.Copies.Keys).Order(StringComparer.Ordinal).ToList();
            if (paths.Find(path => File.Exists(Path.Combine(target, path))) is { } taken)
                throw new FozException(
                    ErrorKind.Usage,
                    $"{context.Shell.Shown(Path.Combine(target, taken))} already exists; no files were written")
                {
                    Hint = "name another folder, or delete the file",
                };
            if (!arguments.GetValue(dryRun)) Write(project, target);
            Report(context.Shell, project, target, paths, arguments.GetValue(dryRun));
            foreach (var note in project.Notes) context.Warn(note);
        });
        return command;
    }

    static void Write(ImportedProject project, string folder)
    {
        foreach (var (path, text) in project.Files) File.WriteAllText(Made(folder, path), text);
        foreach (var (path, from) in project.Copies) File.Copy(from, Made(folder, path));
    }

    static string Made(string folder, string path)
    {
        var full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    static void Report(Shell shell, ImportedProject project, string folder, IReadOnlyList<string> paths, bool isDryRun)
    {
        var shown = shell.Shown(folder);
        var where = shown == "." ? "this folder" : shown;
        shell.Out.WriteLine(isDryRun
            ? $"the project {project.Name} of {project.Tool} would be written to {where}:"
            : $"the project {project.Name} of {project.Tool} is written to {where}:");
        foreach (var path in paths) shell.Out.WriteLine($"  {path}");
        if (!isDryRun) shell.Out.WriteLine("\nNext:\n  foz validate");
    }
}
