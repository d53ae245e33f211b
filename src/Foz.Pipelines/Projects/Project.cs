using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Projects;

/// <summary>
/// A project: its folder of texts, read, checked and put together for one environment. It does not change.
/// </summary>
public sealed class Project
{
    readonly IReadOnlyDictionary<string, TableUses> uses;

    internal Project(
        ProjectParts parts, ProjectGraph graph, IReadOnlyDictionary<string, TableUses> uses, ProjectOptions options) =>
        (Parts, Graph, this.uses, Options) = (parts, graph, uses, options);

    /// <summary>Its texts, read.</summary>
    internal ProjectParts Parts { get; }

    /// <summary>How it was read.</summary>
    internal ProjectOptions Options { get; }

    /// <summary>What <c>foz.yml</c> says.</summary>
    public ProjectFile File => Parts.File;

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
    public IReadOnlyList<ProjectSource> Sources => Parts.Sources;

    /// <summary>Its models, those that sources imply too, by name.</summary>
    public IReadOnlyList<Model> Models => Parts.Models;

    /// <summary>Its tests, by name.</summary>
    public IReadOnlyList<SqlTest> SqlTests => Parts.SqlTests;

    /// <summary>Its analyses, by name: SELECTs that people run themselves.</summary>
    public IReadOnlyList<Analysis> Analyses => Parts.Analyses;

    /// <summary>Its unit tests, by name.</summary>
    public IReadOnlyList<UnitTest> UnitTests => Parts.UnitTests;

    /// <summary>Its own selectors, by name.</summary>
    public IReadOnlyDictionary<string, NamedSelector> Selectors => Parts.Selectors;

    /// <summary>The packages that it is made of: itself alone where it is one of Foz.</summary>
    internal IEnumerable<string> Packages => File.Foreign?.PackageFolders.Select(package => package.Name) ?? [Name];

    /// <summary>The package that a file is of; the project itself of one that is in no other.</summary>
    internal string PackageOf(string file) => File.Foreign?.PackageFolders
        .FirstOrDefault(package =>
            package.Folder.Length > 0 && file.StartsWith(package.Folder, StringComparison.Ordinal)).Name ?? Name;

    /// <summary>Where what can be found out again is kept of it; null for nowhere.</summary>
    internal string? CacheFolder => Options.CacheFolder;

    /// <summary>What the reader of another tool's project keeps of it; null of one of Foz.</summary>
    public object? ReaderState => Parts.ReaderState;

    /// <summary>Tables of sources that it only declares: others fill them.</summary>
    internal IReadOnlyList<DeclaredName> Declared => Parts.Declared;

    /// <summary>What uses its tables outside of it.</summary>
    public IReadOnlyList<DeclaredName> Exposures => Parts.Exposures;

    /// <summary>The hooks that run before and after all steps of a run.</summary>
    public RunHooks Hooks => Parts.Hooks;

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
    /// The tables with a schema that a SELECT of the project names, in the order of the text, each as often as it does;
    /// null for a text that is none of its SELECTs.
    /// </summary>
    internal IReadOnlyList<TableName>? FindTables(string sql) => uses.TryGetValue(sql, out var known)
        ?
        [
            .. known.Uses.Where(use => use is { IsStream: false, Parts.Count: > 1 })
                .Select(use => new TableName(use.Parts[^2], use.Parts[^1])),
        ]
        : null;

    /// <summary>
    /// The project some of whose tables are others of the lake, for itself and for what refers to them.
    /// </summary>
    /// <param name="tables">The tables of the lake, by the names that the project has.</param>
    internal Project Reading(IReadOnlyDictionary<TableName, TableName> tables)
    {
        var read = Parts with
        {
            Models =
            [
                .. Parts.Models.Select(model =>
                    model with { Table = Of(model.Name, model.Table), References = Map(model.References) }),
            ],
            SqlTests = [.. Parts.SqlTests.Select(test => test with { References = Map(test.References) })],
            Sources = [.. Parts.Sources.Select(source => source with
            {
                Streams = [.. source.Streams.Select(stream => stream with
                {
                    Table = Of(stream.Name, stream.Table), References = Map(stream.References),
                })],
            })],
        };
        return new(read, ProjectGraph.Build(read.Nodes, new())!, uses, Options);

        IReadOnlyList<Reference> Map(IReadOnlyList<Reference> references) =>
            [.. references.Select(r => tables.TryGetValue(r.Name, out var table) ? r with { Table = table } : r)];

        TableName Of(TableName name, TableName table) => tables.GetValueOrDefault(name, table);
    }
}

/// <summary>The result of reading a project.</summary>
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

    /// <summary>The project was read.</summary>
    /// <param name="Project">The project.</param>
    public sealed record Loaded(Project Project) : ProjectResult;

    /// <summary>The project has mistakes.</summary>
    /// <param name="Errors">All that is, by file and line; at least one.</param>
    public sealed record Refused(IReadOnlyList<FozException> Errors) : ProjectResult;
}
