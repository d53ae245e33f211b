namespace Foz.Cli.Commands.Runs;

/// <summary>Which command lines a process may hand to a host: those that mean the same there.</summary>
static class ForwardedArguments
{
    static readonly string[] commands = [RunCommand.Name, BuildCommand.Name, RetryCommand.Name];

    /// <summary>The name of the command that makes backups, which is of a later folder.</summary>
    public const string BackupCommand = "backup";

    static readonly string[] ofSchedules =
        [.. commands, TestCommand.Name, SeedCommand.Name, SnapshotCommand.Name, BackupCommand];

    /// <summary>Options of commands that a host runs which name files, or are its own to choose.</summary>
    static readonly string[] ownOptions =
        ["--project", "--target", "-t", "--environment", "--vars", "--state", "--defer", "--help", "-h", "-?",
        HandOver.HereOption];

    /// <summary>Checks a command line, without the options for project and environment.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="isOfSchedule">Whether a schedule has it run, and no process waits for it.</param>
    /// <returns>Why a host does not run it; null where it does.</returns>
    public static string? Check(IReadOnlyList<string> arguments, bool isOfSchedule = false)
    {
        var known = isOfSchedule ? ofSchedules : commands;
        return arguments.Count == 0 || !known.Contains(arguments[0], StringComparer.Ordinal)
            ? $"a host runs {string.Join(", ", known)}"
            : arguments.FirstOrDefault(
                argument => ownOptions.Contains(argument.Split('=', ':')[0], StringComparer.Ordinal)) is { } own
                ? $"{own} belongs to the process that was given it"
                : null;
    }
}
