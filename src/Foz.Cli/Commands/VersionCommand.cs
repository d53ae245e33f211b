using System.CommandLine;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
            Name, "Show the version; with --verbose also the commit and the libraries",
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
        shell.Out.WriteLine($"foz {BuildFacts.Version}");

    /// <summary>Writes what Foz was built from, and the native libraries beside it.</summary>
    /// <exception cref="FozException">DuckDB's library is not the one that Foz was built with.</exception>
    internal static void WriteLibraries(Shell shell, EngineLibrary library)
    {
        if (BuildFacts.Origin is { } origin) shell.Out.WriteLine(origin);
        shell.Out.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
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
        foreach (var path in NativeLibraries(Path.GetDirectoryName(library.Path)!).Where(p => p != library.Path))
        {
            using var file = File.OpenRead(path);
            shell.Out.WriteLine(
                $"{Path.GetFileName(path)}, {path}, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(file))}");
        }
    }

    /// <summary>Returns the libraries in a folder that are not .NET's.</summary>
    internal static IEnumerable<string> NativeLibraries(string folder) =>
        Directory.EnumerateFiles(folder).Where(IsNativeLibrary).Order(StringComparer.Ordinal);

    static bool IsNativeLibrary(string path)
    {
        if (Path.GetExtension(path) is ".so" or ".dylib") return true;
        if (Path.GetExtension(path) is not ".dll") return false;
        using var file = File.OpenRead(path);
        using var image = new PEReader(file);
        return !image.HasMetadata;
    }
}
