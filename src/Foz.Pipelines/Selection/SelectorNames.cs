using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Selection;

/// <summary>The selectors that a user can mean who began to type one.</summary>
public static class SelectorNames
{
    /// <summary>Returns the selectors of a project that begin with a word.</summary>
    /// <param name="project">The project.</param>
    /// <param name="word">The word, which may have operators, and selectors before a comma.</param>
    public static IEnumerable<string> Of(Project project, string word)
    {
        var start = word.LastIndexOf(',') + 1;
        while (start < word.Length && (word[start] is '+' or '@' || char.IsAsciiDigit(word[start]))) start++;
        var (operators, part) = (word[..start], word[start..]);
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        var known = colon >= 0
            ? Values(project, part[..colon]).Select(value => $"{part[..(colon + 1)]}{value}")
            : NamesOf(project, part.Contains('.', StringComparison.Ordinal))
                .Concat(part.Length > 0 ? SelectorMethods.ByWord.Keys.Select(method => method + ":") : []);
        return known.Where(name => name.StartsWith(part, StringComparison.OrdinalIgnoreCase))
            .Select(name => operators + name);
    }

    /// <summary>Tables, by their whole names or, before a dot is typed, also by their own.</summary>
    static IEnumerable<string> NamesOf(Project project, bool isWhole) => project.Graph.Nodes.SelectMany(node =>
        isWhole ? new[] { $"{node.Name}" } : [$"{node.Name}", node.Name.Name]);

    static IEnumerable<string> Values(Project project, string word) =>
        !SelectorMethods.ByWord.TryGetValue(word, out var method) ? []
        : SelectorMethods.Words(method) ?? method switch
        {
            SelectorMethod.Tag => project.Models.SelectMany(model => model.Tags)
                .Concat(project.Sources.SelectMany(source => source.Streams).SelectMany(stream => stream.Tags)),
            SelectorMethod.Source => project.Sources.SelectMany(source =>
                source.Streams.Select(stream => $"{source.Name}.{stream.Definition.Name}").Prepend(source.Name)),
            SelectorMethod.Group => project.Models.Select(model => model.Group).OfType<string>(),
            SelectorMethod.Package => project.Packages,
            SelectorMethod.Selector => project.Selectors.Keys,
            SelectorMethod.Exposure => project.Exposures.Select(exposure => exposure.Name),
            _ => [],
        };
}
