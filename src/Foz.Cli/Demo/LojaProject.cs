using Foz.Lake;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Demo;

/// <summary>The project of the sample company: text files inside the program.</summary>
static class LojaProject
{
    /// <summary>The name of the project, and of the folder that it is written to.</summary>
    public const string Name = "loja";

    const string Prefix = Name + "/";

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
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var file = Path.Combine(writing, name[Prefix.Length..].Replace('\\', '/'));
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
