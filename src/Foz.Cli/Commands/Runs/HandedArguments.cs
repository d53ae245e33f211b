namespace Foz.Cli.Commands.Runs;

/// <summary>Which command lines a process may hand to a host: those that mean the same there.</summary>
static class HandedArguments
{
    static readonly string[] commands = [RunCommand.Name, BuildCommand.Name, RetryCommand.Name];

    /// <summary>Options of commands that a host runs which name files, or are its own to choose.</summary>
    static readonly string[] ownOptions =
        ["--project", "--target", "-t", "--environment", "--vars", "--state", "--defer", HandOver.HereOption];

    /// <summary>Checks a command line, without the options for project and environment.</summary>
    /// <returns>Why a host does not run it; null where it does.</returns>
    public static string? Check(IReadOnlyList<string> arguments) =>
        arguments.Count == 0 || !commands.Contains(arguments[0], StringComparer.Ordinal)
            ? $"a host runs {string.Join(", ", commands)}"
            : arguments.FirstOrDefault(
                argument => ownOptions.Contains(argument.Split('=', ':')[0], StringComparer.Ordinal)) is { } own
                ? $"{own} belongs to the process that was given it"
                : null;
}
