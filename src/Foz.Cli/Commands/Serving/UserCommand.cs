using System.CommandLine;
using Foz.Cli.Terminal;
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
        Name, "Say who may log in to foz serve",
        ["foz user add ana --owner", "foz user add-key ana/superset --expires 2027-01-31", "foz user ls"])
    {
        Add(context), AddKey(context), List(context),
    };

    static ExampleCommand Add(CommandContext context)
    {
        var name = new Argument<string>("name") { Description = "The user" };
        var owner = new Option<bool>("--owner") { Description = "Grant everything to the user" };
        var replace = new Option<bool>("--replace")
        {
            Description = "Give a user that is there already another password, and make nobody an owner",
        };
        var command = new ExampleCommand(
            "add",
            "Add a user to policies/users.yml with a password, which is asked for, or is the first line of the "
                + "standard input, and is kept only as a SCRAM verifier",
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
                $"{arguments.GetRequiredValue(name)} stands in {context.Shell.Shown(file.Path)}");
            return Task.FromResult(0);
        });
        return command;
    }

    static ExampleCommand AddKey(CommandContext context)
    {
        var name = new Argument<string>("name") { Description = "The user, a slash, and what the key is for" };
        var expires = new Option<DateOnly?>("--expires")
        {
            HelpName = "day", Description = "The day from which on it is not taken, in UTC (default: never)",
        };
        var role = new Option<string[]>("--role")
        {
            HelpName = "role",
            Description =
                "Limit it to what this role of the user may; may be repeated (default: all that the user may)",
        };
        var command = new ExampleCommand(
            "add-key",
            "Add a key to policies/keys.yml with which a program logs in for a user; it is shown "
                + "once, and kept only as a hash",
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
            "ls", "List the users and keys of the files in policies/", ["foz user ls", "foz user ls --output json"]);
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
    /// The project's folder, whose files of policies were looked at: who else can read or write them.
    /// </summary>
    static string CheckedFolderOf(CommandContext context, ParseResult arguments)
    {
        var folder = FolderOf(context, arguments);
        foreach (var warning in PolicyModes.Check(folder)) context.Shell.Error.WriteLine($"warning: {warning}");
        return folder;
    }

    static string FolderOf(CommandContext context, ParseResult arguments) =>
        (arguments.GetValue(context.Project) is { } named
            ? context.Shell.PathOf(named)
            : Workspace.NearestFolder(context.Shell))
        ?? throw new FozException(
            ErrorKind.Usage, $"there is no {ProjectFile.FileName} in {context.Shell.Folder} or above it")
        {
            Hint = "go to the project's folder, name it with --project, or make one with foz init",
        };

    /// <summary>The first line of the input; at a terminal it is asked for, and not shown.</summary>
    static string ReadPassword(Shell shell) =>
        PasswordPrompt.CanAsk(shell) ? PasswordPrompt.Ask(shell, "Password: ") : shell.In().ReadLine() ?? "";
}
