using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Dbt;

/// <summary>The settings in a dbt project's folder and profile.</summary>
/// <param name="Packages">The project, followed by its packages.</param>
/// <param name="Context">The context in which its templates are rendered.</param>
/// <param name="Texts">Reads its files.</param>
sealed record DbtSettings(IReadOnlyList<DbtPackage> Packages, DbtContext Context, DbtTexts Texts)
    : ForeignProject(DbtReader.Instance)
{
    /// <summary>The project.</summary>
    public DbtPackage Project => Packages[0];

    /// <summary>The folder, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Returns the reader of texts in YAML files next to models: they may also use <c>doc</c>s and relations.
    /// </summary>
    /// <param name="context">The context in which templates are rendered.</param>
    public DbtTexts ReadingDocs(DbtContext context) =>
        DbtResourceTexts.Of(Folder, context, Errors, CancellationToken.None);

    /// <summary>Gets the errors of texts.</summary>
    public required ErrorList Errors { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Folder)> PackageFolders =>
        Packages.Select(package => (package.Name, package.Path));

    /// <inheritdoc/>
    public override CommandDefaults Defaults => new()
    {
        IsFullRefresh = Context.Environment.IsFullRefresh, FailsFast = Context.Environment.FailsFast,
        State = Context.Environment.State, Defers = Context.Environment.Defers,
    };

    /// <summary>
    /// Reads <c>dbt_project.yml</c> of a folder and its packages, and the profile; null if they cannot be read at all.
    /// </summary>
    /// <param name="folder">The folder, as a full path.</param>
    /// <param name="options">How the project is read.</param>
    /// <param name="variables">Environment variables.</param>
    /// <param name="errors">Collects errors.</param>
    public static DbtSettings? Read(string folder, ProjectOptions options, Variables variables, ErrorList errors)
    {
        var vars = options.Vars is null
            ? new()
            : DbtValues.Of(YamlReader.Read(options.Vars, "--vars", errors)) as JinjaDict;
        if (vars is null)
        {
            errors.Add(new FozException(ErrorKind.Usage, "--vars must be a mapping, such as '{start: 2026-01-01}'"));
            vars = new();
        }
        var early = new DbtTexts(folder, EarlyNames(variables, vars, target: null), errors);
        var packages = new DbtPackageReader(folder, early, errors).ReadAll();
        if (packages.Count == 0) return null;
        var environment = DbtEnvironment.Read(variables, errors);
        var target = DbtTarget.Read(
            packages[0], (environment.Profile, options.Target ?? environment.Target), early, variables, errors);
        var texts = new DbtTexts(folder, EarlyNames(variables, vars, target), errors);
        // What the project file says may depend on the target.
        packages = new DbtPackageReader(folder, texts, errors).ReadAll();
        var context = new DbtContext
        {
            Project = packages[0],
            Packages = packages.ToDictionary(package => package.Name, StringComparer.Ordinal),
            Macros = new(packages[0].Name, errors),
            Target = target,
            Variables = variables,
            Vars = vars,
            Environment = environment,
            StoresFailures = options.StoresFailures || environment.StoresFailures,
            Command = options.Command,
            IsFullRefresh = options.IsFullRefresh || environment.IsFullRefresh,
            StartedAt = options.Clock.GetUtcNow(),
            InvocationId = Guid.NewGuid().ToString(),
        };
        return new(packages, context, texts) { Folder = folder, Errors = errors };
    }

    static JinjaScope EarlyNames(Variables variables, JinjaDict vars, DbtTarget? target) => JinjaTemplate.Context(
        ("env_var", new JinjaCallable("env_var", arguments =>
        {
            var given = arguments.Bind(1, "var", "default");
            return variables[JinjaValue.ToText(given[0])] ?? (ReferenceEquals(given[1], JinjaArguments.Missing)
                ? target is null
                    ? ""
                    : throw arguments.Error(
                        $"the environment variable '{JinjaValue.ToText(given[0])}' is not set",
                        "set it, or state a default")
                : JinjaArguments.TextOf(given[1]));
        })),
        ("var", new JinjaCallable("var", arguments =>
        {
            var given = arguments.Bind(1, "name", "default");
            return vars.TryGet(given[0], out var value) ? value : ReferenceEquals(given[1], JinjaArguments.Missing)
                ? target is null
                    ? ""
                    : throw arguments.Error(
                        $"the variable '{JinjaValue.ToText(given[0])}' is not set",
                        "set it by --vars, or state a default")
                : given[1];
        })),
        ("target", target?.ToValue() ?? new JinjaDict()), ("project_name", ""),
        ("dbt_version", DbtFunctions.DbtVersion));
}

/// <summary>What was read of a dbt project, for its artifacts.</summary>
/// <param name="Settings">What its folder and profile say.</param>
/// <param name="Context">What its templates are rendered in, all names known.</param>
/// <param name="Resources">Its models, seeds and snapshots.</param>
/// <param name="Schemas">What its YAML files say.</param>
/// <param name="Tests">Its data tests.</param>
sealed record DbtParts(
    DbtSettings Settings, DbtContext Context, IReadOnlyList<DbtResource> Resources, DbtSchemaFiles Schemas,
    IReadOnlyList<DbtTranslatedTest> Tests)
{
    /// <summary>The settings of a project; null if it is not a dbt project.</summary>
    public static DbtParts? Of(Project project) => project.ReaderState as DbtParts;

    /// <summary>Its analyses.</summary>
    public IReadOnlyList<DbtResource> Analyses { get; init; } = [];
}
