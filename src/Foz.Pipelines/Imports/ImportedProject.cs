using Foz.Lake;

namespace Foz.Pipelines.Imports;

/// <summary>A project of another tool in the words of Foz.</summary>
/// <param name="Tool">The tool's name, as people write it.</param>
/// <param name="Name">The project's name.</param>
public sealed record ImportedProject(string Tool, string Name)
{
    /// <summary>The texts of its files, by their paths in the project of Foz, with <c>/</c>.</summary>
    public SortedDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Files that are copied as they are: the full paths of the originals, by their paths in the project of Foz.</summary>
    public SortedDictionary<string, string> Copies { get; } = new(StringComparer.Ordinal);

    /// <summary>What did not come over, or means something else here; each with the place that it is about.</summary>
    public IReadOnlyList<Warning> Notes => notes;

    readonly List<Warning> notes = [];

    /// <summary>Reads the project of another tool in a folder: of Bruin or SQLMesh.</summary>
    /// <param name="folder">The folder, as a full path.</param>
    /// <exception cref="FozException">It holds no such project, or a file of it cannot be read.</exception>
    public static ImportedProject Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new FozException(ErrorKind.Usage, $"there is no folder {folder}");
        if (BruinImport.FindPipeline(folder) is { } pipeline) return new BruinImport(pipeline).Read();
        if (SqlMeshImport.IsProject(folder)) return new SqlMeshImport(folder).Read();
        throw new FozException(ErrorKind.Usage, $"{folder} is no project that Foz can take over")
        {
            Hint = File.Exists(Path.Combine(folder, "dbt_project.yml"))
                ? "a dbt project runs as it is: foz run in its folder"
                : "it takes over a pipeline of Bruin (pipeline.yml and assets/) or a project of SQLMesh (config.yaml and models/)",
        };
    }

    /// <summary>The tool that a folder looks to be a project of; null for none that <see cref="Read"/> knows.</summary>
    /// <param name="folder">The folder, as a full path.</param>
    public static string? ToolOf(string folder) => BruinImport.IsPipeline(folder) ? "Bruin" : SqlMeshImport.IsProject(folder) ? "SQLMesh" : null;

    internal void Note(Place place, string message, string? hint = null) => notes.Add(new($"{place}: {message}", hint));

    internal void Add(string path, string text, Place place)
    {
        if (!Files.TryAdd(path, text)) Note(place, $"another asset makes {path} already", "give one of them another name");
    }

    /// <summary>A name of letters, digits and underscores.</summary>
    internal static string NameOf(string text)
    {
        var name = string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).Trim('_');
        return name.Length == 0 ? "project" : char.IsAsciiDigit(name[0]) ? $"p{name}" : name;
    }

    /// <summary>The <c>foz.yml</c> of a project that has nothing else to say.</summary>
    internal static string Settings(string name, string connections) => $"""
        # Taken over by foz import: foz validate reads it, foz run makes its tables.
        name: {name}
        lake: lake

        """ + connections;
}
