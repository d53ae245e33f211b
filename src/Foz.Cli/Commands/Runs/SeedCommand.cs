using System.CommandLine;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz seed</c>: makes the tables of CSV files that are part of the project.</summary>
static class SeedCommand
{
    public const string Name = "seed";

    public static Command Create(CommandContext context) => KindCommand.Create(
        context, Name, "Load the CSV files in seeds/ into tables", ["foz seed", "foz seed regions"]);
}
