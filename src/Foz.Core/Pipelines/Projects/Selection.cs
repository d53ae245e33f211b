using System.IO.Enumeration;
using Foz.Core.Configuration;
using Foz.Core.Data;

namespace Foz.Core.Pipelines.Projects;

/// <summary>
/// What of a graph is meant by selectors, as dbt has them: a name (<c>silver.orders</c>, or <c>orders</c> in any
/// schema) with <c>*</c> and <c>?</c>, a <c>+</c> before it for all that it needs, one behind it for all that needs it.
/// </summary>
public static class Selection
{
    /// <summary>The nodes that at least one selector means; all nodes if there are no selectors.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="selectors">The selectors; one may hold several, with spaces between them.</param>
    /// <exception cref="FozException">A selector means nothing.</exception>
    public static IReadOnlySet<TableName> Of(ProjectGraph graph, IReadOnlyList<string> selectors)
    {
        var terms = selectors.SelectMany(
            s => s.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        if (terms.Count == 0) return graph.Nodes.Select(n => n.Name).ToHashSet();
        var selected = new HashSet<TableName>();
        foreach (var term in terms)
        {
            var pattern = term.TrimStart('+').TrimEnd('+');
            var names = graph.Nodes.Select(n => n.Name).Where(name => IsMatch(pattern, name)).ToList();
            if (names.Count == 0) throw Nothing(graph, term, pattern);
            foreach (var name in names)
            {
                selected.Add(name);
                if (term.StartsWith('+')) selected.UnionWith(graph.Ancestors(name));
                if (term.EndsWith('+')) selected.UnionWith(graph.Descendants(name));
            }
        }
        return selected;
    }

    static bool IsMatch(string pattern, TableName name) =>
        FileSystemName.MatchesSimpleExpression(
            pattern, pattern.Contains('.', StringComparison.Ordinal) ? name.ToString() : name.Name, ignoreCase: true);

    static FozException Nothing(ProjectGraph graph, string term, string pattern)
    {
        var known = pattern.Contains('.', StringComparison.Ordinal)
            ? graph.Nodes.Select(n => n.Name.ToString())
            : graph.Nodes.Select(n => n.Name.Name);
        return new(ErrorKind.Usage, $"'{term}' selects nothing of the project")
        {
            Hint = NearestName.Hint(pattern, known) ?? "foz ls shows what there is",
        };
    }
}
