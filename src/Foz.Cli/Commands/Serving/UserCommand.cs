using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Foz.Lake;
using Foz.Pipelines.Projects;
using Foz.Serving.Governance;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>foz user add</c> and <c>foz user ls</c>.</summary>
static class UserCommand
{
    public const string Name = "user";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("user"), new("owner"), new("password")];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "Manage users and keys of foz serve",
        ["foz user add ana --owner", "foz user add-key ana/superset --expires 2027-01-31", "foz user ls"])
    {
        Add(context), AddKey(context), List(context),
    };

    static ExampleCommand Add(CommandContext context)
    {
        var name = new Argument<string>("name") { Description = "The user" };
        var owner = new Option<bool>("--owner") { Description = "Make the user an owner, who may do everything" };
        var replace = new Option<bool>("--replace")
        {
            Description = "Change the password of an existing user, and nothing else",
        };
        var command = new ExampleCommand(
            "add",
            "Add a user with a password, which is asked for or read from standard input",
            ["foz user add ana --owner", "foz user add bi --replace < password.txt"])
        {
            name, owner, replace,
        };
        command.SetAction((arguments, _) =>
        {
            var file = new UserFile(CheckedFolderOf(context, arguments));
            file.Add(
                arguments.GetRequiredValue(name), ReadPassword(context.Shell), arguments.GetValue(owner),
                arguments.GetValue(replace));
            context.Shell.Out.WriteLine(
                $"saved {arguments.GetRequiredValue(name)} in {context.Shell.Shown(file.Path)}");
            return Task.FromResult(0);
        });
        return command;
    }

    static ExampleCommand AddKey(CommandContext context)
    {
        var name = new Argument<string>("name") { Description = "The user, a slash, and the key's name" };
        var expires = new Option<DateOnly?>("--expires")
        {
            HelpName = "day", Description = "The day on which it expires, in UTC (default: never)",
        };
        var role = new Option<string[]>("--role")
        {
            HelpName = "role",
            Description =
                "Limit the key to this role of the user; may be repeated (default: all rights of the user)",
        };
        var command = new ExampleCommand(
            "add-key",
            "Add a key with which a program logs in as a user; it is shown once",
            ["foz user add-key ana/superset --expires 2027-01-31", "foz user add-key ana/export --role exporters"])
        {
            name, expires, role,
        };
        command.SetAction((arguments, _) =>
        {
            var file = new UserFile(CheckedFolderOf(context, arguments));
            var key = file.AddKey(
                arguments.GetRequiredValue(name), arguments.GetValue(expires), arguments.GetValue(role) ?? []);
            context.Shell.Out.WriteLine(key);
            context.Shell.Error.WriteLine(
                $"This is the only time that the key is shown; "
                    + $"{context.Shell.Shown(file.KeyPath)} has what it is checked with");
            return Task.FromResult(0);
        });
        return command;
    }

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List users and keys", ["foz user ls", "foz user ls --output json"]);
        command.SetAction((arguments, _) =>
        {
            context.WriteRows(
                arguments, Columns,
                RowsOf(UserList.Load(CheckedFolderOf(context, arguments))));
            return Task.FromResult(0);
        });
        return command;
    }

    static IEnumerable<object?[]> RowsOf(UserList users) =>
    [
        .. users.All.Select(user => (object?[])[user.Name, user.IsOwner, user.HasPassword ? "SCRAM-SHA-256" : "none"]),
        .. users.Keys.Select(key => (object?[])
        [
            key.Name, false,
            "key" + (key.ExpiresAt is { } at ? FormattableString.Invariant($" until {at.UtcDateTime:yyyy-MM-dd}") : "")
                + (key.Roles is { } roles ? $" for {string.Join(", ", roles)}" : ""),
        ]),
    ];

    /// <summary>
    /// Returns the project's folder, after checking which other users can read or write its files of policies.
    /// </summary>
    static string CheckedFolderOf(CommandContext context, ParseResult arguments)
    {
        var folder = FolderOf(context, arguments);
        foreach (var warning in PolicyModes.Check(folder)) context.Shell.Error.WriteLine($"warning: {warning}");
        return folder;
    }

    static string FolderOf(CommandContext context, ParseResult arguments) =>
        (arguments.GetValue(context.Project) is { } named
            ? context.WritableFolder(named)
            : Workspace.NearestFolder(context.Shell))
        ?? throw new FozException(
            ErrorKind.Usage, $"there is no {ProjectFile.FileName} in {context.Shell.Folder} or above it")
        {
            Hint = "go to the project's folder, name it with --project, or make one with foz init",
        };

    /// <summary>The first line of the input; at a terminal it is asked for, and not shown.</summary>
    static string ReadPassword(Shell shell) =>
        shell.Keys is null ? shell.In().ReadLine() ?? "" : new Questions(shell, "stopped").Secret("Password");
}
