using Foz.Lake;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Demo;

/// <summary>The project of the sample company: text files inside the program.</summary>
static class LojaProject
{
    /// <summary>The name of the project, and of the folder that it is written to.</summary>
    public const string Name = "loja";

    const string Prefix = Name + "/", Readme = "README.md";

    /// <summary>The files of the project by the names that they have inside the program.</summary>
    static IReadOnlyDictionary<string, string> Files { get; } = typeof(LojaProject).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name, name => name[Prefix.Length..].Replace('\\', '/'), StringComparer.Ordinal);

    /// <summary>
    /// Returns whether a folder has the project: its name, its sources and its models, whatever they say.
    /// </summary>
    /// <exception cref="IOException">Thrown when <c>foz.yml</c> cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Thrown when <c>foz.yml</c> may not be read.</exception>
    public static bool IsIn(string folder)
    {
        var settings = Path.Combine(folder, ProjectFile.FileName);
        return File.Exists(settings)
            && File.ReadLines(settings).Any(line => line.Split('#')[0].TrimEnd() == $"name: {Name}")
            && Files.Values.Where(file => file != Readme).All(file => File.Exists(Path.Combine(folder, file)));
    }

    /// <summary>Writes the files of the project.</summary>
    /// <param name="folder">The folder: a new or an empty one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Another project or other files are in the folder.</exception>
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public static async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new FozException(ErrorKind.Usage, $"{folder} already exists and has no foz.yml; no files written")
            {
                Hint = "run foz demo in another folder",
            };
        var assembly = typeof(LojaProject).Assembly;
        // Beside it, and then moved: the folder is there with all files, or not at all.
        var writing = Path.TrimEndingDirectorySeparator(folder) + ".writing";
        if (Directory.Exists(writing)) Directory.Delete(writing, recursive: true);
        foreach (var (name, path) in Files)
        {
            var file = Path.Combine(writing, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await using var text = assembly.GetManifestResourceStream(name)!;
            await using var target = File.Create(file);
            await text.CopyToAsync(target, cancellationToken);
        }
        if (!Directory.Exists(folder))
        {
            Directory.Move(writing, folder);
            return;
        }
        // An empty folder stays, as a shell may be in it; the file that makes it a project comes last.
        foreach (var entry in Directory.GetFileSystemEntries(writing).OrderBy(path =>
            Path.GetFileName(path) == ProjectFile.FileName))
            Directory.Move(entry, Path.Combine(folder, Path.GetFileName(entry)));
        Directory.Delete(writing);
    }
}
