using System.Security.Cryptography;
using System.Text;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Dbt;

/// <summary>
/// Reads a dbt project into the parts that a project of Foz has: its models, seeds, snapshots and tests.
/// </summary>
/// <param name="file">The settings of its folder and profile.</param>
/// <param name="options">How it is read.</param>
/// <param name="errors">Collects errors.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed partial class DbtProjectReader(
    ProjectFile file, ProjectOptions options, ErrorList errors, CancellationToken cancellationToken)
{
    static readonly string[] PathsOfDocs = ["model-paths", "macro-paths", "docs-paths", "seed-paths", "snapshot-paths"];

    readonly DbtSettings settings = (DbtSettings)file.Foreign!;
    readonly List<DbtResource> resources = [];
    readonly List<DbtResource> analyses = [];
    readonly Dictionary<DbtResource, IReadOnlyDictionary<string, IReadOnlyList<YamlNode>>> checks = [];
    readonly List<DbtTranslatedTest> tests = [];
    readonly Dictionary<TableName, HashSet<TableName>> neededBy = [];

    DbtContext context = ((DbtSettings)file.Foreign!).Context;

    DbtTexts Texts => settings.Texts;

    /// <summary>Reads all of it.</summary>
    public ProjectParts Read()
    {
        ReadMacros();
        var schemas = new DbtSchemaFiles(settings.ReadingDocs(context), errors);
        foreach (var package in settings.Packages) schemas.Read(package);
        var finder = new DbtResourceFinder(Texts, errors);
        foreach (var package in settings.Packages) resources.AddRange(finder.Find(package, schemas));
        analyses.AddRange(settings.Packages.SelectMany(finder.FindAnalyses));
        foreach (var resource in resources.Concat(analyses)) resource.Said = schemas.Find(resource);
        schemas.Check(settings.Project.Name, [.. resources, .. analyses]);
        var sources = schemas.Sources.ToDictionary(source => (source.Source, source.Name), source => source);
        new DbtConfigurer(
            context, settings.Packages, errors, cancellationToken).Configure(resources.Concat(analyses));
        var names = new DbtNames(resources, sources, context, errors);
        context = context with { Find = names.Find };
        var graph = new DbtGraph(resources, schemas, context);
        context = context with { Graph = graph.ToValue };
        RenderAll(graph);
        var schemaTexts = settings.ReadingDocs(context);
        var translator = new DbtTestTranslator(context, errors, cancellationToken);
        var reader = new DbtTestReader(settings.Project, schemaTexts, errors);
        foreach (var resource in resources.Where(resource => resource.IsEnabled))
            Translate(resource, reader, translator);
        foreach (var source in schemas.Sources) Translate(source, reader, translator);
        var singular = ReadSingularTests(reader, translator);
        var result = Parts(new DbtFrontMatter(schemaTexts, errors), schemas, singular);
        names.Check();
        return result;
    }

    void ReadMacros()
    {
        foreach (var package in settings.Packages)
        {
            foreach (var path in package.Files(
                "macro-paths", ".sql").Concat(package.Files("test-paths", ".sql").Where(IsGeneric)))
                context.Macros.Add(package.Name, path, Texts.Read(path));
            foreach (var path in PathsOfDocs.SelectMany(key => package.Files(key, ".md"))
                .Distinct(StringComparer.Ordinal))
                if (Texts.Read(path) is var text && text.Contains("{%", StringComparison.Ordinal))
                    context.Macros.Add(package.Name, path, text);
        }
        context.Macros.AddBuiltIn();
    }

    static bool IsGeneric(string path) => path.Contains("/generic/", StringComparison.Ordinal);

    /// <summary>Renders all SELECTs: first as they are in any run, then as they would be now.</summary>
    void RenderAll(DbtGraph graph)
    {
        var definitions = new List<(DbtResource Resource, DbtSession Session)>();
        foreach (var resource in resources.Concat(analyses)
            .Where(resource => resource is { IsEnabled: true, Template: not null }))
            if (RenderDefinition(resource) is { } session) definitions.Add((resource, session));
        // Now it is known what refers to what.
        graph.IsComplete = true;
        foreach (var (resource, session) in definitions) RenderNow(resource, session);
    }

    DbtSession? RenderDefinition(DbtResource resource)
    {
        var session = Session(resource, executes: false, isIncremental: false, lake: null);
        try
        {
            resource.Body = session.Render(resource.Template!);
            resource.Definition = resource.Body.Text;
            resource.References = session.References;
            return session;
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    void RenderNow(DbtResource resource, DbtSession definition)
    {
        if (!definition.IsVolatile && !definition.ReadsGraph) return;
        resource.IsVolatile = true;
        var isKept = options.Lake?.KindOf(resource.Table) == "table" && resource.Materialized == "incremental"
            && resource.Config.Flag("full_refresh") is not true;
        var now = Session(resource, executes: true, isKept, options.Lake);
        try
        {
            resource.Body = now.Render(resource.Template!);
        }
        catch (FozException) when (definition.AsksLake || now.AsksLake)
        {
            // What it queries may not exist yet: its step reports it if it does not exist then.
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
        resource.References =
        [
            .. definition.References.Concat(now.References)
                .DistinctBy(reference => (reference.IsSource, reference.Package, reference.Name, reference.Version)),
        ];
        // A SELECT made from the project's resources changes when they do.
        if (definition.ReadsGraph || now.ReadsGraph)
            resource.Definition += $"\n/* graph: {HashOf(context.Graph())} */";
        if (definition.AsksLake || now.AsksLake)
            resource.Renewed = new((isIncremental, lake, token) =>
                Session(resource, executes: true, isIncremental, lake, token).Render(resource.Template!));
    }

    static string HashOf(JinjaDict graph) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JinjaValue.ToText(graph))).AsSpan(0, 16));

    DbtSession Session(
        DbtResource resource, bool executes, bool isIncremental, IProjectLake? lake, CancellationToken? token = null) =>
        new(context,
            DbtRequest.Of(resource) with { Executes = executes, IsIncremental = isIncremental, Lake = lake },
            token ?? cancellationToken);

    void Translate(DbtResource resource, DbtTestReader reader, DbtTestTranslator translator)
    {
        var ofColumns = new Dictionary<string, IReadOnlyList<YamlNode>>(StringComparer.Ordinal);
        foreach (var test in reader.Read(
            resource.Said, resource.Package).Where(test => test.Config.Flag("enabled") ?? true))
        {
            var check = resource.Materialized == "ephemeral"
                ? null
                : translator.CheckOf(test) ?? RelationshipOf(resource, test, translator);
            if (check is not null)
            {
                var key = test.Column?.Trim('"').ToLowerInvariant() ?? "";
                ofColumns[key] = [.. ofColumns.GetValueOrDefault(key) ?? [], check];
                tests.Add(new(test, DbtTestTranslator.NameOf(test, resource.OwnAlias), resource.UniqueId, Sql: null));
            }
            else if (translator.SqlOf(test, new(resource.Table), (resource.OwnAlias, resource.UniqueId)) is { } sql)
                tests.Add(sql);
        }
        checks[resource] = ofColumns;
    }

    /// <summary>
    /// The check that says the same as <c>relationships</c>; null where its table is made from this one.
    /// </summary>
    YamlNode? RelationshipOf(DbtResource resource, DbtTest test, DbtTestTranslator translator)
    {
        if (translator.RelationshipOf(test) is not var (relation, check) || relation.Sql is not null) return null;
        var needed = NeededBy(resources);
        if (resources.All(other => other.Table != relation.Table || other.Materialized == "ephemeral")
            || Reaches(relation.Table, resource.Table))
            return null;
        needed[resource.Table].Add(relation.Table);
        return check;

        bool Reaches(TableName from, TableName to)
        {
            var (open, seen) = (new Stack<TableName>([from]), new HashSet<TableName>());
            while (open.TryPop(out var table))
            {
                if (table == to) return true;
                if (seen.Add(table))
                    foreach (var next in needed.GetValueOrDefault(table) ?? []) open.Push(next);
            }
            return false;
        }
    }

    /// <summary>
    /// Returns the tables that each table needs: those that it reads, and those that its checks read.
    /// </summary>
    Dictionary<TableName, HashSet<TableName>> NeededBy(IEnumerable<DbtResource> all)
    {
        if (neededBy.Count > 0) return neededBy;
        foreach (var resource in all.Where(resource => resource.IsEnabled))
            neededBy[resource.Table] =
            [
                .. ReadsOf(resource.References, resource.Package.Name).Select(read => read.Name),
            ];
        return neededBy;
    }

    void Translate(DbtSourceTable source, DbtTestReader reader, DbtTestTranslator translator)
    {
        if (source.Config.Flag("enabled") is false) return;
        foreach (var test in reader.Read(
            source.Said, source.Package).Where(test => test.Config.Flag("enabled") ?? true))
        {
            var relation = new DbtRelation(source.Table) { Sql = source.Files };
            if (translator.SqlOf(test, relation, ($"source_{source.Source}_{source.Name}", source.UniqueId)) is { } sql)
                tests.Add(sql);
        }
    }

    List<SqlTest> ReadSingularTests(DbtTestReader reader, DbtTestTranslator translator)
    {
        var found = new List<SqlTest>();
        foreach (var path in settings.Project.Files("test-paths", ".sql")
            .Where(path => !IsGeneric(path) && !path.Contains("/fixtures/", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            try
            {
                var config = reader.Configured(settings.Project, path, "test-paths");
                var session = new DbtSession(
                    context,
                    new()
                    {
                        Package = settings.Project.Name, Name = name, File = path, Kind = "test", Config = config,
                        Configures = true,
                    },
                    cancellationToken);
                var template = JinjaTemplate.Read(Texts.Read(path), path);
                var body = session.Render(template);
                if (config.Flag("enabled") is false) continue;
                var test = translator.TestOf(name, body, config, settings.Project.Name, new(path, 1, 1));
                if (session.IsVolatile)
                {
                    test = test with
                    {
                        Template = new((_, lake, token) => DbtTestTranslator.OrNothing(
                            new DbtSession(
                                context, session.Request with { Executes = true, Lake = lake },
                                token).Render(template))),
                    };
                }
                test = test with { Reads = ReadsOf(session.References, settings.Project.Name) };
                found.Add(test);
                var stated = new DbtTest
                {
                    Test = name, Arguments = [], Config = config, Package = settings.Project, Place = new(path, 1, 1),
                };
                tests.Add(new(stated, name, "", test) { References = session.References });
            }
            catch (FozException e)
            {
                errors.Add(e);
            }
        }
        return found;
    }

    ProjectParts Parts(DbtFrontMatter frontMatter, DbtSchemaFiles schemas, List<SqlTest> singular)
    {
        var models = new List<Model>();
        var disabled = new HashSet<TableName>();
        foreach (var resource in resources)
        {
            if (!resource.IsEnabled) disabled.Add(resource.Table);
            else if (ModelOf(resource, frontMatter) is { } model) models.Add(model);
        }
        var read = resources.Where(resource => resource.IsEnabled).Select(resource => resource.Table).ToHashSet();
        disabled.ExceptWith(read);
        var unitTests = new DbtUnitTests(context, resources, options.Lake, errors, cancellationToken);
        return new(
            file, [], models,
            [.. singular, .. tests.Where(test => test.Of.Length > 0).Select(test => test.Sql).OfType<SqlTest>()],
            disabled,
            new Dictionary<string, Foz.Pipelines.Selectors.NamedSelector>(StringComparer.Ordinal))
        {
            Hooks = ReadRunHooks(),
            ReaderState = new DbtParts(settings, context, resources, schemas, tests)
            {
                Analyses = [.. analyses.Where(analysis => analysis.IsEnabled)],
            },
            UnitTestNodes = [.. schemas.UnitTests.SelectMany(test => unitTests.Read(test.Package, test.Node))],
            Analyses =
            [
                .. analyses.Where(analysis => analysis is { IsEnabled: true, Body.Text.Length: > 0 })
                    .Select(AnalysisOf),
            ],
            Declared =
            [
                .. schemas.Sources.Where(source => source.Files is null)
                    .Select(source =>
                        new DeclaredName($"{source.Source}.{source.Name}", new HashSet<TableName> { source.Table })),
            ],
            Exposures =
            [
                .. schemas.Exposures.Select(exposure => new DeclaredName(
                    ((YamlNode.Scalar)exposure.Node["name"]!).Text,
                    ReadsOf(
                        DbtExposures.ReferencesOf(context, exposure.Package, exposure.Node, errors),
                        exposure.Package.Name)
                        .Select(read => read.Name).ToHashSet())),
            ],
        };
    }

    Analysis AnalysisOf(DbtResource resource) => new()
    {
        Name = resource.Name, Body = resource.Body!, File = resource.File, Tags = resource.Config.Tags,
        Description = (resource.Said?["description"] as YamlNode.Scalar)?.Text,
        Reads = ReadsOf(resource.References, resource.Package.Name),
    };

    Model? ModelOf(DbtResource resource, DbtFrontMatter frontMatter)
    {
        var own = checks[resource];
        if (resource.Kind == "seed")
        {
            var path = Path.Combine(file.Folder, resource.File);
            return new SeedReader(file.SchemaPrefix, errors).Read(
                resource.File, path, frontMatter.OfSeed(resource, own), out _);
        }
        if (resource.Body is not { } body) return null;
        if (resource.IsPython) return ProgramOf(resource, frontMatter.Of(resource, own));
        // A SELECT made from rows of the lake is empty before there are any: seeds and upstream tables can be built,
        // and its step reports the error.
        if (resource.Renewed is not null && body.Text.Length == 0)
            body = body with { Text = "-- made of what the lake has", Map = null };
        var model = new ModelReader(file.SchemaPrefix, errors)
            .Read(resource.File, frontMatter.Of(resource, own), body, out _);
        return model is null ? null : model with
        {
            Definition = resource.Definition,
            Hooks = new(Hooks(resource, "pre_hook"), Hooks(resource, "post_hook")),
            Template = resource.Renewed,
            Reads = ReadsOf(resource.References, resource.Package.Name),
        };
    }

    /// <summary>Returns the program of a model in Python, with the tables of the names that it refers to.</summary>
    Model? ProgramOf(DbtResource resource, YamlNode.Mapping said)
    {
        var (refs, sources) = (new Dictionary<string, TableName>(StringComparer.Ordinal),
            new Dictionary<string, TableName>(StringComparer.Ordinal));
        foreach (var reference in resource.References)
        {
            if (context.Find(reference, resource.Package.Name) is not { } relation) continue;
            if (relation.Sql is not null)
                errors.Add(
                    reference.Place, $"{reference} is files, which a model in Python cannot read",
                    "select them in a model in SQL, and read that");
            var name = reference.Package is null ? reference.Name : $"{reference.Package}.{reference.Name}";
            (reference.IsSource ? sources : refs)[reference.Version is null
                ? name
                : DbtVersion.KeyOf(name, reference.Version)] = relation.Table;
        }
        var body = new SqlBody(resource.Text, resource.Place);
        var depends = new YamlNode.Sequence(
            [
                .. ReadsOf(
                    resource.References,
                    resource.Package.Name)
                    .Select(read => new YamlNode.Scalar($"{read.Name}", isQuoted: true, read.Place)),
            ], resource.Place);
        said = new([.. said.Entries, new("depends", resource.Place, depends)], said.Place);
        var model = new ModelReader(file.SchemaPrefix, errors).ReadProgram(resource.File, said, body, out _);
        var config = DbtManifest.ConfigOf(resource).ToJsonString();
        return model?.Program is not ModelProgram.Python program ? model : model with
        {
            Program = program with { Dbt = new(refs, sources, config) },
            Definition = $"{resource.Text}\n# config: {config}",
            Hooks = new(Hooks(resource, "pre_hook"), Hooks(resource, "post_hook")),
        };
    }

    List<StatedName> ReadsOf(IReadOnlyList<DbtReference> references, string package) =>
        DbtTestTranslator.ReadsOf(context, references, package);
}
