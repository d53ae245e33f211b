using System.CommandLine;
using System.Text;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz format</c>: writes the texts of a project tidily.</summary>
static class FormatCommand
{
    public const string Name = "format";

    const int UntidyExitCode = 1;

    static readonly string[] folders = ["sources", "models", "snapshots", "seeds", "tests"];

    static readonly IReadOnlyList<ResultColumn> Columns = [new("file")];

    public static Command Create(CommandContext context)
    {
        var paths = new Argument<string[]>("paths")
        {
            Description = "Files and folders (default: all of the project)", Arity = ArgumentArity.ZeroOrMore,
        };
        var check = new Option<bool>("--check")
        {
            Description = "Write nothing, and exit with 1 if a file is not formatted",
        };
        var command = new ExampleCommand(
            Name, "Format the project's SQL and YAML files",
            ["foz format", "foz format models/silver", "foz format --check"]) { paths, check };
        command.SetAction((arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments);
            var isOnlyChecked = arguments.GetValue(check);
            var untidy = new List<string>();
            foreach (var file in FilesOf(context, workspace.File.Folder, arguments.GetValue(paths) ?? []))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var text = File.ReadAllText(file);
                var tidy = Format(text, Path.GetExtension(file));
                if (tidy == text) continue;
                untidy.Add(Path.GetRelativePath(workspace.File.Folder, file).Replace('\\', '/'));
                if (!isOnlyChecked)
                    File.WriteAllText(file, tidy, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            }
            if (!context.IsTable(arguments))
                context.WriteRows(arguments, Columns, untidy.Select(file => new object?[] { file }));
            else Report(context.Shell, untidy, isOnlyChecked);
            return Task.FromResult(isOnlyChecked && untidy.Count > 0 ? UntidyExitCode : 0);
        });
        return command;
    }

    static void Report(Shell shell, List<string> untidy, bool isOnlyChecked)
    {
        foreach (var file in untidy) shell.Out.WriteLine(file);
        shell.Out.WriteLine(untidy.Count == 0
            ? "all files are tidy"
            : $"{RunText.Count(untidy.Count, "file", "files")} "
                + (isOnlyChecked ? "to be written tidily" : "written: the next run takes their models for changed"));
    }

    /// <summary>The text of a file, tidy.</summary>
    static string Format(string text, string extension)
    {
        if (extension != ".sql") return YamlFormat.Of(text);
        // Templates are no SQL yet.
        if (text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal)) return text;
        var body = text.IndexOf("@foz */", StringComparison.Ordinal) is >= 0 and var closing
            ? closing + "@foz */".Length
            : 0;
        var tidy = SqlFormat.Of(text[body..]);
        return tidy.Length == 0 ? text : $"{text[..body]}{(body == 0 ? "" : "\n")}{tidy.TrimStart('\n')}\n";
    }

    static IEnumerable<string> FilesOf(CommandContext context, string project, string[] paths)
    {
        var asked = paths.Length == 0
            ? [
                Path.Combine(project, ProjectFile.FileName),
                .. folders.Select(folder => Path.Combine(project, folder)).Where(Directory.Exists),
            ]
            : paths.Select(path => Exists(context.Shell.PathOf(path), path));
        return asked.SelectMany(path =>
            Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [path])
            .Where(file => Path.GetExtension(file) is ".sql" or ".yml" or ".yaml").Distinct()
            .Order(StringComparer.Ordinal);
    }

    static string Exists(string path, string said) => File.Exists(path) || Directory.Exists(path)
        ? path
        : throw new FozException(ErrorKind.Usage, $"there is no file or folder {said}");
}
