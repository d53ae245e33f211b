using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads a project's files, checks what stands in one against the others, and builds its graph.</summary>
/// <param name="options">How to read it.</param>
/// <param name="finder">Finds the tables that its SQL names.</param>
sealed class ProjectBuilder(ProjectOptions options, TableFinder finder)
{
    const string TestsFolder = "tests";
    const string FixturesFolder = TestsFolder + "/fixtures/";

    readonly ErrorList errors = new();
    Lazy<ParseCache> cache = new(ParseCache.None);
    Task saving = Task.CompletedTask;

    /// <summary>What was parsed before: it is read while files are listed.</summary>
    ParseCache Cache => cache.Value;

    /// <summary>Reads all of a folder.</summary>
    public ProjectResult Load(string folder)
    {
        var file = new ProjectFileReader(options, errors).Read(folder);
        if (file is null) return new ProjectResult.Refused(errors.Items);
        if (file.Foreign is { } foreign) return LoadForeign(file, foreign.Reader);
        var sourceReader = new SourceReader(file, errors);
        OpenCache(file.Folder);
        var sources = new List<ProjectSource>();
        foreach (var (path, text) in Files(file.Texts, SourceReader.Folder, ".yml", ".yaml", ".py"))
            if (sourceReader.Read(path, text) is { } source) sources.Add(source);
        List<ReadModel> models =
        [
            .. ReadAll(
                file.Texts, ModelReader.Folder, path => IsSql(path) || ProgramReader.IsProgram(path),
                (path, problems) => Read(file, path, problems)),
            .. ReadAll(file.Texts, ModelReader.SnapshotFolder, IsSql, (path, problems) => Read(file, path, problems)),
            .. ReadSeeds(file),
        ];
        var tests = ReadAll(
            file.Texts, TestsFolder, IsSqlTest,
            (path, problems) => ReadSql(file.Texts, path, problems) is var (yaml, body)
            ? new ModelReader(file.SchemaPrefix, problems).ReadTest(path, yaml, body, options.StoresFailures)
            : null);
        RefuseOtherFiles(file.Texts);
        return Finish(new(
            file, sources, [.. models.Where(m => m.IsEnabled).Select(m => m.Model).OfType<Model>()],
            [.. tests],
            models.Where(m => m is { IsEnabled: false, Model: not null }).Select(m => m.Model!.Name).ToHashSet(),
            ReadSelectors(file))
        {
            UnitTestFiles = [.. Files(file.Texts, TestsFolder, ".yml", ".yaml")
                .Where(test => !test.Path.StartsWith(FixturesFolder, StringComparison.Ordinal))],
        });
    }

    ProjectResult LoadForeign(ProjectFile file, IProjectReader reader)
    {
        OpenCache(file.Folder);
        var parts = reader.ReadParts(file, options, errors, finder.CancellationToken);
        if (!errors.IsEmpty) return new ProjectResult.Refused(errors.Items);
        return Finish(parts);
    }

    void OpenCache(string folder)
    {
        cache = new(() => ParseCache.Open(options.CacheFolder, folder, options.Clock));
        // Who needs it first has it made, where this has not begun.
        _ = Task.Run(() => cache.Value);
    }

    static bool IsSql(string path) => path.EndsWith(".sql", StringComparison.Ordinal);

    static bool IsSqlTest(string path) => IsSql(path) && !path.StartsWith(FixturesFolder, StringComparison.Ordinal);

    /// <summary>Reads files of a folder, several at a time; reports errors in the order of the files.</summary>
    IEnumerable<T> ReadAll<T>(string folder, string name, Func<string, bool> isRead, Func<string, ErrorList, T?> read)
        where T : class
    {
        var paths = ProjectTexts.Below(folder, name).Where(isRead).ToList();
        HeapReserve.Reserve(paths.Count);
        var found = new T?[paths.Count];
        var problems = new ErrorList[paths.Count];
        Parallel.For(0, paths.Count, i => found[i] = read(paths[i], problems[i] = new()));
        foreach (var problem in problems.Where(list => !list.IsEmpty).SelectMany(list => list.Items))
            errors.Add(problem);
        return found.OfType<T>();
    }

    ReadModel? Read(ProjectFile file, string path, ErrorList problems)
    {
        var reader = new ModelReader(file.SchemaPrefix, problems);
        if (ProgramReader.IsProgram(path))
            return ProjectTexts.Read(file.Texts, path, problems) is { } text
                ? new(reader.ReadProgram(path, text, out var takesPart), takesPart)
                : null;
        return ReadSql(file.Texts, path, problems) is var (yaml, body)
            ? new(reader.Read(path, yaml, body, out var isEnabled), isEnabled)
            : null;
    }

    /// <summary>
    /// The front matter and SQL of a file, which is read only if it may have changed; null where it cannot be read.
    /// </summary>
    FrontMatter? ReadSql(string folder, string path, ErrorList problems)
    {
        var stamp = Cache.StampOf(Path.Combine(folder, path));
        return Cache.FindFile(stamp, path)
            ?? (ProjectTexts.Read(folder, path, problems) is { } text
                ? Cache.ReadFrontMatter(text, path, problems, stamp)
                : null);
    }

    /// <summary>A model that was read.</summary>
    /// <param name="Model">The model; null where it has no name.</param>
    /// <param name="IsEnabled">Whether it takes part.</param>
    sealed record ReadModel(Model? Model, bool IsEnabled);

    IEnumerable<ReadModel> ReadSeeds(ProjectFile file)
    {
        var reader = new SeedReader(file.SchemaPrefix, errors);
        var properties = new Dictionary<string, (string File, string Text)>(StringComparer.Ordinal);
        foreach (var said in Files(file.Texts, SeedReader.Folder, ".yml", ".yaml"))
            properties[Path.ChangeExtension(said.Path, ".csv")] = said;
        foreach (var path in ProjectTexts.Below(
            file.Texts, SeedReader.Folder).Where(path => Path.GetExtension(path) == ".csv"))
        {
            var isSaid = properties.Remove(path, out var said);
            var model = reader.Read(path, Path.Combine(file.Texts, path), isSaid ? said : null, out var isEnabled);
            yield return new(model, isEnabled);
        }
        foreach (var (csv, said) in properties)
            errors.Add(
                new Place(said.File), $"there is no {csv} beside it", "name it as the CSV file that it describes");
    }

    IReadOnlyDictionary<string, NamedSelector> ReadSelectors(ProjectFile file)
    {
        var reader = new SelectorFileReader(errors);
        reader.Read(file.Selectors);
        var path = Path.Combine(file.Texts, SelectorFileReader.FileName);
        if (System.IO.File.Exists(path)) reader.ReadFile(System.IO.File.ReadAllText(path));
        return reader.Selectors;
    }

    /// <summary>Puts discovered streams into a project.</summary>
    /// <param name="parts">The project.</param>
    /// <param name="discovered">The streams, by the names of their sources.</param>
    /// <param name="known">Which streams of these sources are known then.</param>
    public ProjectResult AddDiscovered(
        ProjectParts parts, IReadOnlyDictionary<string, IReadOnlyList<DiscoveredStream>> discovered,
        StreamsKnown known) =>
        Finish(parts with
        {
            Sources = [.. parts.Sources.Select(source => discovered.TryGetValue(source.Name, out var streams)
                ? WithDiscovered(source, streams) with { Known = known }
                : source)],
        });

    ProjectSource WithDiscovered(ProjectSource source, IReadOnlyList<DiscoveredStream> discovered)
    {
        var named = source.Streams.Select(s => s.Definition.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var added = new List<ProjectStream>();
        foreach (var definition in discovered.Select(d => d.Definition).Where(d => !named.Contains(d.Name)))
        {
            if (!Identifier.CheckStream(definition.Name, source.Definition.Place, errors)) continue;
            added.Add(new()
            {
                Definition = definition with { Place = source.Definition.Place },
                Name = new(source.Schema, definition.Name),
                Table = new(source.Definition.Schema, definition.Name),
                Tags = source.Tags,
                Drift = source.Drift,
                MaxRejected = source.MaxRejected,
                Freshness = source.Freshness,
            });
        }
        IReadOnlyList<ProjectStream> streams =
            [.. source.Streams, .. added.OrderBy(s => s.Definition.Name, StringComparer.Ordinal)];
        return source with
        {
            Streams = streams,
            Definition = source.Definition with { Streams = [.. streams.Select(s => s.Definition)] },
        };
    }

    ProjectResult Finish(ProjectParts parts)
    {
        var result = Build(parts);
        // Reading a project is synchronous, and what it began is over when it ends.
        saving.GetAwaiter().GetResult();
        return result;
    }

    ProjectResult Build(ProjectParts parts)
    {
        parts = AddCurrentModels(parts);
        CheckCurrent(parts);
        CheckUnique(parts);
        parts = WithReaders(parts);
        var exports = new ExportReader(errors);
        foreach (var model in parts.Models) exports.Check(model, parts.File);
        if (!errors.IsEmpty && HasDuplicates(parts)) return new ProjectResult.Refused(errors.Items);
        var uses = finder.Find(Statements(parts), Cache);
        saving = Task.Run(Cache.Save);
        var resolver = new ReferenceResolver(parts, uses, options, errors);
        parts = parts with
        {
            Models = [.. resolver.ResolveAll(parts.Models).OrderBy(m => $"{m.Name}", StringComparer.OrdinalIgnoreCase)],
            Sources = [.. parts.Sources
                .Select(s => s with { Streams = [.. s.Streams.Select(resolver.Resolve)] })
                .OrderBy(s => s.Name, StringComparer.Ordinal)],
            Analyses = [.. parts.Analyses.Select(resolver.Resolve)],
            SqlTests = [.. parts.SqlTests.Select(resolver.Resolve).OrderBy(t => t.Name, StringComparer.Ordinal)],
        };
        var unitTests = new UnitTestReader(parts.File.Texts, [.. parts.Nodes], errors);
        parts = parts with
        {
            UnitTests = [.. parts.UnitTestFiles.SelectMany(file => unitTests.Read(file.Path, file.Text))
                .Concat(unitTests.Read(parts.UnitTestNodes))
                .OrderBy(test => test.Name, StringComparer.Ordinal)],
        };
        var graph = ProjectGraph.Build(parts.Nodes, errors);
        return graph is null || !errors.IsEmpty
            ? new ProjectResult.Refused(errors.Items)
            : new ProjectResult.Loaded(new(parts, graph, uses, options));
    }

    /// <summary>All SQL of a project.</summary>
    static List<string> Statements(ProjectParts parts) =>
    [
        .. parts.Models.Where(m => m.Program is null).Select(m => m.Sql),
        .. parts.SqlTests.Select(t => t.Sql),
        .. parts.Nodes.SelectMany(n => n.Checks).OfType<CheckDefinition.Custom>().Select(c => c.Query),
    ];

    static ProjectParts AddCurrentModels(ProjectParts parts)
    {
        if (parts.Sources.Count == 0) return parts;
        var stated = parts.Models.Select(m => m.Name).Concat(parts.Disabled).ToHashSet();
        var implied = parts.Sources.Where(s => s.KeepsCurrent)
            .SelectMany(s => s.Streams.Select(stream => CurrentModel.Of(s, stream, parts.File.SchemaPrefix)))
            .Concat(parts.Sources.SelectMany(s => s.Streams.SelectMany(stream => ListModel.Of(s, stream))))
            .Concat(parts.Sources.Where(s => s.HasEnvelopes).SelectMany(s => s.Streams
                .Where(stream => stream.Definition.Mode is Connectors.StreamMode.Changes)
                .Select(stream => EnvelopeModel.Of(s, stream))))
            .Where(m => !stated.Contains(m.Name));
        return parts with { Models = [.. parts.Models, .. implied] };
    }

    /// <summary>Gives tables the readers that <c>foz.yml</c> names for them, where they name none themselves.</summary>
    ProjectParts WithReaders(ProjectParts parts)
    {
        var policies = parts.File.Readers;
        if (policies.IsEmpty) return parts;
        var names = parts.Nodes.SelectMany(node => new[] { node.Name.ToString(), node.Name.Schema })
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        // A source that takes all streams may have tables that are not known yet.
        if (!parts.Sources.Any(source => source.IsUndiscovered))
            foreach (var (name, place) in policies.Names.Where(entry => !names.Contains(entry.Name)))
                errors.Add(place, $"the project has no table or schema '{name}'", NearestName.Hint(name, names));
        return parts with
        {
            Models =
            [
                .. parts.Models.Select(model => model with { Readers = model.Readers ?? policies.Of(model.Name) }),
            ],
            Sources = [.. parts.Sources.Select(source => source with
            {
                Streams =
                [
                    .. source.Streams.Select(stream =>
                        stream with { Readers = stream.Readers ?? policies.Of(stream.Name) }),
                ],
            })],
        };
    }

    /// <summary>
    /// Makes sure that streams whose current rows are kept have keys, or a source that can tell them.
    /// </summary>
    void CheckCurrent(ProjectParts parts)
    {
        var implied = parts.Models.Where(model => model.IsImplicit).Select(model => model.Name).ToHashSet();
        foreach (var source in parts.Sources.Where(source => source.KeepsCurrent
            && parts.File.FindConnector(source.Definition.Connection.Type) is { TellsKeys: false }))
            foreach (var stream in source.Streams.Select(stream => stream.Definition))
                if (CurrentModel.LacksKeys(stream) && implied.Contains(new(CurrentModel.Schema, stream.Name)))
                    errors.Add(CurrentModel.WithoutKeys(stream));
    }

    /// <summary>Adds the keys that sources reported to a project.</summary>
    public ProjectResult AddKeys(
        ProjectParts parts, string name, IReadOnlyDictionary<string, IReadOnlyList<string>> keys)
    {
        var current = keys.Keys.Select(stream => new TableName(CurrentModel.Schema, stream)).ToHashSet();
        return Finish(parts with
        {
            Models = [.. parts.Models.Where(model => !(model.IsImplicit && current.Contains(model.Name)))],
            Sources = [.. parts.Sources.Select(source => source.Name == name ? WithKeys(source) : source)],
        });

        ProjectSource WithKeys(ProjectSource source)
        {
            IReadOnlyList<ProjectStream> streams =
            [
                .. source.Streams.Select(stream => keys.TryGetValue(stream.Definition.Name, out var key)
                    ? stream with { Definition = stream.Definition with { Keys = key } }
                    : stream),
            ];
            return source with
            {
                Streams = streams,
                Definition = source.Definition with { Streams = [.. streams.Select(s => s.Definition)] },
            };
        }
    }

    void CheckUnique(ProjectParts parts)
    {
        if (HasDuplicates(parts)) CheckUnique(parts.Nodes, node => $"{node.Name}", PlaceOf, "the table");
        CheckUnique(parts.Sources, source => source.Name, source => source.Definition.Place, "the source");
        CheckUnique(parts.SqlTests, test => test.Name, test => new(test.File, 1, 1), "the test");
    }

    void CheckUnique<T>(IEnumerable<T> all, Func<T, string> nameOf, Func<T, Place> placeOf, string what)
    {
        foreach (var group in all.GroupBy(nameOf, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            var places = group.Select(placeOf).OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)
                .ToList();
            foreach (var place in places.Skip(1))
            {
                errors.Add(
                    place, $"{what} '{group.Key}' is there twice",
                    $"first at {places[0]}; names are the same whatever the case");
            }
        }
    }

    static bool HasDuplicates(ProjectParts parts)
    {
        var names = new HashSet<TableName>(parts.Models.Count);
        return parts.Nodes.Any(node => !names.Add(node.Name));
    }

    static Place PlaceOf(GraphNode node) => node switch
    {
        GraphNode.OfStream { Stream: var stream } => stream.Definition.Place,
        GraphNode.OfModel { Model: { IsImplicit: true } model } => model.Body.Start,
        GraphNode.OfModel { Model: var model } => model.Place,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    IEnumerable<(string Path, string Text)> Files(string folder, string name, params string[] extensions)
    {
        foreach (var path in ProjectTexts.Below(folder, name).Where(p => extensions.Contains(Path.GetExtension(p))))
            if (ProjectTexts.Read(folder, path, errors) is { } text) yield return (path, text);
    }

    /// <summary>Files of the project's own folders that look like part of it and are not read.</summary>
    void RefuseOtherFiles(string folder)
    {
        foreach (var path in ProjectTexts.Below(folder, SourceReader.Folder).Where(p => Path.GetExtension(p) == ".sql"))
            errors.Add(new Place(path), "SQL beside sources is not read", $"move it to {ModelReader.Folder}/");
    }
}
