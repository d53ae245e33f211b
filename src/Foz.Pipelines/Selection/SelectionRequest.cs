using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Selection;

/// <summary>The resources that a user asks to work on.</summary>
public sealed record SelectionRequest
{
    /// <summary>All of the project, or what its default selector means.</summary>
    public static SelectionRequest All { get; } = new();

    /// <summary>What to take, as texts that <see cref="SelectorParser"/> reads; empty for all.</summary>
    public IReadOnlyList<string> Select { get; init; } = [];

    /// <summary>What to leave out of it.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>The name of a selector that the project states; null for none.</summary>
    public string? Selector { get; init; }

    /// <summary>What <c>state:</c> holds the project against; null for what its own lake was last made from.</summary>
    public StateSource? State { get; init; }

    /// <summary>Whether it says nothing: then all is meant, or what the project's default selector means.</summary>
    public bool IsEmpty => Select.Count == 0 && Exclude.Count == 0 && Selector is null;

    /// <summary>Puts the selectors together.</summary>
    /// <param name="project">The project, for its own selectors.</param>
    /// <exception cref="FozException">A text is no selector, or a name is none of the project's selectors.</exception>
    public Selector Read(Project project)
    {
        if (Selector is not null && (Select.Count > 0 || Exclude.Count > 0))
            throw new FozException(
                ErrorKind.Usage, "--selector stands alone: it says what to take and what to leave out")
            {
                Hint = $"write --select selector:{Selector} to go on from there",
            };
        if (Selector is { } name) return Expand(Named(name), project, []);
        if (IsEmpty && project.Selectors.Values.FirstOrDefault(selector => selector.IsDefault) is { } standard)
            return Expand(Named(standard.Name), project, []);
        var from = Select.Count == 0 ? Foz.Pipelines.Selectors.Selector.Everything.Value : SelectorParser.Parse(Select);
        return Expand(
            Exclude.Count == 0 ? from : new Selector.Difference(from, SelectorParser.Parse(Exclude)), project, []);
    }

    /// <summary>Finds what is meant.</summary>
    /// <param name="project">The project.</param>
    /// <param name="facts">What the selectors ask beside the project's text.</param>
    /// <exception cref="FozException">A selector is none, or names what the project does not have.</exception>
    public SelectedResources Find(Project project, SelectionFacts facts)
    {
        var selector = Read(project);
        if (selector is Selector.Everything) return new([.. ResourceGraph.ItemsOf(project)]);
        var graph = new ResourceGraph(project);
        var selected = new SelectorEvaluator(graph, facts).Select(selector);
        return new([.. graph.Items.Where((_, i) => selected[i])]);
    }

    static Selector.Term Named(string name) => new(SelectorMethod.Selector, name) { Text = $"selector:{name}" };

    /// <summary>Puts the project's selectors in the place of their names.</summary>
    static Selector Expand(Selector selector, Project project, ImmutableHashSet<string> open) => selector switch
    {
        Selector.Term { Method: SelectorMethod.Selector } term =>
            new Selector.Reaching(Find(term, project, open), term.Reach),
        Selector.Union union => new Selector.Union([.. union.Parts.Select(part => Expand(part, project, open))]),
        Selector.Intersection all =>
            new Selector.Intersection([.. all.Parts.Select(part => Expand(part, project, open))]),
        Selector.Difference difference => new Selector.Difference(
            Expand(difference.From, project, open), Expand(difference.Without, project, open)),
        Selector.Reaching reaching => reaching with { From = Expand(reaching.From, project, open) },
        _ => selector,
    };

    static Selector Find(Selector.Term term, Project project, ImmutableHashSet<string> open)
    {
        if (!project.Selectors.TryGetValue(term.Value, out var named))
            throw new FozException(ErrorKind.Usage, $"the project has no selector '{term.Value}'")
            {
                Place = term.Place,
                Hint = NearestName.Hint(term.Value, project.Selectors.Keys)
                    ?? $"state it in {SelectorFileReader.FileName}",
            };
        if (open.Contains(term.Value))
            throw new FozException(ErrorKind.Configuration, $"the selector '{term.Value}' is made of itself")
            {
                Place = term.Place ?? named.Place,
                Hint = $"it goes through {string.Join(", ", open.Order(StringComparer.Ordinal))}",
            };
        return Expand(named.Selector, project, open.Add(term.Value));
    }
}

/// <summary>The selected resources of a project.</summary>
/// <param name="Items">The resources: tables in an order in which each follows those that it needs, then tests.</param>
public sealed record SelectedResources(IReadOnlyList<Resource> Items)
{
    /// <summary>The tables.</summary>
    public IReadOnlySet<TableName> Tables { get; } =
        Items.OfType<Resource.Table>().Select(table => table.Node.Name).ToHashSet();

    /// <summary>The tables whose checks are selected.</summary>
    public IReadOnlySet<TableName> Checks { get; } =
        Items.OfType<Resource.Checks>().Select(checks => checks.Node.Name).ToHashSet();

    /// <summary>The tests in SQL.</summary>
    public IReadOnlyList<SqlTest> SqlTests { get; } = [.. Items.OfType<Resource.Singular>().Select(test => test.Test)];

    /// <summary>The unit tests.</summary>
    public IReadOnlyList<UnitTest> UnitTests { get; } = [.. Items.OfType<Resource.Unit>().Select(test => test.Test)];
}
