using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Projects;

/// <summary>
/// A project: its folder of texts, read, checked and put together for one environment. It does not change.
/// </summary>
public sealed class Project
{
    readonly ProjectParts parts;
    readonly ProjectOptions options;
    readonly IReadOnlyDictionary<string, TableUses> uses;

    internal Project(
        ProjectParts parts, ProjectGraph graph, IReadOnlyDictionary<string, TableUses> uses, ProjectOptions options) =>
        (this.parts, Graph, this.uses, this.options) = (parts, graph, uses, options);

    /// <summary>What <c>foz.yml</c> says.</summary>
    public ProjectFile File => parts.File;

    /// <summary>Its name.</summary>
    public string Name => File.Name;

    /// <summary>Its folder, as a full path.</summary>
    public string Folder => File.Folder;

    /// <summary>The environment that was chosen.</summary>
    public string Environment => File.Environment;

    /// <summary>Where the lake is: a full path, or a URL.</summary>
    public string LakePath => File.LakePath;

    /// <summary>The memory that the process may use; null where it is not stated.</summary>
    public MemorySize? Memory => File.Memory;

    /// <summary>How many threads work; null where it is not stated.</summary>
    public int? Threads => File.Threads;

    /// <summary>The secrets in use, to mask them.</summary>
    public Secrets Secrets => File.Secrets;

    /// <summary>Its sources, by name.</summary>
    public IReadOnlyList<ProjectSource> Sources => parts.Sources;

    /// <summary>Its models, those that sources imply too, by name.</summary>
    public IReadOnlyList<Model> Models => parts.Models;

    /// <summary>Its tests, by name.</summary>
    public IReadOnlyList<SqlTest> SqlTests => parts.SqlTests;

    /// <summary>Its analyses, by name: SELECTs that people run themselves.</summary>
    public IReadOnlyList<Analysis> Analyses => parts.Analyses;

    /// <summary>Its unit tests, by name.</summary>
    public IReadOnlyList<UnitTest> UnitTests => parts.UnitTests;

    /// <summary>Its own selectors, by name.</summary>
    public IReadOnlyDictionary<string, NamedSelector> Selectors => parts.Selectors;

    /// <summary>The packages that it is made of: itself alone where it is one of Foz.</summary>
    internal IEnumerable<string> Packages => File.Foreign?.PackageFolders.Select(package => package.Name) ?? [Name];

    /// <summary>The package that a file is of; the project itself of one that is in no other.</summary>
    internal string PackageOf(string file) => File.Foreign?.PackageFolders
        .FirstOrDefault(package => package.Folder.Length > 0 && file.StartsWith(package.Folder, StringComparison.Ordinal)).Name ?? Name;

    /// <summary>Where what can be found out again is kept of it; null for nowhere.</summary>
    internal string? CacheFolder => options.CacheFolder;

    /// <summary>What the reader of another tool's project keeps of it; null of one of Foz.</summary>
    public object? ReaderState => parts.ReaderState;

    /// <summary>Tables of sources that it only declares: others fill them.</summary>
    internal IReadOnlyList<DeclaredName> Declared => parts.Declared;

    /// <summary>What uses its tables outside of it.</summary>
    internal IReadOnlyList<DeclaredName> Exposures => parts.Exposures;

    /// <summary>What is run before all steps of a run, and behind them.</summary>
    public RunHooks Hooks => parts.Hooks;

    /// <summary>What is made from what.</summary>
    public ProjectGraph Graph { get; }

    /// <summary>The source of a name; null where there is none.</summary>
    public ProjectSource? FindSource(string name) => Sources.FirstOrDefault(s => s.Name == name);

    /// <summary>The model of a name; null where there is none.</summary>
    public Model? FindModel(TableName name) => Graph.Find(name) is GraphNode.OfModel node ? node.Model : null;

    /// <summary>
    /// The name in the lake of a name of the project: with the environment's schema prefix if the project has such a
    /// table, else the same.
    /// </summary>
    public TableName TableOf(TableName name) => Graph.Find(name)?.Table ?? name;

    /// <summary>
    /// The tables with a schema that a SELECT of the project names, in the order of the text, each as often as it does; null
    /// for a text that is none of its SELECTs.
    /// </summary>
    internal IReadOnlyList<TableName>? FindTables(string sql) => uses.TryGetValue(sql, out var known)
        ?
        [
            .. known.Uses.Where(use => use is { IsStream: false, Parts.Count: > 1 })
                .Select(use => new TableName(use.Parts[^2], use.Parts[^1])),
        ]
        : null;

    /// <summary>Reads a project.</summary>
    /// <param name="folder">The folder with <c>foz.yml</c>.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Something is wrong with it; tells all that is.</exception>
    public static Project Load(
        string folder, ProjectOptions options, EnginePool engines, CancellationToken cancellationToken) =>
        TryLoad(folder, options, engines, cancellationToken).Unwrap();

    /// <summary>Reads a project, or finds all that is wrong with it.</summary>
    /// <param name="folder">The folder with <c>foz.yml</c>.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static ProjectResult TryLoad(
        string folder, ProjectOptions options, EnginePool engines, CancellationToken cancellationToken) =>
        new ProjectLoader(options, new(engines, cancellationToken)).Load(folder);

    /// <summary>The project some of whose tables are others of the lake, for itself and for what refers to them.</summary>
    /// <param name="tables">The tables of the lake, by the names that the project has.</param>
    internal Project Reading(IReadOnlyDictionary<TableName, TableName> tables)
    {
        var read = parts with
        {
            Models = [.. parts.Models.Select(model => model with { Table = Of(model.Name, model.Table), References = Map(model.References) })],
            SqlTests = [.. parts.SqlTests.Select(test => test with { References = Map(test.References) })],
            Sources = [.. parts.Sources.Select(source => source with
            {
                Streams = [.. source.Streams.Select(stream => stream with
                {
                    Table = Of(stream.Name, stream.Table), References = Map(stream.References),
                })],
            })],
        };
        return new(read, ProjectGraph.Build(ProjectLoader.Nodes(read), new())!, uses, options);

        IReadOnlyList<Reference> Map(IReadOnlyList<Reference> references) =>
            [.. references.Select(r => tables.TryGetValue(r.Name, out var table) ? r with { Table = table } : r)];

        TableName Of(TableName name, TableName table) => tables.GetValueOrDefault(name, table);
    }

    /// <summary>The project with what a source of <c>streams: all</c> turned out to have.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="discovered">Its streams; those that the project names keep what it says of them.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A name does not fit, is taken twice, or is referred to and was not found; tells all that is wrong.
    /// </exception>
    public Project WithDiscovered(
        string source, IReadOnlyList<DiscoveredStream> discovered, EnginePool engines,
        CancellationToken cancellationToken) =>
        WithKnown(
            new Dictionary<string, IReadOnlyList<DiscoveredStream>> { [source] = discovered }, StreamsKnown.All, engines, cancellationToken).Unwrap();

    /// <summary>The project with streams of sources of <c>streams: all</c> that are known without asking them.</summary>
    /// <param name="discovered">The streams, by the names of their sources.</param>
    /// <param name="known">Which streams of these sources are known then: where it is all of them, a name of another table is an error.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal ProjectResult WithKnown(
        IReadOnlyDictionary<string, IReadOnlyList<DiscoveredStream>> discovered, StreamsKnown known, EnginePool engines,
        CancellationToken cancellationToken) =>
        discovered.Count == 0
            ? new ProjectResult.Loaded(this)
            : new ProjectLoader(options, new(engines, cancellationToken)).AddDiscovered(parts, discovered, known);

    /// <summary>The streams of a source whose current rows are kept, and whose keys only the source can tell.</summary>
    /// <param name="source">The source.</param>
    internal IReadOnlyList<StreamDefinition> StreamsWithoutKeys(ProjectSource source) =>
        !source.KeepsCurrent ? [] :
        [
            .. source.Streams.Select(stream => stream.Definition).Where(stream => CurrentModel.LacksKeys(stream)
                && Graph.Find(new(CurrentModel.Schema, stream.Name)) is GraphNode.OfModel { Model.IsImplicit: true }),
        ];

    /// <summary>The project with the keys that a source told of its streams.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="keys">The columns, by stream.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal Project WithKeys(
        string source, IReadOnlyDictionary<string, IReadOnlyList<string>> keys, EnginePool engines, CancellationToken cancellationToken) =>
        new ProjectLoader(options, new(engines, cancellationToken)).AddKeys(parts, source, keys).Unwrap();
}

/// <summary>What reading a project came to.</summary>
public abstract record ProjectResult
{
    ProjectResult() { }

    /// <summary>The project.</summary>
    /// <exception cref="FozException">It is wrong; tells all that is.</exception>
    public Project Unwrap() => this switch
    {
        Loaded loaded => loaded.Project,
        Refused refused => throw ErrorList.Combine(refused.Errors),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>It was read.</summary>
    /// <param name="Project">The project.</param>
    public sealed record Loaded(Project Project) : ProjectResult;

    /// <summary>It is wrong.</summary>
    /// <param name="Errors">All that is, by file and line; at least one.</param>
    public sealed record Refused(IReadOnlyList<FozException> Errors) : ProjectResult;
}

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

    /// <summary>What is run before all steps of a run, and behind them.</summary>
    public RunHooks Hooks { get; init; } = RunHooks.None;

    /// <summary>What the reader of another tool's project keeps of it; null of one of Foz.</summary>
    public object? ReaderState { get; init; }
}
