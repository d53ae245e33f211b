using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>
/// What is known of the streams of sources without asking them, and how <c>sources/schemas.lock</c> comes to know it.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class KnownStreams(Lakehouse lake)
{
    /// <summary>
    /// The project with the streams that the lock has of sources of <c>streams: all</c>: these have no others.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="schemas">The lock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public ProjectResult AddLocked(Project project, SchemaLock schemas, CancellationToken cancellationToken) =>
        project.WithKnown(
            project.Sources.Where(source => source.IsUndiscovered && schemas.Has(source))
                .ToDictionary(source => source.Name, schemas.StreamsOf),
            StreamsKnown.Locked, lake.Engines, cancellationToken);

    /// <summary>
    /// The project with the streams of sources of <c>streams: all</c> that the lock has, or that runs made tables of.
    /// There may be others.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="schemas">The lock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<ProjectResult> AddAsync(Project project, SchemaLock schemas, CancellationToken cancellationToken)
    {
        var taken = project.Graph.Nodes.Select(node => node.Name).ToHashSet();
        var known = new Dictionary<string, IReadOnlyList<DiscoveredStream>>(StringComparer.Ordinal);
        foreach (var source in project.Sources.Where(source => source.IsUndiscovered))
        {
            var streams = schemas.StreamsOf(source).Concat(await OfLakeAsync(project, source, cancellationToken))
                .DistinctBy(stream => stream.Definition.Name, StringComparer.OrdinalIgnoreCase)
                .Where(stream => taken.Add(new(source.Schema, stream.Definition.Name))).ToList();
            if (streams.Count > 0) known[source.Name] = streams;
        }
        return project.WithKnown(known, StreamsKnown.Some, lake.Engines, cancellationToken);
    }

    /// <summary>
    /// Writes the columns that the tables of a project's streams have to its lock, where they are others.
    /// </summary>
    /// <param name="project">The project, with all streams of its sources.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task LockAsync(Project project, CancellationToken cancellationToken)
    {
        var streams = project.Graph.Nodes.OfType<GraphNode.OfStream>().ToList();
        var meant = streams.Select(node => (node.Source.Name, node.Stream.Definition.Name)).ToHashSet();
        // A line that cannot be read is not written again.
        var schemas = SchemaLock.Read(
            project.Folder, new()).Where((source, stream) => meant.Contains((source, stream)));
        foreach (var node in streams)
            if (await FieldsAsync(node.Table, cancellationToken) is { Count: > 0 } fields)
                schemas = schemas.With(node.Source, node.Stream.Definition, fields);
        schemas.Write(project.Folder);
    }

    /// <summary>Returns a lock with the current streams of a source, and their columns.</summary>
    /// <param name="schemas">The lock.</param>
    /// <param name="source">The source.</param>
    /// <param name="opened">The open source.</param>
    /// <param name="discovered">The streams that it offers.</param>
    /// <param name="warn">
    /// Receives streams whose columns could not be determined: the lock keeps the columns that it has for them.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<SchemaLock> LockAsync(
        SchemaLock schemas, ProjectSource source, ISource opened, IReadOnlyList<DiscoveredStream> discovered,
        Action<Warning> warn,
        CancellationToken cancellationToken)
    {
        var offered = discovered.ToDictionary(stream => stream.Definition.Name, StringComparer.OrdinalIgnoreCase);
        var named = source.Streams.Select(stream => stream.Definition).ToList();
        List<StreamDefinition> streams =
        [
            .. named,
            .. source.IsUndiscovered
                ? discovered.Select(stream => stream.Definition)
                    .ExceptBy(
                        named.Select(stream => stream.Name), stream => stream.Name, StringComparer.OrdinalIgnoreCase)
                : [],
        ];
        schemas = schemas.Where((name, stream) => name != source.Name || streams.Exists(known => known.Name == stream));
        foreach (var stream in streams)
        {
            IReadOnlyList<Field> fields = [];
            try
            {
                fields = await FindFieldsAsync(
                    opened, stream, offered.GetValueOrDefault(stream.Name), named, cancellationToken);
            }
            catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
            {
                warn(new($"the columns of {source.Name}.{stream.Name} are not known: {e.Message}", e.Hint));
            }
            var present = await FieldsAsync(new(source.Definition.Schema, stream.Name), cancellationToken);
            // A table that gets what is new keeps the columns that the source no longer has.
            IEnumerable<Field> all = fields.Count == 0 ? present : stream.Mode is StreamMode.Snapshot ? fields
                : [
                    .. fields,
                    .. present.ExceptBy(
                        fields.Select(field => field.Name), field => field.Name, StringComparer.OrdinalIgnoreCase),
                ];
            if (all.Any() || source.IsUndiscovered) schemas = schemas.With(source, stream, all);
        }
        return schemas;
    }

    async Task<IReadOnlyList<Field>> FindFieldsAsync(
        ISource opened, StreamDefinition stream, DiscoveredStream? offered, List<StreamDefinition> named,
        CancellationToken cancellationToken)
    {
        if (!named.Contains(stream)) return offered?.Fields ?? [];
        var work = lake.Engines.CreateTempFolder();
        try
        {
            var context = new ReadContext { Engine = lake.Engines, WorkFolder = work.FullName };
            return await opened.FindFieldsAsync(stream, context, cancellationToken) is { Count: > 0 } fields
                ? fields
                : offered?.Fields ?? [];
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>
    /// The tables that runs made of sources of <c>streams: all</c>, and that these do not have any more.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="complete">The same with all that its sources have now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<(ProjectSource Source, TableName Table)>> FindGoneAsync(
        Project project, Project complete, CancellationToken cancellationToken)
    {
        var made = complete.Graph.Nodes.Select(node => node.Table).ToHashSet();
        var gone = new List<(ProjectSource, TableName)>();
        foreach (var source in project.Sources.Where(source => source.IsUndiscovered))
        {
            var schema = project.File.SchemaPrefix + source.Schema;
            var others = (await lake.Catalog.NamesAsync(schema, cancellationToken)).Where(name => !made.Contains(name))
                .ToHashSet();
            if (others.Count == 0) continue;
            gone.AddRange((await OfTablesAsync(others, source, cancellationToken))
                .Select(stream => (source, new TableName(schema, stream.Definition.Name))));
        }
        return gone;
    }

    /// <summary>The streams of a source whose tables runs made, by how their last batch took them.</summary>
    async Task<IEnumerable<DiscoveredStream>> OfLakeAsync(
        Project project, ProjectSource source, CancellationToken cancellationToken)
    {
        var tables = new HashSet<TableName>();
        foreach (var prefix in new[] { project.File.SchemaPrefix, project.File.Base?.SchemaPrefix }.OfType<string>())
            tables.UnionWith(await lake.Catalog.NamesAsync(prefix + source.Schema, cancellationToken));
        return await OfTablesAsync(tables, source, cancellationToken);
    }

    async Task<IEnumerable<DiscoveredStream>> OfTablesAsync(
        HashSet<TableName> tables, ProjectSource source, CancellationToken cancellationToken)
    {
        var states = await new StepStates(new(lake)).ReadAsync(tables, cancellationToken);
        return states.Where(state => state.Value.Definition is not null)
            .Select(state =>
                StepDefinitions.StreamOf(
                    TableName.Parse(state.Value.Step).Name, source.Definition.Connection.Name, state.Value.Definition!))
            .OfType<StreamDefinition>().OrderBy(stream => stream.Name, StringComparer.Ordinal)
            .Select(stream => new DiscoveredStream(stream, []));
    }

    async Task<IReadOnlyList<Field>> FieldsAsync(TableName table, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.Table, Location: { } location }
        && await lake.Tables.Open(location, table).FindLatestAsync(cancellationToken) is { Fields: var fields }
            ? fields
            : [];
}
