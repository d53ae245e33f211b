using System.CommandLine;
using Foz.Cli.Terminal;

namespace Foz.Cli.Commands;

/// <summary><c>foz version</c>.</summary>
static class VersionCommand
{
    public const string Name = "version";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Show the version of Foz");
        command.SetAction(_ => Write(context.Shell));
        return command;
    }

    /// <summary>Writes the version.</summary>
    public static void Write(Shell shell) =>
        shell.Out.WriteLine($"foz {typeof(VersionCommand).Assembly.GetName().Version!.ToString(3)}");
}
