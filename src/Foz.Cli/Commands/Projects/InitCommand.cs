using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz init</c>: a project to begin with.</summary>
static class InitCommand
{
    public const string Name = "init";

    const string PostgresTemplate = "postgres";
    const string EmptyTemplate = "empty";

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("folder") { Description = "The folder, created if it does not exist" };
        var template = new Option<string>("--template")
        {
            Description =
                "postgres: all tables of a database to bronze, silver and gold; empty: models without a source",
            HelpName = "template", DefaultValueFactory = _ => PostgresTemplate,
        };
        template.AcceptOnlyFromAmong(PostgresTemplate, EmptyTemplate);
        var command = new ExampleCommand(
            Name, "Create a project that is ready to run",
            ["foz init shop", "foz init shop --template empty", "foz init ."]) { folder, template };
        command.SetAction(arguments =>
        {
            var path = context.Shell.PathOf(arguments.GetRequiredValue(folder));
            var project = new InitTemplate(NameOf(path));
            var isPostgres = arguments.GetValue(template) is PostgresTemplate;
            var files = isPostgres ? project.Postgres() : project.Empty();
            Write(context.Shell, path, files);
            Report(context.Shell, path, project, files, isPostgres);
        });
        return command;
    }

    static void Write(Shell shell, string folder, IReadOnlyDictionary<string, string> files)
    {
        var taken = files.Keys.FirstOrDefault(file => File.Exists(Path.Combine(folder, file)));
        if (taken is not null)
            throw new FozException(
                ErrorKind.Usage, $"{shell.Shown(Path.Combine(folder, taken))} is there already; nothing was written")
            {
                Hint = "name another folder, or delete the file",
            };
        foreach (var (file, text) in files)
        {
            var path = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    static void Report(
        Shell shell, string folder, InitTemplate project, IReadOnlyDictionary<string, string> files, bool isPostgres)
    {
        var shown = shell.Shown(folder);
        shell.Out.WriteLine($"made the project {project.Name} in {(shown == "." ? "this folder" : shown)}:");
        foreach (var file in files.Keys) shell.Out.WriteLine($"  {file}");
        shell.Out.WriteLine("\nNext:");
        if (shown != ".") shell.Out.WriteLine($"  cd {shown}");
        if (isPostgres)
            shell.Out.WriteLine(
                $"  cp .env.example .env    # and put the database's address into {project.UrlVariable} there");
        shell.Out.WriteLine("  foz run");
        shell.Out.WriteLine($"  foz query \"select * from gold.{(isPostgres ? "table_overview" : "sales_by_day")}\"");
    }

    /// <summary>A name for the project and its connection: the folder's, in letters, digits and underscores.</summary>
    static string NameOf(string folder)
    {
        var name = string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).ToLowerInvariant()
            .Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).Trim('_');
        return name.Length == 0 ? "project" : char.IsAsciiDigit(name[0]) ? $"p{name}" : name;
    }
}
