using Foz.Lake.Data;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Projects;

/// <summary>The texts of a project, read.</summary>
/// <param name="File">What <c>foz.yml</c> says.</param>
/// <param name="Sources">Its sources.</param>
/// <param name="Models">Its models that are switched on.</param>
/// <param name="SqlTests">Its tests that are switched on.</param>
/// <param name="Disabled">The names of its models that are switched off.</param>
/// <param name="Selectors">Its own selectors, by name.</param>
public sealed record ProjectParts(
    ProjectFile File,
    IReadOnlyList<ProjectSource> Sources,
    IReadOnlyList<Model> Models,
    IReadOnlyList<SqlTest> SqlTests,
    IReadOnlySet<TableName> Disabled,
    IReadOnlyDictionary<string, NamedSelector> Selectors)
{
    /// <summary>The files of its unit tests.</summary>
    public IReadOnlyList<(string Path, string Text)> UnitTestFiles { get; init; } = [];

    /// <summary>Unit tests that stand beside models, in a dbt project.</summary>
    public IReadOnlyList<UnitTestNode> UnitTestNodes { get; init; } = [];

    /// <summary>Its analyses.</summary>
    public IReadOnlyList<Analysis> Analyses { get; init; } = [];

    /// <summary>Its unit tests that are switched on.</summary>
    public IReadOnlyList<UnitTest> UnitTests { get; init; } = [];

    /// <summary>Tables of sources that it only declares: others fill them.</summary>
    public IReadOnlyList<DeclaredName> Declared { get; init; } = [];

    /// <summary>What uses its tables outside of it.</summary>
    public IReadOnlyList<DeclaredName> Exposures { get; init; } = [];

    /// <summary>The hooks that run before and after all steps of a run.</summary>
    public RunHooks Hooks { get; init; } = RunHooks.None;

    /// <summary>What the reader of another tool's project keeps of it; null of one of Foz.</summary>
    public object? ReaderState { get; init; }

    /// <summary>What it makes.</summary>
    internal IEnumerable<GraphNode> Nodes =>
        Sources.SelectMany(s => s.Streams.Select(stream => (GraphNode)new GraphNode.OfStream(s, stream)))
            .Concat(Models.Select(m => new GraphNode.OfModel(m)));
}
