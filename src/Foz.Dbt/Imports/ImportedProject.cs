using Foz.Lake;

namespace Foz.Dbt.Imports;

/// <summary>A project of another tool in the words of Foz.</summary>
/// <param name="Tool">The tool's name, as people write it.</param>
/// <param name="Name">The project's name.</param>
public sealed record ImportedProject(string Tool, string Name)
{
    /// <summary>The texts of its files, by their paths in the project of Foz, with <c>/</c>.</summary>
    public SortedDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Files that are copied unchanged: the full paths of the originals, by their paths in the project of Foz.
    /// </summary>
    public SortedDictionary<string, string> Copies { get; } = new(StringComparer.Ordinal);

    /// <summary>What did not come over, or means something else here; each with the place that it is about.</summary>
    public IReadOnlyList<Warning> Notes => notes;

    readonly List<Warning> notes = [];

    internal void Note(Place place, string message, string? hint = null) => notes.Add(new($"{place}: {message}", hint));

    internal void Add(string path, string text, Place place)
    {
        if (!Files.TryAdd(path, text))
            Note(place, $"another asset makes {path} already", "give one of them another name");
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
