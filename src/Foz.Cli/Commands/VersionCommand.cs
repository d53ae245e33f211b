using System.CommandLine;
using System.Runtime.InteropServices;
using Foz.Cli.Terminal;
using Foz.DuckDB.Connections;
using Foz.Lake;

namespace Foz.Cli.Commands;

/// <summary><c>foz version</c>.</summary>
static class VersionCommand
{
    public const string Name = "version";

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "Show the version; with --verbose also of DuckDB and .NET",
            ["foz version", "foz version --verbose"]);
        command.SetAction(arguments =>
        {
            Write(context.Shell);
            if (arguments.GetValue(context.Verbose)) WriteLibraries(context.Shell, EngineLibrary.Read());
        });
        return command;
    }

    /// <summary>Writes the version.</summary>
    public static void Write(Shell shell) =>
        shell.Out.WriteLine($"foz {typeof(VersionCommand).Assembly.GetName().Version!.ToString(3)}");

    /// <summary>Writes the versions of what Foz is built on.</summary>
    /// <exception cref="FozException">DuckDB's library is not the one that Foz was built with.</exception>
    internal static void WriteLibraries(Shell shell, EngineLibrary library)
    {
        shell.Out.WriteLine(RuntimeInformation.FrameworkDescription);
        if (!library.IsPinned)
            throw new FozException(
                ErrorKind.Configuration, library.Sha256 is null
                    ? $"DuckDB's library is not there: {library.Path}"
                    : $"DuckDB's library {library.Path} is not the one that Foz was built with: its SHA-256 is "
                        + $"{library.Sha256}, not {library.PinnedSha256}")
            {
                Hint = "install Foz again",
            };
        shell.Out.WriteLine($"DuckDB {Database.LibraryVersion}, {library.Path}, SHA-256 {library.Sha256}");
    }
}
