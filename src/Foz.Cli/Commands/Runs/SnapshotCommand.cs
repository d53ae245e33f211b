using System.CommandLine;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz snapshot</c>: brings histories up to date.</summary>
static class SnapshotCommand
{
    public const string Name = "snapshot";

    public static Command Create(CommandContext context) => KindCommand.Create(
        context, Name, "Update snapshots with the current rows", ["foz snapshot", "foz snapshot customers"]);
}
