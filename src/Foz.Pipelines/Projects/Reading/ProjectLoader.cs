using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads projects from their folders, and goes on with what their sources say.</summary>
public static class ProjectLoader
{
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
        new ProjectBuilder(options, new(engines, cancellationToken)).Load(folder);

    /// <summary>
    /// Reads <c>foz.yml</c> alone: enough to find the lake, whatever the rest of the project is like.
    /// </summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="FozException">There is none, or it is wrong; tells all that is.</exception>
    public static ProjectFile LoadFile(string folder, ProjectOptions options)
    {
        var errors = new ErrorList();
        var file = new ProjectFileReader(options, errors).Read(folder);
        errors.ThrowIfAny();
        return file!;
    }

    /// <summary>The project with what a source of <c>streams: all</c> turned out to have.</summary>
    /// <param name="project">The project.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="discovered">Its streams; those that the project names keep what it says of them.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A name does not fit, is taken twice, or is referred to and was not found; tells all that is wrong.
    /// </exception>
    public static Project WithDiscovered(
        this Project project, string source, IReadOnlyList<DiscoveredStream> discovered, EnginePool engines,
        CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, IReadOnlyList<DiscoveredStream>> { [source] = discovered };
        return project.WithKnown(found, StreamsKnown.All, engines, cancellationToken).Unwrap();
    }

    /// <summary>
    /// The project with streams of sources of <c>streams: all</c> that are known without asking them.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="discovered">The streams, by the names of their sources.</param>
    /// <param name="known">
    /// Which streams of these sources are known then: where it is all of them, a name of another table is an error.
    /// </param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static ProjectResult WithKnown(
        this Project project, IReadOnlyDictionary<string, IReadOnlyList<DiscoveredStream>> discovered,
        StreamsKnown known, EnginePool engines, CancellationToken cancellationToken) =>
        discovered.Count == 0
            ? new ProjectResult.Loaded(project)
            : new ProjectBuilder(project.Options, new(engines, cancellationToken))
                .AddDiscovered(project.Parts, discovered, known);

    /// <summary>
    /// The streams of a source whose keys models need, as those of current rows and of events do, and only the source
    /// can tell; and those of changes whose current rows are kept, which the source may not be able to identify.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="source">The source.</param>
    internal static IReadOnlyList<StreamDefinition> StreamsToIdentify(this Project project, ProjectSource source)
    {
        var lacking = source.Streams
            .Where(stream => CurrentModel.LacksKeys(stream.Definition)
                || source.KeepsCurrent && stream.Definition.Mode is StreamMode.Changes)
            .ToList();
        if (lacking.Count == 0) return [];
        var read = project.Models
            .Where(model => model.Materialization.Strategy is IncrementalStrategy.Cdc { Keys.Count: 0 })
            .SelectMany(model => model.References).Select(reference => reference.Name).ToHashSet();
        return
        [
            .. lacking.Where(stream => read.Contains(stream.Name) || (source.KeepsCurrent
                    && project.FindModel(new(CurrentModel.Schema, stream.Definition.Name)) is { IsImplicit: true }))
                .Select(stream => stream.Definition),
        ];
    }

    /// <summary>Returns the project with the keys that a source reported for its streams.</summary>
    /// <param name="project">The project.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="keys">The columns, by stream.</param>
    /// <param name="engines">Parses the SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static Project WithKeys(
        this Project project, string source, IReadOnlyDictionary<string, IReadOnlyList<string>> keys,
        EnginePool engines, CancellationToken cancellationToken) =>
        new ProjectBuilder(project.Options, new(engines, cancellationToken)).AddKeys(project.Parts, source, keys)
            .Unwrap();
}
