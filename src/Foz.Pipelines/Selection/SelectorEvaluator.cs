using System.Collections;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Selection;

/// <summary>Finds what selectors mean.</summary>
/// <param name="graph">The things that there are.</param>
/// <param name="facts">What selectors ask beside the project's text.</param>
sealed class SelectorEvaluator(ResourceGraph graph, SelectionFacts facts)
{
    /// <summary>The package that is the project itself.</summary>
    const string OwnPackage = "this";

    readonly BitArray barred = graph.None();

    /// <summary>
    /// What a selector means, with the tests that look at a table of it, unless they look at one that it leaves out.
    /// </summary>
    /// <exception cref="FozException">It names what the project does not have.</exception>
    public BitArray Select(Selector selector)
    {
        var selected = Find(selector);
        var tests = graph.TestsOf(selected);
        return selected.Or(tests.And(new BitArray(barred).Not()));
    }

    BitArray Find(Selector selector)
    {
        switch (selector)
        {
            case Selector.Everything:
                return graph.None().Not();
            case Selector.Union union:
                return union.Parts.Aggregate(graph.None(), (all, part) => all.Or(Find(part)));
            case Selector.Intersection intersection:
                return intersection.Parts.Aggregate(graph.None().Not(), (all, part) => all.And(Find(part)));
            case Selector.Difference difference:
                var without = Find(difference.Without);
                without.Or(graph.TestsOf(without));
                barred.Or(without);
                return Find(difference.From).And(without.Not());
            case Selector.Reaching reaching:
                return graph.Reach(Find(reaching.From), reaching.Reach);
            case Selector.Term term:
                return graph.Reach(FindTerm(term), term.Reach);
            default:
                throw new System.Diagnostics.UnreachableException($"{selector}");
        }
    }

    BitArray FindTerm(Selector.Term term)
    {
        var found = graph.Where(Condition(term));
        if (term is { Method: SelectorMethod.Source, Reach: var reach } && (reach.ChildrenMax > 0 || reach.IsClosed))
            found.Or(ReadersOf(term.Value));
        // What holds of nothing today is no mistake; a name of nothing is.
        if (!found.HasAnySet() && IsOfNames(term.Method)) throw Nothing(term);
        return found;
    }

    /// <summary>What reads tables of a source that others fill: those are nothing that could be selected.</summary>
    BitArray ReadersOf(string source)
    {
        var tables = graph.Project.Declared.Where(declared => IsSource(declared.Name, source))
            .SelectMany(declared => declared.Tables).ToHashSet();
        return graph.Where(resource => resource is Resource.Table && resource.Needs.Any(tables.Contains));
    }

    static bool IsSource(string name, string value) =>
        Glob.IsMatch(value, name) || Glob.IsMatch(value, name.Split('.')[0]);

    static bool IsOfNames(SelectorMethod method) => method is not (SelectorMethod.State or SelectorMethod.Result
        or SelectorMethod.SourceStatus or SelectorMethod.ResourceType or SelectorMethod.TestType
        or SelectorMethod.Config);

    Func<Resource, bool> Condition(Selector.Term term) => term.Method switch
    {
        SelectorMethod.Fqn => resource => IsNamed(resource, term.Value),
        SelectorMethod.Tag => resource => resource.Tags.Any(tag => Glob.IsMatch(term.Value, tag)),
        SelectorMethod.Path => PathCondition(term.Value),
        SelectorMethod.File => resource => Glob.IsMatch(term.Value, Path.GetFileName(resource.File))
            || Glob.IsMatch(term.Value, Path.GetFileNameWithoutExtension(resource.File)),
        SelectorMethod.Source => resource => resource is Resource.Table { Node: GraphNode.OfStream stream }
            ? Glob.IsMatch(term.Value, stream.Source.Name)
                || Glob.IsMatch(term.Value, $"{stream.Source.Name}.{stream.Stream.Definition.Name}")
            : resource is Resource.Table { Node.Name: var seed }
                && graph.Project.Declared.Any(declared =>
                    declared.Tables.Contains(seed) && IsSource(declared.Name, term.Value)),
        SelectorMethod.Exposure => resource => resource is Resource.Table { Node.Name: var used }
            && graph.Project.Exposures.Any(exposure =>
                Glob.IsMatch(term.Value, exposure.Name) && exposure.Tables.Contains(used)),
        SelectorMethod.Config => resource =>
            ResourceConfig.Values(resource, term.Argument).Any(value => Glob.IsMatch(term.Value, value)),
        SelectorMethod.ResourceType => resource => resource.Type == term.Value,
        SelectorMethod.TestType => resource => term.Value switch
        {
            ResourceWords.Singular => resource is Resource.Singular,
            ResourceWords.UnitWord => resource is Resource.Unit,
            ResourceWords.Data => resource.Type is ResourceWords.Test,
            _ => resource is Resource.Checks,
        },
        SelectorMethod.State => resource => resource is Resource.Table { Node.Name: var name }
            && StateKeywords.Holds(term.Value, facts.Changes.GetValueOrDefault(name)),
        SelectorMethod.Result => resource => resource is Resource.Table { Node.Name: var name }
            && facts.Results.GetValueOrDefault(name) == term.Value,
        SelectorMethod.SourceStatus => resource => resource is Resource.Table { Node.Name: var name }
            && facts.Fresher.Contains(name),
        SelectorMethod.Group =>
            resource => resource is Resource.Table { Node: GraphNode.OfModel { Model.Group: { } group } }
                && Glob.IsMatch(term.Value, group),
        SelectorMethod.Package => resource =>
            Glob.IsMatch(
                term.Value is OwnPackage ? graph.Project.Name : term.Value, graph.Project.PackageOf(resource.File)),
        _ => _ => false,
    };

    Func<Resource, bool> PathCondition(string value)
    {
        if (Path.IsPathRooted(value)) value = Path.GetRelativePath(graph.Project.Folder, value);
        if (value == ".") return _ => true;
        var path = value.Replace('\\', '/').TrimEnd('/');
        if (path.StartsWith("./", StringComparison.Ordinal)) path = path[2..];
        return resource => IsBelow(resource.File, path);
    }

    /// <summary>Whether a file or a folder above it is what a path means.</summary>
    static bool IsBelow(string file, string path)
    {
        for (var end = file.Length; end > 0; end = file.LastIndexOf('/', end - 1))
            if (Glob.IsMatch(path, file[..end])) return true;
        return false;
    }

    /// <summary>
    /// Whether a name means a thing: its own name, or its path from the project, from the first folder or from the one
    /// below it on.
    /// </summary>
    bool IsNamed(Resource resource, string name)
    {
        var parts = name.Split('.');
        var below = name.StartsWith(graph.Project.Name + '.', StringComparison.Ordinal)
            ? name[(graph.Project.Name.Length + 1)..].Split('.')
            : null;
        foreach (var path in resource.Paths)
        {
            if (parts.Length == 1 && Glob.IsMatch(name, path[^1])) return true;
            for (var start = 0; start < path.Length && start < 2; start++)
                if (IsPrefix(parts, path, start)) return true;
            if (below is not null && IsPrefix(below, path, 0)) return true;
        }
        return false;
    }

    /// <summary>
    /// Whether parts are the first ones of a path; from the first pattern among them on, all the rest is held against
    /// it.
    /// </summary>
    static bool IsPrefix(string[] parts, string[] path, int start)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            if (start + i >= path.Length) return false;
            if (Glob.IsPattern(parts[i]))
                return Glob.IsMatch(string.Join('.', parts[i..]), string.Join('.', path[(start + i)..]));
            if (!parts[i].Equals(path[start + i], StringComparison.OrdinalIgnoreCase)) return false;
        }
        return true;
    }

    FozException Nothing(Selector.Term term)
    {
        var known = Known(term.Method, term.Value).Where(name => name.Length > 0);
        return new(ErrorKind.Usage, $"'{term.Text}' selects nothing of the project")
        {
            Place = term.Place,
            Hint = term.Method switch
            {
                SelectorMethod.Exposure => NearestName.Hint(term.Value, known) ?? "a project has no exposures yet",
                SelectorMethod.Metric => "a project has no metrics yet",
                _ => NearestName.Hint(term.Value, known) ?? "foz ls --select '*' shows what there is",
            },
        };
    }

    /// <summary>The names that a method can look for.</summary>
    IEnumerable<string> Known(SelectorMethod method, string value) => method switch
    {
        SelectorMethod.Tag => graph.Items.SelectMany(resource => resource.Tags),
        SelectorMethod.Path => graph.Items.Select(resource => resource.File)
            .Concat(graph.Items.Select(resource => Path.GetDirectoryName(resource.File)?.Replace('\\', '/') ?? "")),
        SelectorMethod.File => graph.Items.Select(resource => Path.GetFileName(resource.File)),
        SelectorMethod.Source => graph.Project.Sources.Select(source => source.Name)
            .Concat(graph.Project.Sources.SelectMany(source =>
                source.Streams.Select(stream => $"{source.Name}.{stream.Definition.Name}")))
            .Concat(
                graph.Project.Declared.SelectMany(declared => new[] { declared.Name.Split('.')[0], declared.Name })),
        SelectorMethod.Exposure => graph.Project.Exposures.Select(exposure => exposure.Name),
        SelectorMethod.Group => graph.Project.Models.Select(model => model.Group ?? ""),
        SelectorMethod.Package => graph.Project.Packages,
        SelectorMethod.Fqn when value.Contains('.', StringComparison.Ordinal) =>
            graph.Items.Select(resource => resource.Name),
        SelectorMethod.Fqn => graph.Items.SelectMany(resource => resource.Paths.Select(path => path[^1]))
            .Concat(graph.Items.SelectMany(resource => resource.Paths.Select(path => path[0]))),
        _ => [],
    };
}
