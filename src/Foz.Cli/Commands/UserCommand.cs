using System.CommandLine;
using System.Text;
using Foz.Cli.Terminal;
using Foz.Core;
using Foz.Core.Governance;
using Foz.Core.Pipelines.Projects;

namespace Foz.Cli.Commands;

/// <summary><c>foz user add</c> and <c>foz user ls</c>.</summary>
static class UserCommand
{
    public const string Name = "user";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("user"), new("owner"), new("password")];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Say who may log in to foz serve", ["foz user add ana --owner", "foz user ls"])
    {
        Add(context), List(context),
    };

    static ExampleCommand Add(CommandContext context)
    {
        var name = new Argument<string>("name") { Description = "The user" };
        var owner = new Option<bool>("--owner") { Description = "Grant everything to the user" };
        var replace = new Option<bool>("--replace") { Description = "Give a user that is there already another password" };
        var command = new ExampleCommand(
            "add", "Add a user with a password, which is asked for or read from the standard input, and kept only as a SCRAM verifier",
            ["foz user add ana --owner", "foz user add bi --replace < password.txt"])
        {
            name, owner, replace,
        };
        command.SetAction((arguments, _) =>
        {
            var file = new UserFile(FolderOf(context, arguments));
            file.Add(
                arguments.GetRequiredValue(name), ReadPassword(context.Shell), arguments.GetValue(owner), arguments.GetValue(replace));
            context.Shell.Out.WriteLine($"{arguments.GetRequiredValue(name)} stands in {context.Shell.Shown(file.Path)}");
            return Task.FromResult(0);
        });
        return command;
    }

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand("ls", "List the users", ["foz user ls", "foz user ls --output json"]);
        command.SetAction((arguments, _) =>
        {
            context.WriteRows(
                arguments, Columns,
                UserList.Load(FolderOf(context, arguments)).All.Select(
                    user => (object?[])[user.Name, user.IsOwner, user.HasPassword ? "SCRAM-SHA-256" : "none"]));
            return Task.FromResult(0);
        });
        return command;
    }

    static string FolderOf(CommandContext context, ParseResult arguments) =>
        (arguments.GetValue(context.Project) is { } named ? context.Shell.PathOf(named) : ProjectFile.FindFolder(context.Shell.Folder))
        ?? throw new FozException(ErrorKind.Usage, $"there is no {ProjectFile.FileName} in {context.Shell.Folder} or above it")
        {
            Hint = "go to the project's folder, name it with --project, or make one with foz init",
        };

    /// <summary>The first line of the input; at a terminal it is asked for, and not shown.</summary>
    static string ReadPassword(Shell shell)
    {
        if (!shell.IsTerminal || Console.IsInputRedirected) return shell.In().ReadLine() ?? "";
        shell.Error.Write("Password: ");
        shell.Error.Flush();
        var password = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key is ConsoleKey.Backspace) password.Length = Math.Max(password.Length - 1, 0);
            else if (!char.IsControl(key.KeyChar)) password.Append(key.KeyChar);
        }
        shell.Error.WriteLine();
        return password.ToString();
    }
}
